"""What may a user write under ``condition``? The plain word ``each``, or one mapping that names one kind."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from rules.condition_models import (
    BurnRateCondition,
    ConsecutiveCondition,
    MissedCondition,
    NewCondition,
    RateCondition,
    RegressedCondition,
    RunningLongerCondition,
    SpikeCondition,
    StuckCondition,
    Window,
)
from rules.condition_models import CountCondition as CountCondition
from rules.instants import Duration
from rules.sections import Section

_DEEPEST = 2
_MOST_PARTS = 20


def _chosen(value: Any) -> Any:
    """The model that the keys ask for. Built here, so that a mistake is placed by the user's own keys alone."""
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, Section):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("must be each, or a mapping such as {count: 3, within: 10m}")
    kinds = [key for key in value if key in KINDS]
    if not kinds:
        raise _no_kind(value)
    if len(kinds) > 1:
        raise ValueError(f"names {' and '.join(map(str, kinds))}; keep one, or write all: [{{…}}, {{…}}]")
    return KINDS[kinds[0]].model_validate(value)


def _word(value: str) -> str:
    if value == "each":
        return value
    raise ValueError(f"{value!r} is not a condition; {_hint(value)}")


def _hint(word: str) -> str:
    near = get_close_matches(word, ["each", *KINDS], 1)
    return f"did you mean {near[0]}?" if near else f"use each, {', '.join(KINDS)}"


def _no_kind(value: Mapping[str, Any]) -> ValueError:
    """The key that is likeliest meant to be the kind is at fault, and named as the place."""
    settings = {name for model in KINDS.values() for name in model.model_fields}
    strange = [key for key in value if key not in settings]
    if not strange:
        return ValueError(f"names no kind of condition; use one of {', '.join(KINDS)}")
    key = max(strange, key=lambda each: bool(get_close_matches(str(each), list(KINDS), 1)))
    mistake = PydanticCustomError("unknown_condition", "{text}", {"text": f"is not a condition; {_hint(str(key))}"})
    place = InitErrorDetails(type=mistake, loc=(key,), input=value[key])
    return ValidationError.from_exception_data("condition", [place])


class AllCondition(Section):
    """True when every part was true ``within``."""

    all_: Annotated[tuple["ConditionConfig", ...], Field(alias="all")]
    within: Window

    @model_validator(mode="after")
    def _sensible(self) -> "AllCondition":
        _check_parts(self)
        return self

    @property
    def reach(self) -> Duration:
        return max(self.within, *map(reach, self.all_))


class AnyCondition(Section):
    """True when any part is."""

    any_: Annotated[tuple["ConditionConfig", ...], Field(alias="any")]

    @model_validator(mode="after")
    def _sensible(self) -> "AnyCondition":
        _check_parts(self)
        return self

    @property
    def reach(self) -> Duration:
        return max(map(reach, self.any_))


ConditionConfig = Annotated[
    Literal["each"]
    | CountCondition
    | RateCondition
    | ConsecutiveCondition
    | NewCondition
    | RegressedCondition
    | SpikeCondition
    | MissedCondition
    | RunningLongerCondition
    | StuckCondition
    | BurnRateCondition
    | AllCondition
    | AnyCondition,
    BeforeValidator(_chosen),
]
KINDS: dict[str, type[Section]] = {
    "count": CountCondition,
    "rate": RateCondition,
    "consecutive": ConsecutiveCondition,
    "new": NewCondition,
    "regressed": RegressedCondition,
    "spike": SpikeCondition,
    "missed": MissedCondition,
    "running_longer": RunningLongerCondition,
    "stuck": StuckCondition,
    "burn_rate": BurnRateCondition,
    "all": AllCondition,
    "any": AnyCondition,
}
AllCondition.model_rebuild()
AnyCondition.model_rebuild()


def reach(condition: ConditionConfig) -> Duration:
    """How far back a condition looks at most."""
    return 0 if isinstance(condition, str) else condition.reach


def model_of(value: Any) -> type[Section] | None:
    """The model of what was written under ``condition``, for who wants to name its keys; None where none is meant."""
    kinds = [key for key in value if key in KINDS] if isinstance(value, Mapping) else []
    return KINDS[kinds[0]] if len(kinds) == 1 else None


def _parts(condition: ConditionConfig) -> tuple[ConditionConfig, ...]:
    if isinstance(condition, AllCondition):
        return condition.all_
    return condition.any_ if isinstance(condition, AnyCondition) else ()


def _depth(condition: ConditionConfig) -> int:
    parts = _parts(condition)
    return 1 + max(map(_depth, parts)) if parts else 0


def _check_parts(condition: ConditionConfig) -> None:
    if not 2 <= len(_parts(condition)) <= _MOST_PARTS:
        raise ValueError(f"needs from 2 to {_MOST_PARTS} parts")
    if _depth(condition) > _DEEPEST:
        raise ValueError("combinations may stand in combinations, but not deeper; flatten it")

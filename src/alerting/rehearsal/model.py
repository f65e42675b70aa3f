"""What may a file of rule tests say?"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from rules.config import MatchSpec, Section
from rules.instants import MILLISECOND, Duration, Instant, parse_duration, parse_instant
from rules.vocabulary import Reason, Severity

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
ACTIONS = ("acknowledge", "resolve", "unacknowledge")


def _instant(value: object) -> Instant:
    return parse_instant(value)  # type: ignore[arg-type]  # says itself what a time is


def _offset(value: object) -> Duration:
    """YAML reads a bare 0 as a number."""
    if value == 0 and not isinstance(value, bool):
        return 0
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a time from the start; write it like 0s, 90s or 1h30m")
    return parse_duration(value)


def _offsets(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Offset = Annotated[Duration, BeforeValidator(_offset)]
Offsets = Annotated[tuple[Offset, ...], Field(min_length=1), BeforeValidator(_offsets)]


class Action(Section):
    """What a person does: to every open alert that matches."""

    at: Offset
    acknowledge: MatchSpec | None = None
    resolve: MatchSpec | None = None
    unacknowledge: MatchSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> "Action":
        if sum(getattr(self, name) is not None for name in ACTIONS) != 1:
            raise ValueError("say one of acknowledge, resolve or unacknowledge, such as resolve: {workflow: import}")
        return self

    @property
    def word(self) -> str:
        return next(name for name in ACTIONS if getattr(self, name) is not None)

    @property
    def match(self) -> MatchSpec:
        return dict(getattr(self, self.word))


class Expectation(Section):
    """One message; what is None is not compared."""

    at: Offset | None = None
    channel: str | None = None
    reason: Reason | None = None
    severity: Severity | None = None
    alerts: Annotated[int, Field(ge=1)] | None = None
    workflow: str | None = None
    since_last: Annotated[int, Field(ge=0)] | None = None


class RuleTest(Section):
    name: Annotated[str, Field(min_length=1)]
    start: Annotated[Instant, BeforeValidator(_instant)]
    events: tuple[dict[str, Any], ...] = ()
    actions: tuple[Action, ...] = ()
    expect: tuple[Expectation, ...] = ()
    expect_none_until: Offset | None = None
    idle_until: Offset | None = None


class TestFile(Section):
    """``config``: a path beside the file, or the configuration itself."""

    __test__ = False  # a model, whatever its name makes pytest think

    config: str | dict[str, Any]
    tests: Annotated[tuple[RuleTest, ...], Field(min_length=1)]


class Timing(Section):
    """What stands beside the fields of an event. ``received``: so long after it happened."""

    at: Offsets
    received: Offset = 0


def offset(duration: Duration) -> str:
    """Exactly, as it may be written in the file."""
    rest, words = duration // MILLISECOND, ""
    for unit, size in _UNITS:
        amount, rest = divmod(rest, size)
        words += f"{amount}{unit}" if amount else ""
    return words or "0s"

"""What may a user write about severity, rules and policies? The models behind those sections of ``tocsin.yaml``."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from rules.condition_config import ConditionConfig as ConditionConfig
from rules.condition_config import CountCondition as CountCondition
from rules.policy import Policy as Policy
from rules.sections import ConfigDuration as ConfigDuration
from rules.sections import MatchSpec as MatchSpec
from rules.sections import Section as Section
from rules.sections import one_of
from rules.vocabulary import Severity

BY_FIELDS = ("workflow", "error_group", "engine", "environment", "version", "step", "severity", "error_type", "cause")


class SeverityRule(Section):
    match: MatchSpec
    severity: Severity

    @field_validator("match")
    @classmethod
    def _not_on_itself(cls, match: MatchSpec) -> MatchSpec:
        if "severity" in match:
            raise ValueError("a severity rule may not match on severity; match on workflow, error.type or the like")
        return match


class Resolve(Section):
    """What ends an alert; of several, the first that is true.

    ``on_success: n``: n runs of the same workflow succeeded. ``quiet_for: T``: no failure for T. ``upstream``: whoever
    told of the failure says that it is over, under the same run id. ``manual``: nothing but a person."""

    on_success: Annotated[int, Field(ge=1)] | None = None
    quiet_for: ConfigDuration | None = None
    upstream: bool = False
    manual: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> "Resolve":
        if self.on_success is None and self.quiet_for is None and not (self.upstream or self.manual):
            raise ValueError("say on_success: 1, quiet_for: 30m, upstream or manual")
        return self


_ResolveForms = Resolve | Literal["upstream", "manual"]


def _resolve(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value not in ("upstream", "manual"):
        raise ValueError(
            f"{value!r} is not known here; write {{on_success: 1}}, {{quiet_for: 30m}}, upstream or manual"
        )
    return {value: True}


class Rule(Section):
    """``resolve`` left out: as its condition does (see ``rules.conditions``). ``notify: shadow``: it decides and tells
    nobody."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    match: MatchSpec = Field(default_factory=dict)
    when: str = ""
    condition: ConditionConfig = "each"
    by: tuple[Annotated[str, one_of(BY_FIELDS)], ...] = ("workflow", "error_group")
    on: Literal["run", "attempt"] = "run"
    for_: Annotated[ConfigDuration, Field(alias="for")] = 0
    keep_firing_for: ConfigDuration | None = None
    resolve: Annotated[Resolve, BeforeValidator(_resolve, json_schema_input_type=_ResolveForms)] | None = None
    severity: Severity | None = None
    policy: str = "default"
    notify: Literal["live", "shadow"] = "live"


ANY_FAILURE = Rule(name="any-failure")

"""What may a user write about severity, rules and policies? The models behind those sections of ``tocsin.yaml``."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from rules.instants import HOUR, Duration, parse_duration
from rules.vocabulary import Severity


def _duration(value: object) -> Duration:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d")
    return parse_duration(value)


ConfigDuration = Annotated[Duration, BeforeValidator(_duration)]
Timing = Literal["now", "never"]
MatchSpec = dict[str, Any]
BY_FIELDS = ("workflow", "error_group", "engine", "environment", "version", "step", "severity", "error_type", "cause")


class Section(BaseModel):
    """One mapping of the file: frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SeverityRule(Section):
    match: MatchSpec
    severity: Severity

    @model_validator(mode="after")
    def _not_on_itself(self) -> "SeverityRule":
        if "severity" in self.match:
            raise ValueError("a severity rule may not match on severity; match on workflow, error.type or the like")
        return self


class CountCondition(Section):
    """True when at least ``count`` failures of one key lie within a half-open window of ``within``."""

    count: Annotated[int, Field(ge=1, le=10_000)]
    within: ConfigDuration


class Resolve(Section):
    """``on_success: n``: n runs of the same workflow succeeded; ``quiet_for: T``: no failure for T."""

    on_success: Annotated[int, Field(ge=1)] | None = None
    quiet_for: ConfigDuration | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Resolve":
        if self.on_success is None and self.quiet_for is None:
            raise ValueError("say on_success: 1 or quiet_for: 30m")
        return self


class Rule(Section):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    match: MatchSpec = Field(default_factory=dict)
    condition: Literal["each"] | CountCondition = "each"
    by: tuple[str, ...] = ("workflow", "error_group")
    resolve: Resolve = Resolve(on_success=1)
    severity: Severity | None = None
    policy: str = "default"

    @model_validator(mode="after")
    def _known_key(self) -> "Rule":
        for name in self.by:
            if name not in BY_FIELDS and not name.startswith("labels."):
                raise ValueError(f"by: {name!r} is not one of {', '.join(BY_FIELDS)} or labels.NAME")
        return self


class Policy(Section):
    channels: tuple[str, ...] = ()
    timing: dict[Severity, Timing] = Field(default_factory=dict)
    dedup_window: ConfigDuration = HOUR

    def when(self, severity: Severity) -> Timing:
        return self.timing.get(severity, DEFAULT_TIMING[severity])


DEFAULT_TIMING: dict[Severity, Timing] = {
    Severity.CRITICAL: "now",
    Severity.HIGH: "now",
    Severity.MEDIUM: "now",
    Severity.LOW: "never",
}
ANY_FAILURE = Rule(name="any-failure")

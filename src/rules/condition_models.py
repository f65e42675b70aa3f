"""What may a user write about each kind of condition? One model each; ``reach`` is how far back it looks at most."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rules.calendar.schedule import cron
from rules.calendar.zones import Zone
from rules.instants import DAY, HOUR, MINUTE, SECOND, Duration, format_duration, parse_duration
from rules.sections import ConfigDuration, DurationText, Section


def _between(least: Duration, most: Duration) -> AfterValidator:
    def check(value: Duration) -> Duration:
        if not least <= value <= most:
            raise ValueError(f"must be from {format_duration(least)} to {format_duration(most)}")
        return value

    return AfterValidator(check)


Window = Annotated[ConfigDuration, _between(SECOND, 400 * DAY)]
Grace = Annotated[ConfigDuration, _between(0, 400 * DAY)]
Share = Annotated[float, Field(gt=0, le=1)]


class CountCondition(Section):
    """True when at least ``count`` failures of one key lie within a half-open window of ``within``."""

    count: Annotated[int, Field(ge=1, le=10_000)]
    within: Window

    @property
    def reach(self) -> Duration:
        return self.within


class RateCondition(Section):
    """True when ``rate`` of the runs that finished ``within`` failed. With ``confidence``, when it is that sure that
    the rate is no accident."""

    rate: Share
    within: Window
    min_runs: Annotated[int, Field(ge=1)] = 20
    min_failures: Annotated[int, Field(ge=1)] = 3
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None

    @property
    def reach(self) -> Duration:
        return self.within


class ConsecutiveCondition(Section):
    """True when the last ``consecutive`` runs that finished all failed."""

    consecutive: Annotated[int, Field(ge=1, le=1_000)]

    @property
    def reach(self) -> Duration:
        return 0


class NewCondition(Section):
    """True when an error group is seen for the first time."""

    new: Literal["error_group"]

    @property
    def reach(self) -> Duration:
        return 0


class RegressedCondition(Section):
    """True when an error group is back after a person or a release resolved it."""

    regressed: Literal[True]

    @property
    def reach(self) -> Duration:
        return 0


class Spike(Section):
    """So many more failures than usual ``within``: ``ratio`` times the median, and ``z`` deviations above it."""

    ratio: Annotated[float, Field(ge=1)] = 3
    within: Annotated[ConfigDuration, _between(5 * MINUTE, DAY)] = HOUR
    min_count: Annotated[int, Field(ge=1)] = 5
    z: Annotated[float, Field(ge=0)] = 3


class SpikeCondition(Section):
    spike: Spike

    @property
    def reach(self) -> Duration:
        return 28 * DAY + self.spike.within


def cron_expression(expression: str) -> str:
    """The expression itself. Raises ValueError for what is none."""
    cron(expression, "UTC")
    return expression


class Missed(Section):
    """When a run is expected: at the times of ``cron``, or ``interval`` after the last one began. It may begin up to
    ``early`` before and up to ``grace`` after."""

    cron: Annotated[str, AfterValidator(cron_expression)] | None = None
    interval: Annotated[ConfigDuration, _between(SECOND, 400 * DAY)] | None = None
    timezone: Zone = "UTC"
    grace: Grace = 10 * MINUTE
    early: ConfigDuration | None = None

    @model_validator(mode="after")
    def _one_schedule(self) -> "Missed":
        if (self.cron is None) == (self.interval is None):
            raise ValueError('say either cron: "0 9 * * *" or interval: 1h')
        if self.interval is not None and self.model_fields_set & {"timezone", "early"}:
            raise ValueError("timezone and early go with cron; leave them out")
        return self


class MissedCondition(Section):
    missed: Missed

    @property
    def reach(self) -> Duration:
        return (self.missed.interval or 0) + self.missed.grace + (self.missed.early or 0)


def _short_for(field: str, forms: str, kind: Any) -> BeforeValidator:
    """One plain duration stands for a section with nothing but ``field``."""

    def widen(value: object) -> object:
        if isinstance(value, str):
            parse_duration(value)  # a mistake is placed at the user's own key
            return {field: value}
        if not isinstance(value, Mapping | Section):
            raise ValueError(f"must be {forms}")
        return value

    return BeforeValidator(widen, json_schema_input_type=kind | DurationText)


class LongerThan(Section):
    """``after`` a fixed time, or ``factor`` times what 95 of 100 of the last runs took."""

    after: Window | None = None
    factor: Annotated[float, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> "LongerThan":
        if (self.after is None) == (self.factor is None):
            raise ValueError("say either a duration such as 30m, or {factor: 3}")
        return self


class RunningLongerCondition(Section):
    """True while a run is open for longer than ``running_longer``."""

    running_longer: Annotated[LongerThan, _short_for("after", "a duration such as 30m, or {factor: 3}", LongerThan)]

    @property
    def reach(self) -> Duration:
        return self.running_longer.after or 0


class Stuck(Section):
    """``quiet``: nothing was heard of it for so long. ``attempts``: it was tried so often."""

    quiet: Window | None = None
    attempts: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _some_sign(self) -> "Stuck":
        if self.quiet is None and self.attempts is None:
            raise ValueError("say quiet: 10m, attempts: 5 or both")
        return self


class StuckCondition(Section):
    """True while an open run shows no progress."""

    stuck: Annotated[Stuck, _short_for("quiet", "a duration such as 10m, or {quiet: 10m, attempts: 5}", Stuck)]

    @property
    def reach(self) -> Duration:
        return self.stuck.quiet or 0


class Pair(Section):
    """Both windows burn the error budget ``factor`` times as fast as it lasts."""

    long: Window
    short: Window
    factor: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _in_order(self) -> "Pair":
        if self.short >= self.long:
            raise ValueError("short must be shorter than long")
        return self


_MOST_PAIRS = 10
_PAIRS = (("1h", "5m", 14.4), ("6h", "30m", 6.0), ("3d", "6h", 1.0))


def _usual_pairs() -> tuple[Pair, ...]:
    return tuple(Pair.model_validate({"long": long, "short": short, "factor": f}) for long, short, f in _PAIRS)


class BurnRate(Section):
    """``slo``: the share of runs that shall succeed. ``min_events``: how many must have finished in the long window."""

    slo: Annotated[float, Field(gt=0, lt=1)]
    pairs: tuple[Pair, ...] = Field(default_factory=_usual_pairs)
    min_events: Annotated[int, Field(ge=1)] = 20

    @model_validator(mode="after")
    def _possible(self) -> "BurnRate":
        if not 1 <= len(self.pairs) <= _MOST_PAIRS:
            raise ValueError(f"pairs must be from 1 to {_MOST_PAIRS}")
        for pair in self.pairs if "pairs" in self.model_fields_set else ():
            if self.limit(pair) > 1:
                raise ValueError(f"factor {pair.factor:g} of slo {self.slo:g} is more than all runs; lower the factor")
        return self

    def limit(self, pair: Pair) -> float:
        """The share of failures at which ``pair`` burns too fast; in decimals, so that 14.4 % is 14.4 %."""
        return float(Decimal(str(pair.factor)) * (1 - Decimal(str(self.slo))))


class BurnRateCondition(Section):
    burn_rate: BurnRate

    @property
    def reach(self) -> Duration:
        return max(pair.long for pair in self.burn_rate.pairs)

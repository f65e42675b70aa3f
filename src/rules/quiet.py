"""What may a user write about when nobody is told? Silences, maintenance, mute timings, inhibition."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from rules.instants import Instant, parse_instant
from rules.sections import MatchSpec, Section


def _instant(value: Any) -> Instant:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a time; write it like 2026-12-01T00:00:00Z")
    return parse_instant(value)


_Text = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
ConfigInstant = Annotated[Instant, BeforeValidator(_instant, json_schema_input_type=_Text)]


class SilenceConfig(Section):
    """Alerts that match are not told: from ``starts`` (0: at once) ``until`` a time, or ``until_resolved``, which lets
    each alert's present episode end once."""

    id: str = ""
    match: MatchSpec = Field(default_factory=dict)
    starts: ConfigInstant = 0
    until: ConfigInstant = 0
    until_resolved: bool = False
    comment: Annotated[str, Field(min_length=1, max_length=2_000)]
    by: str = ""

    @model_validator(mode="after")
    def _ends(self) -> "SilenceConfig":
        if bool(self.until) == self.until_resolved:
            raise ValueError("say either until: 2026-12-01T00:00:00Z or until_resolved: true")
        if self.until and self.until <= self.starts:
            raise ValueError("ends before it starts; until must be later than starts")
        return self


class Maintenance(Section):
    """Planned work: like a silence between two times, and named as what it is."""

    id: str = ""
    match: MatchSpec = Field(default_factory=dict)
    starts: ConfigInstant
    until: ConfigInstant
    comment: str = ""

    @model_validator(mode="after")
    def _ends(self) -> "Maintenance":
        if self.until <= self.starts:
            raise ValueError("ends before it starts; until must be later than starts")
        return self


class Inhibit(Section):
    """Alerts that match ``target`` are not told while one that matches ``source`` is firing and has the same values of
    ``equal``. An alert never inhibits itself."""

    source: Annotated[MatchSpec, Field(min_length=1)]
    target: Annotated[MatchSpec, Field(min_length=1)]
    equal: tuple[str, ...] = ()

"""What do all sections of ``tocsin.yaml`` have in common? Frozen models that are strict about their keys."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from rules.instants import Duration, parse_duration

MatchSpec = dict[str, Any]


def _duration(value: object) -> Duration:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d")
    return parse_duration(value)


ConfigDuration = Annotated[Duration, BeforeValidator(_duration)]


class Section(BaseModel):
    """One mapping of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

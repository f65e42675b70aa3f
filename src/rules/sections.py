"""What do all sections of ``tocsin.yaml`` have in common? Frozen models that are strict about their keys."""

import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from rules.instants import Duration, parse_duration

DurationText = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h|d|w))+$")]
MatchSpec = Annotated[dict[str, Any], WithJsonSchema({"title": "Match"})]


def _duration(value: object) -> Duration:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d")
    return parse_duration(value)


ConfigDuration = Annotated[Duration, BeforeValidator(_duration, json_schema_input_type=DurationText)]


class Section(BaseModel):
    """One mapping of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def one_of(fields: tuple[str, ...]) -> AfterValidator:
    """Any of ``fields``, or a label."""

    def check(name: str) -> str:
        if name in fields or (name.startswith("labels.") and len(name) > len("labels.")):
            return name
        near = difflib.get_close_matches(name, fields, 1)
        hint = f"did you mean {near[0]}?" if near else f"use {', '.join(fields)} or labels.NAME"
        raise ValueError(f"{name!r} is not known here; {hint}")

    return AfterValidator(check)

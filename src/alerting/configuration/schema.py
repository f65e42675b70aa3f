"""What may be written in a tocsin.yaml, for editors: the JSON schema, made of the models that read the file."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from alerting.configuration.model import File
from notifiers.registry import CHANNEL_TYPES
from rules.instants import format_duration
from rules.matchers import FIELDS

_DURATION = "^([0-9]+(ms|s|m|h|d|w))+$"
_PATTERNS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_MATCH = {
    "description": "Fields and patterns, all of which must hold. A glob, RE2 after '~ ', >=high; a list means any of.",
    "type": "object",
    "properties": dict.fromkeys(FIELDS, _PATTERNS),
    "patternProperties": {r"^labels\..": _PATTERNS},
    "additionalProperties": False,
}
_NOT_SAID = frozenset({"format", "writeOnly"})


@cache
def schema() -> dict[str, Any]:
    """Draft 2020-12. It describes what a user writes: durations as text, not as the numbers that they become."""
    whole = File.model_json_schema(mode="validation")
    definitions = {**whole.pop("$defs"), "Match": _MATCH, "Channel": {"anyOf": []}}
    for kind, (config, _) in CHANNEL_TYPES.items():
        described = config.model_json_schema(mode="validation")
        definitions.update(described.pop("$defs", {}))
        definitions[f"{kind}-channel"] = {**described, "title": f"{kind} channel"}
        definitions["Channel"]["anyOf"].append({"$ref": f"#/$defs/{kind}-channel"})
    whole["properties"]["channels"]["additionalProperties"] = {"$ref": "#/$defs/Channel"}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "tocsin.yaml"}
    result: dict[str, Any] = _as_written({**whole, **head, "$defs": definitions})
    return result


def _as_written(part: Any) -> Any:
    if isinstance(part, list):
        return [_as_written(each) for each in part]
    if not isinstance(part, Mapping):
        return part
    if part.get("title") == "Match":
        return {"$ref": "#/$defs/Match"}
    found = {key: _as_written(each) for key, each in part.items() if key != "default"}
    return _with_default(_open_to_x(_without_null(_plain(found))), part.get("default"))


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    """A secret is text like any other: in the file it is mostly a ${NAME}."""
    return {key: each for key, each in part.items() if not (key in _NOT_SAID and part.get("format") == "password")}


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """Who does not want to say something leaves the key out."""
    forms = part.get("anyOf")
    if not isinstance(forms, list) or {"type": "null"} not in forms:
        return part
    rest = [form for form in forms if form != {"type": "null"}]
    own = {key: each for key, each in part.items() if key != "anyOf"}
    return {**own, **rest[0]} if len(rest) == 1 else {**own, "anyOf": rest}


def _open_to_x(part: dict[str, Any]) -> dict[str, Any]:
    """Keys that start with x- are the writer's own."""
    if part.get("additionalProperties") is not False:
        return part
    return {**part, "patternProperties": {**part.get("patternProperties", {}), "^x-": {}}}


def _with_default(part: dict[str, Any], default: Any) -> dict[str, Any]:
    if part.get("pattern") == _DURATION and isinstance(default, int):
        return {**part, "default": format_duration(default).replace(" ", "") if default else "0s"}
    said = isinstance(default, str | int | float) and part.get("format") != "date-time" and default != ""
    return {**part, "default": default} if said else part

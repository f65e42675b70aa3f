"""As much of JSON Schema as the schema of tocsin.yaml uses, to try whether a value fits."""

import re

_TYPES = {
    "string": str,
    "array": list,
    "object": dict,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
KEYWORDS = {
    "$ref", "$defs", "$schema", "type", "properties", "patternProperties", "additionalProperties", "required", "items",
    "anyOf", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
    "maxLength", "minItems", "minProperties", "propertyNames", "title", "description", "default", "format",
}  # fmt: skip


def fits(whole, part, value):
    """Unknown keywords fail: a check that looks away proves nothing."""
    if isinstance(part, bool):
        return part
    assert set(part) <= KEYWORDS, set(part) - KEYWORDS
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        if not fits(whole, whole["$defs"][name], value):
            return False
    if "anyOf" in part and not any(fits(whole, each, value) for each in part["anyOf"]):
        return False
    if "enum" in part and value not in part["enum"]:
        return False
    if "const" in part and value != part["const"]:
        return False
    if "type" in part and not _is(part["type"], value):
        return False
    return _content(whole, part, value)


def _is(kind, value):
    return isinstance(value, _TYPES[kind]) and not (kind in ("integer", "number") and isinstance(value, bool))


def _content(whole, part, value):
    if isinstance(value, str):
        long = part.get("minLength", 0) <= len(value) <= part.get("maxLength", len(value))
        return long and bool(re.search(part.get("pattern", ""), value))
    if isinstance(value, list):
        enough = len(value) >= part.get("minItems", 0)
        return enough and all(fits(whole, part.get("items", True), each) for each in value)
    if isinstance(value, dict):
        return _keys(whole, part, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        low = part.get("minimum", value) <= value and part.get("exclusiveMinimum", value - 1) < value
        return low and part.get("maximum", value) >= value and part.get("exclusiveMaximum", value + 1) > value
    return True


def _keys(whole, part, value):
    if not set(part.get("required", ())) <= set(value) or len(value) < part.get("minProperties", 0):
        return False
    names = all(fits(whole, part.get("propertyNames", True), key) for key in value)
    return names and all(fits(whole, _of_key(part, key), each) for key, each in value.items())


def _of_key(part, key):
    if key in part.get("properties", {}):
        return part["properties"][key]
    found = [each for pattern, each in part.get("patternProperties", {}).items() if re.search(pattern, key)]
    return found[0] if found else part.get("additionalProperties", True)

"""What does a member of a sender's JSON object hold? Errors name the member and say how to mend it."""

from collections.abc import Mapping
from typing import Any

from alerting.ingest.text import clean
from rules.instants import MINUTE, Duration, Instant, parse_instant

FURTHEST_AHEAD: Duration = 5 * MINUTE  # a sender's clock may be wrong by so much before it is set right


def text(told: Mapping[str, Any], name: str, most: int) -> str:
    """Text or a number, cut to ``most`` characters; "" where there is none. Raises ValueError."""
    value = told.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{name} must be text, not {kind(value)}")
    return clean(str(value), most)


def time(told: Mapping[str, Any], name: str) -> Instant:
    """RFC 3339 or Unix milliseconds; 0 where there is none. Raises ValueError."""
    value = told.get(name)
    if value is None:
        return 0
    try:
        return parse_instant(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def kind(value: object) -> str:
    """What JSON calls it, where that is not Python's name."""
    return {bool: "true or false", dict: "an object", list: "an array"}.get(type(value), type(value).__name__)

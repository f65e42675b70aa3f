"""What stands where in a JSON body that someone else wrote? Never fails: what is missing or odd is empty."""

import re
from typing import Any

from alerting.ingest.text import LABEL, NAME, clean
from rules.instants import Instant, parse_instant

_SPACED_ZONE = re.compile(r" (UTC|[+-]\d{2}:?\d{2})$")
_NEVER = "0001-"  # how Go writes the time that is not set


def at(body: Any, path: str) -> Any:
    """The value at ``a.b.c``; None where there is none."""
    for name in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def text(body: Any, *paths: str, most: int = NAME) -> str:
    """The first of the paths that holds text or a number."""
    for path in paths:
        found = at(body, path)
        if isinstance(found, str | int | float) and not isinstance(found, bool) and found != "":
            return clean(str(found), most)
    return ""


def number(body: Any, path: str) -> int:
    found = at(body, path)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**31 else 0


def items(body: Any, path: str) -> list[Any]:
    found = at(body, path)
    return found if isinstance(found, list) else []


def moment(body: Any, *paths: str) -> Instant:
    """The first of the paths that holds a time: RFC 3339, with a space before the zone, or Unix milliseconds."""
    return next((found for path in paths if (found := _moment(at(body, path)))), 0)


def _moment(told: Any) -> Instant:
    if isinstance(told, str):
        told = _SPACED_ZONE.sub(lambda zone: "+00:00" if zone[1] == "UTC" else zone[1], told.strip())
        if told.startswith(_NEVER):
            return 0
    try:
        return max(0, parse_instant(told))
    except ValueError:
        return 0


def labels(**told: str) -> dict[str, str]:
    """Those that are not empty."""
    return {name: clean(value, LABEL) for name, value in told.items() if value}

"""How are moments and spans of time written here? As whole microseconds, so that a replay is exact.

An ``Instant`` is µs since the Unix epoch (UTC); a ``Duration`` is µs. No function here reads a clock.
"""

import re
from datetime import UTC, datetime, timedelta

Instant = int
Duration = int

MILLISECOND: Duration = 1_000
SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR

_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_duration(text: str) -> Duration:
    """``"1h30m"`` → µs. Units ms, s, m, h, d, w; raises ValueError with the accepted form."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def format_duration(duration: Duration) -> str:
    """µs → the two largest units that say it, e.g. ``1h 30m``; under a second in ms."""
    if duration < SECOND:
        return f"{duration // MILLISECOND}ms"
    words = []
    for unit in ("d", "h", "m", "s"):
        amount, duration = divmod(duration, _UNITS[unit])
        if amount:
            words.append(f"{amount}{unit}")
    return " ".join(words[:2])


def from_datetime(moment: datetime) -> Instant:
    """An aware datetime → µs since the epoch. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone; add an offset, such as Z or +01:00")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(instant: Instant) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)


def parse_instant(value: str | int | float) -> Instant:
    """RFC 3339 text, or Unix milliseconds as a number → µs. Raises ValueError with the remedy."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a time must be RFC 3339 text or Unix milliseconds")
    try:
        if not isinstance(value, str):
            return from_datetime(to_datetime(round(value * MILLISECOND)))
        return from_datetime(datetime.fromisoformat(value))
    except OverflowError:
        raise ValueError(f"{value!r} is outside the years 1 to 9999; numbers are Unix milliseconds") from None
    except ValueError as error:
        if "zone" in str(error):
            raise ValueError(f"{value!r} has no time zone; add an offset, such as Z or +01:00") from None
        raise ValueError(f"{value!r} is not RFC 3339, such as 2026-11-23T08:00:00Z") from None


def format_instant(instant: Instant) -> str:
    """µs → RFC 3339 in UTC, to the microsecond where there is one."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")

"""How are numbers said? The same way everywhere, and never more exact than they are."""

import math
from datetime import datetime

from reports.statistics import LEAST_RUNS, Share

_MANY = 100  # hours: from here on without decimals


def percent(share: float) -> str:
    if math.isnan(share):
        return "–"
    return f"{share * 100:.1f} %" if share >= 0.001 or share == 0 else "< 0.1 %"


def said(share: Share) -> str:
    """A percentage with its interval, or "B of N" where there are too few runs for one."""
    if share.runs < LEAST_RUNS:
        return of(share)
    low, high = share.interval
    return f"{percent(share.rate)} ({percent(low)} to {percent(high)})"


def points(low: float, high: float) -> str:
    return f"{low * 100:+.1f} to {high * 100:+.1f} points"


def duration(microseconds: float) -> str:
    if math.isnan(microseconds):
        return "–"
    seconds = microseconds / 1e6
    if not seconds:
        return "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < _MANY else f"{count(round(hours))} h"


def count(whole: int) -> str:
    """In groups of three digits, which no line breaks between."""
    return f"{whole:,}".replace(",", "\u202f")


def signed(value: float, digits: int = 1) -> str:
    return f"{value + 0.0:+,.{digits}f}".replace(",", "\u202f")


def of(share: Share) -> str:
    return f"{count(share.bad)} of {count(share.runs)}"


def number(whole: int, singular: str, plural: str = "") -> str:
    return f"{count(whole)} {singular if whole == 1 else plural or singular + 's'}"


def listed(names: list[str], most: int) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def label(moment: datetime, width: str) -> str:
    return moment.strftime("%-d %b, %H:%M" if width == "hour" else "%-d %b %Y")


def minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")

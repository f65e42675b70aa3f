"""How are numbers said? The same way everywhere, and never more exact than they are."""

import math
from datetime import datetime

from reports.statistics import LEAST_RUNS, Share


def percent(share: float) -> str:
    if math.isnan(share):
        return "–"
    return f"{share * 100:.1f} %" if share >= 0.001 or share == 0 else "< 0.1 %"


def said(share: Share) -> str:
    """A percentage with its interval, or "B of N" where there are too few runs for one."""
    if share.runs < LEAST_RUNS:
        return f"{share.bad} of {share.runs}"
    low, high = share.interval
    return f"{percent(share.rate)} ({percent(low)} to {percent(high)})"


def points(low: float, high: float) -> str:
    return f"{low * 100:+.1f} to {high * 100:+.1f} points"


def duration(microseconds: float) -> str:
    if math.isnan(microseconds):
        return "–"
    seconds = microseconds / 1e6
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def number(count: int, singular: str, plural: str = "") -> str:
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}".replace(",", " ")


def label(moment: datetime, width: str) -> str:
    return moment.strftime("%-d %b, %H:%M" if width == "hour" else "%-d %b %Y")


def minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")

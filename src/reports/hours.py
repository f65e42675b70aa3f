"""Which day and which hour of the week is it there? Instants in a time zone, many at once."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.period import DAY, Period, instant_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Ints = NDArray[np.int64]


def local_times(instants: Ints, zone: ZoneInfo) -> pd.DatetimeIndex:
    """Instants in µs as local times."""
    return pd.to_datetime(instants, unit="us", utc=True).tz_convert(zone)


def hours_of_week(instants: Ints, zone: ZoneInfo) -> Ints:
    """0 to 167, Monday 0 h first. Many of the instants are the same, so each is asked for once."""
    codes, known = pd.factorize(instants)
    local = local_times(np.asarray(known), zone)
    return np.asarray((local.day_of_week * 24 + local.hour).to_numpy(dtype=np.int64)[codes])


def weeks(instants: Ints, zone: ZoneInfo) -> Ints:
    """The number of the local week, from Mondays on."""
    local = local_times(instants, zone).tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.asarray((local + 3) // 7)


def day_edges(period: Period) -> list[int]:
    """The starts of the local days that are over, and the end of the last of them. The first day may be a part."""
    start = period.local(period.first).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    over = min(period.now, period.until)
    edges = [instant_of(start, period.zone)]
    while (start := start + timedelta(days=1)) and (edge := instant_of(start, period.zone)) <= over:
        edges.append(edge)
    return edges


def clock_changes(period: Period) -> list[tuple[int, timedelta]]:
    """When the zone's clocks were changed within the period, and by how much."""
    return list(_clock_changes(period))


def _clock_changes(period: Period) -> Iterator[tuple[int, timedelta]]:
    """Days are looked at first, then the quarter hours of those whose ends differ."""
    for start in range(period.since, period.until, DAY):
        end = min(start + DAY, period.until)
        if _offset(period, start) == _offset(period, end):
            continue
        low, high = start, end
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(period, middle) == _offset(period, start) else (low, middle)
        yield high, _offset(period, end) - _offset(period, start)


def _offset(period: Period, instant: int) -> timedelta:
    return period.local(instant).utcoffset() or timedelta()

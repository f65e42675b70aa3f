"""When did no run arrive at all, where the same hours of other weeks had many? Gaps in what was taken in."""

from dataclasses import dataclass

import numpy as np

from reports.frames import Frames
from reports.hours import Ints, hours_of_week
from reports.period import Period

UNLIKELY = 1e-6
HOUR = 3_600_000_000
_WEEK = 168
_QUARTER_OF = 4


@dataclass(slots=True, frozen=True)
class Gap:
    """No run ended in [since, until), in µs, where ``expected`` would have."""

    since: int
    until: int
    expected: float


def gaps(frames: Frames, period: Period) -> list[Gap]:
    """Stretches of whole hours without any run, by time, that have p < 1e-6 if runs come as in the same hours of other
    weeks: Poisson, P(0 runs) = exp(−expected). What the filters ask for does not matter: all runs are looked at.

    An hour's rate is the lower quartile of those weeks, so that what comes in some weeks only is no gap in the others.
    """
    runs = frames.runs[frames.runs.n > 0]
    until = min(period.now, period.until)
    until -= until % HOUR
    if runs.empty or int(runs.bucket.min()) >= until:
        return []
    first = int(runs.bucket.min()) // HOUR * HOUR
    counted = _hourly(runs.bucket.to_numpy(), runs.n.to_numpy(), first, until)
    expected = _expected(counted, first, period)
    return [each for each in _stretches(counted, expected, first) if each.until > period.since and _unlikely(each)]


def _unlikely(gap: Gap) -> bool:
    return float(np.exp(-gap.expected)) < UNLIKELY


def _hourly(buckets: Ints, n: Ints, first: int, until: int) -> Ints:
    inside = buckets < until
    return np.bincount((buckets[inside] - first) // HOUR, n[inside], (until - first) // HOUR).astype(np.int64)


def _expected(counted: Ints, first: int, period: Period) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """For each hour the lower quartile of the same local hour in other weeks; 0 where no other is known."""
    places = hours_of_week(first + np.arange(len(counted), dtype=np.int64) * HOUR, period.zone)
    expected = np.zeros(len(counted))
    for hour in range(_WEEK):
        mine = np.flatnonzero(places == hour)
        if len(mine) > 1:
            expected[mine] = _quartile_of_others(counted[mine])
    return expected


def _quartile_of_others(values: Ints) -> Ints:
    """For each of the values the lower quartile of all the others, rounded to the next lower of them."""
    order = np.argsort(values, kind="stable")
    place = (len(values) - 2) // _QUARTER_OF
    quartile = np.full(len(values), values[order[place]])
    quartile[order[: place + 1]] = values[order[place + 1]]
    return quartile


def _stretches(counted: Ints, expected: "np.ndarray[tuple[int], np.dtype[np.float64]]", first: int) -> list[Gap]:
    """Hours without a run in a row, with what was expected of them together."""
    empty = np.r_[False, counted == 0, False]
    starts, ends = np.flatnonzero(empty[1:] & ~empty[:-1]), np.flatnonzero(empty[:-1] & ~empty[1:])
    return [
        Gap(first + int(start) * HOUR, first + int(end) * HOUR, float(expected[start:end].sum()))
        for start, end in zip(starts, ends, strict=True)
    ]

"""What does the clock on a wall of some zone show, and when will it show a given time?

Twice a year, in most zones, it leaves times out or shows them again. All of that is here, so that schedules can count
as if it never happened.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from rules.calendar.zones import zone_info
from rules.instants import DAY, HOUR, SECOND, Duration, Instant, from_datetime, to_datetime

Wall = int
"""What a clock shows: µs since it showed 1970-01-01 00:00."""

Step = Callable[[Wall], Wall]
"""The next time of a schedule strictly after another, on a clock that is never put forward or back."""

_BLOCK: Duration = 256 * DAY
_LOOK_BACK: Duration = 2 * DAY
_FARTHEST: Duration = 16 * HOUR  # no zone was ever this far from UTC
_FIRST = from_datetime(datetime(1, 1, 3, tzinfo=UTC))
_LAST = from_datetime(datetime(9999, 12, 29, tzinfo=UTC))


@dataclass(slots=True, frozen=True)
class Stretch:
    """A time [start, end) in which the clock goes on evenly: it shows the instant plus ``offset``. ``shown``: the
    latest it showed before ``start``; later than what it shows at ``start`` where it was put back."""

    start: Instant
    end: Instant
    offset: Duration
    shown: Wall


@dataclass(slots=True, frozen=True)
class Clock:
    """``zone``: a name that ``known_zone`` has seen."""

    zone: str

    def stretch(self, at: Instant) -> Stretch:
        starts, stretches = _stretches(self.zone, at // _BLOCK)
        return stretches[bisect_right(starts, at) - 1]

    def wall(self, at: Instant) -> Wall:
        return at + self.stretch(at).offset

    def first(self, wall: Wall) -> Instant:
        """When the clock shows ``wall`` for the first time; where it never does, when it is put past it."""
        stretch = self.stretch(wall - _FARTHEST)
        at = wall - stretch.offset
        while at >= stretch.end:
            start = stretch.end
            stretch = self.stretch(start)
            at = max(wall - stretch.offset, start)
        return at


def next_once(clock: Clock, step: Step, after: Instant) -> Instant:
    """For what is to be done at certain times: a time left out is due as soon as the clock is past it, together with
    others of that gap; a time shown twice is due the first time."""
    stretch = clock.stretch(after)
    return clock.first(step(max(after + stretch.offset, stretch.shown)))


def next_each(clock: Clock, step: Step, after: Instant) -> Instant:
    """For what is to be done every so often: due whenever the clock shows such a time, be it the second time."""
    stretch = clock.stretch(after)
    wall = step(after + stretch.offset)
    while wall - stretch.offset >= stretch.end:
        start, before = stretch.end, stretch.offset
        stretch = clock.stretch(start)
        if stretch.offset != before:
            wall = step(start + stretch.offset - 1)
    return wall - stretch.offset


@lru_cache(maxsize=4096)
def _stretches(zone: str, block: int) -> tuple[tuple[Instant, ...], tuple[Stretch, ...]]:
    """Those of one block of time, and their starts. Begins earlier, to know what was shown before the block."""
    begin, end = block * _BLOCK - _LOOK_BACK, (block + 1) * _BLOCK
    days = range(begin, end, DAY)
    starts = (begin, *(_change(zone, day) for day in days if _offset(zone, day) != _offset(zone, day + DAY)))
    offsets = [_offset(zone, start) for start in starts]
    shown = [start + offset - 1 for start, offset in zip(starts, [offsets[0], *offsets], strict=False)]
    return starts, tuple(map(Stretch, starts, (*starts[1:], end), offsets, shown))


def _change(zone: str, day: Instant) -> Instant:
    """The second within the day from ``day`` on at which the clock is put forward or back."""
    same, other = day, day + DAY
    while other - same > SECOND:
        middle = (same + other) // (2 * SECOND) * SECOND
        same, other = (middle, other) if _offset(zone, middle) == _offset(zone, day) else (same, middle)
    return other


def _offset(zone: str, at: Instant) -> Duration:
    moment = to_datetime(min(max(at, _FIRST), _LAST)).astimezone(zone_info(zone))
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)

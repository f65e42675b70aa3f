"""When does a mute timing keep messages back? While the clock of its zone shows one of its times on one of its days."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from rules.calendar.clocks import Clock, Wall
from rules.calendar.zones import Zone
from rules.instants import DAY, HOUR, MINUTE, Duration, Instant
from rules.sections import Section

LONGEST: Duration = 14 * DAY
_WEEK: Duration = 7 * DAY
_MONDAY: Duration = 3 * DAY  # 1970-01-01 was a Thursday
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)
_Window = tuple[Duration, Duration]


def _days(text: str) -> list[int]:
    """``fri-mon`` → 4, 5, 6, 0."""
    names = text.lower().split("-")
    if len(names) > 2 or not set(names) <= set(_DAYS):
        raise ValueError(f"{text!r} is not a day; write one of {', '.join(_DAYS)} or a range such as mon-fri")
    first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
    return [(first + more) % 7 for more in range((last - first) % 7 + 1)]


def _times(text: str) -> _Window:
    """``22:00-06:00`` → from and to, counted from midnight; to is past 24 h where it is on the next day."""
    found = _TIMES.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a span of the day; write it like 22:00-06:00, or 12:00-24:00")
    begin = int(found[1]) * HOUR + int(found[2]) * MINUTE
    end = int(found[3]) * HOUR + int(found[4]) * MINUTE if found[3] else DAY
    if begin == end:
        raise ValueError(f"{text!r} ends when it starts; write 00:00-24:00 for the whole day")
    return begin, end if end > begin else end + DAY


def _read_days(text: str) -> str:
    _days(text)
    return text


def _read_times(text: str) -> str:
    _times(text)
    return text


class MuteTiming(Section):
    """``times``: from, and to exclusively; one that crosses midnight belongs to the day on which it starts. Left out:
    the whole day, or every day."""

    times: Annotated[tuple[Annotated[str, AfterValidator(_read_times)], ...], Field(min_length=1)] = ("00:00-24:00",)
    days: Annotated[tuple[Annotated[str, AfterValidator(_read_days)], ...], Field(min_length=1)] = ("mon-sun",)
    timezone: Zone = "UTC"


@dataclass(slots=True, frozen=True)
class Muting:
    """A mute timing, compiled. ``starts`` and ``ends`` of its windows within a week from Monday, in order, apart.

    The clock decides, not the time passed: of a window that the clock shows twice both are mute, of one that it leaves
    out nothing is."""

    clock: Clock
    starts: tuple[Wall, ...]
    ends: tuple[Wall, ...]

    def mutes(self, at: Instant) -> bool:
        return self.holds_until(at) is not None

    def ends_at(self, at: Instant) -> Instant:
        """The first moment from ``at`` on that is not mute; as ``muted_until``, at most 14 days later."""
        until = muted_until((self,), at)
        return at if until is None else until

    def holds_until(self, at: Instant) -> Instant | None:
        """None where it does not mute. Else a later moment before which it mutes throughout, and perhaps from it on:
        the end of the window, or sooner when the clock is put forward or back."""
        stretch = self.clock.stretch(at)
        within = (at + stretch.offset + _MONDAY) % _WEEK
        index = bisect_right(self.starts, within) - 1
        if index < 0 or within >= self.ends[index]:
            return None
        return min(at + self.ends[index] - within, stretch.end)


def compiled(timing: MuteTiming) -> Muting:
    windows = list(_joined(sorted(_windows(timing))))
    return Muting(Clock(timing.timezone), tuple(w[0] for w in windows), tuple(w[1] for w in windows))


def muted_until(timings: Sequence[Muting], at: Instant) -> Instant | None:
    """None where none of ``timings`` mutes at ``at``. Else the first moment after at which none does; 14 days after
    ``at`` if they mute for longer, or always: whoever waits asks again then."""
    moment, limit = at, at + LONGEST
    while moment < limit:
        until = [end for timing in timings if (end := timing.holds_until(moment)) is not None]
        if not until:
            return None if moment == at else moment
        moment = max(until)
    return limit


def _windows(timing: MuteTiming) -> Iterator[_Window]:
    """Within one week; what goes past Sunday midnight is on Monday."""
    days = {day for text in timing.days for day in _days(text)}
    for begin, end in map(_times, timing.times):
        for day in days:
            yield day * DAY + begin, min(day * DAY + end, _WEEK)
            if day * DAY + end > _WEEK:
                yield 0, day * DAY + end - _WEEK


def _joined(windows: Iterable[_Window]) -> Iterator[_Window]:
    """In order, what overlaps or touches made one."""
    begin, end = -1, -1
    for start, stop in windows:
        if start > end:
            if end > 0:
                yield begin, end
            begin, end = start, stop
        end = max(end, stop)
    yield begin, end

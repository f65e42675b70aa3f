"""How many runs failed, of how many, in a sliding window? Counted in buckets, so that it costs the same in a storm.

A bucket is W/60 long, at least 1 s. A run counts until its whole bucket has left the window, so that the sums reach at
most one bucket too far back: they are those of (t−W−bucket, t] at most and of (t−W, t] at least. Sums cannot tell a
run that they have seen: each end must be shown once, which the caller sees to.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rules.instants import SECOND, Duration, Instant

Sum = tuple[int, int, int]
Sums = tuple[Sum, ...]
_BUCKETS = 60
_MOST_TIMES = 1_000


@dataclass(slots=True, frozen=True)
class Totals:
    """``failed`` of ``finished`` runs from ``since`` on, if nothing more happens."""

    since: Instant
    failed: int
    finished: int

    @property
    def share(self) -> float:
        return self.failed / self.finished if self.finished else 0.0


@dataclass(slots=True, frozen=True)
class Sliding:
    """A window, and the sums of what is in it. Newer runs are counted however far they are ahead."""

    within: Duration
    width: Duration

    def add(self, sums: Sums, at: Instant, failed: int) -> Sums:
        """With one run more. What the window has left, as seen from the newest run, is forgotten."""
        kept = put(sums, at // self.width, failed)
        oldest = (kept[-1][0] * self.width - self.within) // self.width
        return kept if kept[0][0] >= oldest else kept[bisect_left(kept, (oldest, 0, 0)) :]

    def left_at(self, bucket: int) -> Instant:
        """When the last moment of a bucket leaves the window."""
        return (bucket + 1) * self.width + self.within - 1

    def current(self, sums: Sums, now: Instant) -> Sums:
        """Those whose bucket is still in the window."""
        first = (now + 1 - self.within) // self.width
        return sums if not sums or sums[0][0] >= first else sums[bisect_left(sums, (first, 0, 0)) :]

    def course(self, sums: Sums, now: Instant) -> list[Totals]:
        """The totals now, and after each bucket that leaves the window; the last are none."""
        current = self.current(sums, now)
        failed, finished = sum(each[1] for each in current), sum(each[2] for each in current)
        course = [Totals(now, failed, finished)]
        for bucket, bad, ended in current:
            failed, finished = failed - bad, finished - ended
            course.append(Totals(self.left_at(bucket), failed, finished))
        return course

    def times(self, sums: Sums, now: Instant) -> tuple[Instant, ...]:
        """When the failures of the window were, to the bucket."""
        found: list[Instant] = []
        for bucket, failed, _ in self.current(sums, now):
            found += [bucket * self.width] * failed
        return tuple(found[-_MOST_TIMES:])


def sliding(within: Duration) -> Sliding:
    return Sliding(within, max(within // _BUCKETS, SECOND))


def put(sums: Sums, bucket: int, failed: int) -> Sums:
    """With one run more in ``bucket``."""
    place = bisect_left(sums, (bucket, 0, 0))
    if place < len(sums) and sums[place][0] == bucket:
        _, bad, ended = sums[place]
        return (*sums[:place], (bucket, bad + failed, ended + 1), *sums[place + 1 :])
    return (*sums[:place], (bucket, failed, 1), *sums[place:])


Spell = tuple[Instant, Instant]


def spells(course: Sequence[Totals], true: Callable[[Totals], bool]) -> list[Spell]:
    """From when to when ``true`` is, if nothing more happens. It must not be of nothing, with which a course ends."""
    found: list[Spell] = []
    start: Instant | None = None
    for totals in course:
        if not true(totals):
            if start is not None:
                found.append((start, totals.since))
            start = None
        elif start is None:
            start = totals.since
    return found


def crossed(some: Sequence[Spell], others: Sequence[Spell]) -> list[Spell]:
    """When both are."""
    found = [(max(a[0], b[0]), min(a[1], b[1])) for a in some for b in others]
    return [spell for spell in found if spell[0] < spell[1]]


def united(found: Iterable[Spell]) -> list[Spell]:
    """When any is, in order."""
    merged: list[Spell] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def now_and_next(found: Sequence[Spell], now: Instant) -> tuple[bool, Instant | None, Instant | None]:
    """Whether one of them is now, and until when; else from when on the next is."""
    if not found:
        return False, None, None
    start, end = found[0]
    return (True, end, None) if start <= now else (False, None, start)

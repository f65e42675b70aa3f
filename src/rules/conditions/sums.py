"""How many runs failed, of how many, in a sliding window? Counted in buckets, so that it costs the same in a storm.

A bucket is W/60 long, at least 1 s. A run counts until its whole bucket has left the window, so that the sums reach at
most one bucket too far back: they are those of (t−W−bucket, t] at most and of (t−W, t] at least. Sums cannot tell a
run that they have seen: each end must be shown once, which the caller sees to.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.instants import SECOND, Duration, Instant

Sum = tuple[int, int, int]
Sums = tuple[Sum, ...]
Totals = tuple[Instant, int, int]
"""From when on, if nothing more happens, so many failed of so many that finished."""
_BUCKETS = 60
_MOST_TIMES = 1_000


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

    def current(self, sums: Sums, now: Instant) -> Sums:
        """Those whose bucket is still in the window."""
        first = (now + 1 - self.within) // self.width
        return sums if not sums or sums[0][0] >= first else sums[bisect_left(sums, (first, 0, 0)) :]

    def course(self, sums: Sums, now: Instant) -> list[Totals]:
        """The totals now, and from each last moment of a bucket on, as it leaves the window; the last are none."""
        current = self.current(sums, now)
        failed, finished = sum(each[1] for each in current), sum(each[2] for each in current)
        course = [(now, failed, finished)]
        gone = self.width + self.within - 1
        for bucket, bad, ended in current:
            failed, finished = failed - bad, finished - ended
            course.append((bucket * self.width + gone, failed, finished))
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
    return (*sums[:place], (bucket, int(failed), 1), *sums[place:])


def share(totals: Totals) -> float:
    return totals[1] / totals[2] if totals[2] else 0.0


Spell = tuple[Instant, Instant]


def spells(course: Sequence[Totals], true: Sequence[bool]) -> list[Spell]:
    """From when to when it is true, as told for each of the course; of nothing, with which it ends, it must not be."""
    if True not in true:
        return []
    found: list[Spell] = []
    start: Instant | None = None
    for (since, _, _), now_true in zip(course, true, strict=True):
        if not now_true:
            if start is not None:
                found.append((start, since))
                start = None
        elif start is None:
            start = since
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
    """Whether one of them is now, and until when; and when to look again: where there is another one to come."""
    if not found:
        return False, None, None
    start, end = found[0]
    if start > now:
        return False, None, start
    return True, end, end if len(found) > 1 else None

"""``spike``: true while many more runs fail than did at this hour of the week before.

n failures in (t−W, t], counted in buckets as for ``rate``, are a spike where n ≥ min_count, n ≥ ratio × median and
n ≥ median + z × 1.4826 × MAD. Median and MAD are of earlier windows of the same length, of those aligned to W the ones
nearest to one, two, three and four weeks ago; as long as the key is not known for so long, to each of the last seven
days; before that nothing is a spike. A key is known from the first run on that was told of it, well or badly ended.

What was usual is taken as of t: the newest run's time, or when it is looked at. Remembered are W-long sums of four
weeks, of windows with failures only: 672 at most for an hour, 8,064 for the shortest W, five minutes.
"""

from bisect import bisect_left
from dataclasses import dataclass
from statistics import median

from rules.condition_models import Spike as SpikeConfig
from rules.condition_models import SpikeCondition
from rules.conditions.shared import FINISHED, Evidence, evidence, lateness
from rules.conditions.sums import Sliding, Sums, now_and_next, put, sliding, spells
from rules.instants import DAY, Duration, Instant
from rules.memory import Holding, Kind, Memory, Seen

_WEEK: Duration = 7 * DAY
_WEEKS, _DAYS = 4, 7
_MAD_OF_NORMAL = 1.4826  # the standard deviation of a normal distribution, in median absolute deviations


@dataclass(slots=True, frozen=True)
class Usual:
    median: float
    deviation: float
    of: str


@dataclass(slots=True, frozen=True)
class Spike:
    config: SpikeConfig
    window: Sliding
    told_within: Duration
    wants: frozenset[Kind] = FINISHED
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:  # noqa: ARG002 - event time decides
        first, newest = memory.numbers or (seen.at, seen.at)
        numbers = (min(first, seen.at), max(newest, seen.at))
        sums, parts = memory.sums, memory.parts
        if seen.kind is Kind.FAILED:
            sums = self.window.add(sums, seen.at, 1)
            parts = (Memory(sums=self._with(parts[0].sums if parts else (), seen.at)),)
        if (sums, parts, numbers) == (memory.sums, memory.parts, memory.numbers):
            return self._answer(memory, numbers[1])
        return self._answer(Memory(sums=sums, numbers=numbers, parts=parts), numbers[1])

    def look(self, memory: Memory, now: Instant) -> Holding:
        return self._answer(memory, now)

    def _with(self, history: Sums, at: Instant) -> Sums:
        kept = put(history, at // self.config.within, 1)
        oldest = kept[-1][0] - _WEEKS * _WEEK // self.config.within - 2
        return kept if kept[0][0] >= oldest else kept[bisect_left(kept, (oldest, 0, 0)) :]

    def _answer(self, memory: Memory, at: Instant) -> Holding:
        course = self.window.course(memory.sums, at)
        if course[0][1] < self.config.min_count or not memory.parts:
            return Holding(memory, False)
        usual = self._usual(memory, at)
        if usual is None:
            return Holding(memory, False)
        least = self._least(usual)
        holds, until, _ = now_and_next(spells(course, [failed >= least for _, failed, _ in course]), at)
        if not holds:
            return Holding(memory, False)
        return Holding(
            memory, True, self.window.times(memory.sums, at), until, evidence=_evidence(course[0][1], usual, least)
        )

    def _least(self, usual: Usual) -> float:
        """The fewest failures that are a spike."""
        by_spread = usual.median + self.config.z * _MAD_OF_NORMAL * usual.deviation
        return max(self.config.min_count, self.config.ratio * usual.median, by_spread)

    def _usual(self, memory: Memory, at: Instant) -> Usual | None:
        history, known_since = memory.parts[0].sums, memory.numbers[0]
        for count, apart, name in ((_WEEKS, _WEEK, "this hour, last 4 weeks"), (_DAYS, DAY, "this hour, last 7 days")):
            if at - count * apart - 2 * self.config.within >= known_since:
                return _of([self._near(history, at - ago * apart) for ago in range(1, count + 1)], name)
        return None

    def _near(self, history: Sums, at: Instant) -> int:
        """The failures of the aligned window that covers most of (at−W, at]."""
        bucket = (at - self.config.within // 2) // self.config.within
        place = bisect_left(history, (bucket, 0, 0))
        return history[place][1] if place < len(history) and history[place][0] == bucket else 0


def _of(counts: list[int], name: str) -> Usual:
    middle = median(counts)
    return Usual(middle, median(abs(count - middle) for count in counts), name)


def _evidence(failed: int, usual: Usual, least: float) -> Evidence:
    spread = ("deviation", f"{usual.deviation:g}")
    return evidence(
        (
            ("failed", failed),
            ("usual", f"{usual.median:g}"),
            spread,
            ("needed", f"{least:g}"),
            ("baseline", usual.of),
        )
    )


def build(config: SpikeCondition) -> Spike:
    within = config.spike.within
    return Spike(config.spike, sliding(within), lateness(within))

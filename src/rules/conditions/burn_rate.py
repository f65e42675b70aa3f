"""``burn_rate``: true while both windows of a pair fail ``factor`` times as often as the objective allows.

Sums in buckets (see ``rules.conditions.sums``), one ring for each length of window, shared by the pairs. Only the long
window needs ``min_events``: the short one says that it is still going on. t is the newest run's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.condition_models import BurnRateCondition, Pair
from rules.conditions.shared import FINISHED, Evidence, evidence, lateness, percent
from rules.conditions.sums import Sliding, Spell, Totals, crossed, now_and_next, share, sliding, spells, united
from rules.instants import Duration, Instant, format_duration
from rules.memory import Holding, Kind, Memory, Seen

Course = list[Totals]


@dataclass(slots=True, frozen=True)
class Limit:
    """A pair, by the places of its windows, and the share of failures that is too much in both."""

    pair: Pair
    long: int
    short: int
    share: float


@dataclass(slots=True, frozen=True)
class BurnRate:
    windows: tuple[Sliding, ...]
    limits: tuple[Limit, ...]
    slo: float
    min_events: int
    told_within: Duration
    wants: frozenset[Kind] = FINISHED
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:  # noqa: ARG002 - event time decides
        rings = memory.parts or (Memory(),) * len(self.windows)
        failed, newest = seen.kind is Kind.FAILED, max((seen.at, *memory.numbers[:1]))
        told = [
            Memory(sums=window.add(ring.sums, seen.at, failed))
            for window, ring in zip(self.windows, rings, strict=True)
        ]
        return self.look(Memory(numbers=(newest,), parts=tuple(told)), newest)

    def look(self, memory: Memory, now: Instant) -> Holding:
        if not memory.parts:
            return Holding(memory, False)
        courses = [w.course(ring.sums, now) for w, ring in zip(self.windows, memory.parts, strict=True)]
        burning = [self._burning(limit, courses[limit.long], courses[limit.short]) for limit in self.limits]
        holds, until, wake = now_and_next(united(spell for found in burning for spell in found), now)
        if not holds:
            return Holding(memory, False, wake=wake)
        worst = next(limit for limit, found in zip(self.limits, burning, strict=True) if now_and_next(found, now)[0])
        times = self.windows[worst.short].times(memory.parts[worst.short].sums, now)
        return Holding(memory, True, times, until, evidence=self._evidence(worst, courses))

    def _burning(self, limit: Limit, long: Course, short: Course) -> list[Spell]:
        """When both windows fail too often, if nothing more happens."""
        least, most = self.min_events, limit.share
        if long[0][2] < least or not short[0][1]:
            return []
        slow = [finished >= least and failed / finished >= most for _, failed, finished in long]
        if True not in slow:
            return []
        fast = [finished > 0 and failed / finished >= most for _, failed, finished in short]
        return crossed(spells(long, slow), spells(short, fast))

    def _evidence(self, limit: Limit, courses: Sequence[Course]) -> Evidence:
        long, short = courses[limit.long][0], courses[limit.short][0]
        windows = ((limit.pair.long, long), (limit.pair.short, short))
        seen = [(f"failed in {format_duration(within)}", percent(share(totals))) for within, totals in windows]
        counts = (("failed", long[1]), ("finished", long[2]))
        burnt = ("burn rate", f"{min(share(long), share(short)) / limit.share * limit.pair.factor:.3g}")
        return evidence((*counts, *seen, burnt, ("needed", f"{limit.pair.factor:g}"), ("objective", percent(self.slo))))


def build(config: BurnRateCondition) -> BurnRate:
    asked = config.burn_rate
    lengths = sorted({within for pair in asked.pairs for within in (pair.long, pair.short)})
    limits = [Limit(p, lengths.index(p.long), lengths.index(p.short), asked.limit(p)) for p in asked.pairs]
    windows = tuple(sliding(within) for within in lengths)
    return BurnRate(windows, tuple(limits), asked.slo, asked.min_events, lateness(lengths[-1]))

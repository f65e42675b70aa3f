"""``rate: r within W``: true while r of the runs that finished in (t−W, t] failed, and enough of them did.

Both numbers come from sums in buckets (see ``rules.conditions.sums``). t is the newest run's time; a run that arrives
late counts in that window, and windows that were over before are not looked at again. Successes leave the window as
failures do, so that it may also become true by time alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.condition_models import RateCondition
from rules.conditions.shared import FINISHED, Evidence, evidence, lateness, percent
from rules.conditions.sums import Sliding, Totals, now_and_next, share, sliding, spells
from rules.conditions.wilson import lower_bound, quantile
from rules.instants import Duration, Instant
from rules.memory import Holding, Kind, Memory, Seen


@dataclass(slots=True, frozen=True)
class Rate:
    config: RateCondition
    window: Sliding
    z: float
    told_within: Duration
    wants: frozenset[Kind] = FINISHED
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:  # noqa: ARG002 - event time decides
        sums = self.window.add(memory.sums, seen.at, seen.kind is Kind.FAILED)
        newest = max((seen.at, *memory.numbers[:1]))
        return self._answer(Memory(sums=sums, numbers=(newest,)), newest)

    def look(self, memory: Memory, now: Instant) -> Holding:
        return self._answer(memory, now)

    def _answer(self, memory: Memory, at: Instant) -> Holding:
        course = self.window.course(memory.sums, at)
        _, failed, finished = course[0]
        if failed < self.config.min_failures or finished < self.config.min_runs:
            return Holding(memory, False)  # sums only fall while nothing happens
        holds, until, wake = now_and_next(spells(course, self._true(course)), at)
        times = self.window.times(memory.sums, at) if holds else ()
        return Holding(memory, holds, times, until, wake, self._evidence(course[0]) if holds else ())

    def _true(self, course: Sequence[Totals]) -> list[bool]:
        failures, runs, rate, z = self.config.min_failures, self.config.min_runs, self.config.rate, self.z
        return [
            bad >= failures and ended >= runs and bad / ended >= rate and (not z or lower_bound(bad, ended, z) >= rate)
            for _, bad, ended in course
        ]

    def _evidence(self, totals: Totals) -> Evidence:
        _, failed, finished = totals
        counts = (("failed", failed), ("finished", finished))
        rates = (("rate", percent(share(totals))), ("needed", percent(self.config.rate)))
        bound = (("at least", percent(lower_bound(failed, finished, self.z))),) if self.z else ()
        return evidence((*counts, *rates, *bound))


def build(config: RateCondition) -> Rate:
    z = quantile(config.confidence) if config.confidence is not None else 0.0
    return Rate(config, sliding(config.within), z, lateness(config.within))

"""What becomes of every run? The same world gives the same runs, day by day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alerting.demo.history.schedule import Whole, starts
from alerting.demo.history.world import Fault, PlayedRun, Regression, World
from rules.instants import DAY, HOUR, SECOND, Instant
from rules.vocabulary import Outcome

_MOST_RATE = 0.9
Real = NDArray[np.float64]


def runs(world: World) -> Iterator[PlayedRun]:
    """Every run, in the order of their starts within each day."""
    versions = _versions(world)
    for day in range((world.until - world.since) // DAY):
        of_day: list[PlayedRun] = []
        for number in range(len(world.workflows)):
            of_day.extend(_Day(world, number, day).play(*versions[world.workflows[number].name]))
        yield from sorted(of_day, key=lambda run: (run.started_at or run.ended_at, run.run_id))


def _versions(world: World) -> dict[str, tuple[list[Instant], list[str]]]:
    found: dict[str, tuple[list[Instant], list[str]]] = defaultdict(lambda: ([], []))
    for release in world.releases:
        found[release.workflow][0].append(release.at)
        found[release.workflow][1].append(release.version)
    return found


class _Day:
    """One day of one workflow: its chances are drawn for all runs at once."""

    def __init__(self, world: World, number: int, day: int) -> None:
        self.world, self.workflow = world, world.workflows[number]
        self.prefix = f"{self.workflow.name}-{day}"
        chance = np.random.default_rng([world.seed, 2, number, day])
        self.starts: Whole = starts(world, number, day)
        n = len(self.starts)
        self.values = {name: chance.integers(0, len(all_), n) for name, all_ in world.attributes.items()}
        self.fails, self.down, self.stops, self.misses, self.heals = chance.random((5, n))
        self.which, self.cut, self.late, self.again = chance.random((4, n))
        self.took = self._durations(chance.standard_normal(n))
        self.regressions = [each for each in world.regressions if each.workflow == self.workflow.name]
        self.outages = [each for each in world.outages if self.workflow.name in each.workflows]
        self.rates = self._rates()

    def _durations(self, normal: Real) -> Real:
        took: Real = self.workflow.typical * np.exp(self.workflow.spread * normal)
        for drift in self.world.drifts:
            if drift.workflow == self.workflow.name:
                into = np.clip((self.starts - drift.since) / (self.world.until - drift.since), 0, 1)
                took = took * (1 + (drift.factor - 1) * into)
        return np.asarray(np.clip(took, 1_000, 0.9 * self.workflow.timeout), dtype=np.float64)

    def _rates(self) -> Real:
        guilty = self.world.guilty
        place = self.world.attributes[guilty.name].index(guilty.value)
        rates = np.where(self.values[guilty.name] == place, guilty.factor, 1.0) * self.workflow.rate
        return np.minimum(rates, _MOST_RATE)

    def play(self, since: list[Instant], versions: list[str]) -> Iterator[PlayedRun]:
        for index, start in enumerate(self.starts.tolist()):
            version = versions[bisect_right(since, start) - 1] if versions else ""
            yield self._run(index, start, version)

    def _run(self, index: int, start: Instant, version: str) -> PlayedRun:
        outcome, fault, tries = self._fate(index, start)
        took = self._length(index, outcome)
        end = start + took
        names = self.world.attributes
        run = PlayedRun(
            self.workflow, f"{self.prefix}-{index}", start, end, end + self._delay(index), outcome, version,
            {name: all_[int(self.values[name][index])] for name, all_ in names.items()}, index, fault,
            fault.step if fault else self.workflow.flaky_step if tries > 1 else "", tries,
            2 if self.again[index] < self.world.mishaps.twice else 1,
        )  # fmt: skip
        if outcome is Outcome.MISSED:
            run.started_at, run.ended_at, run.version = 0, start, ""
        return run

    def _fate(self, index: int, start: Instant) -> tuple[Outcome, Fault | None, int]:
        mishaps = self.world.mishaps
        if self.workflow.every and self.misses[index] < mishaps.missed:
            return Outcome.MISSED, None, 1
        outage = next((each for each in self.outages if each.since <= start < each.until), None)
        if outage is not None and self.down[index] < outage.share:
            return outage.fault.outcome, outage.fault, 1
        fault = self._fault(index, start)
        if fault is not None:
            return fault.outcome, fault, 3 if fault.step and self.workflow.flaky else 1
        if self.stops[index] < mishaps.cancelled + mishaps.skipped:
            return (Outcome.CANCELLED if self.stops[index] < mishaps.cancelled else Outcome.SKIPPED), None, 1
        return Outcome.SUCCEEDED, None, 2 if self.heals[index] < self.workflow.flaky else 1

    def _fault(self, index: int, start: Instant) -> Fault | None:
        """The workflow's own faults come by its rate; what a release broke comes on top of them."""
        own, drawn = self.rates[index], self.fails[index]
        if drawn < own:
            faults = self.workflow.faults
            return faults[min(int(len(faults) * self.which[index] ** 2), len(faults) - 1)]
        broken = next((each for each in self.regressions if _in_force(each, start)), None)
        if broken is not None and drawn < min(own * broken.factor, _MOST_RATE):
            return broken.fault
        return None

    def _length(self, index: int, outcome: Outcome) -> int:
        if outcome is Outcome.TIMED_OUT:
            return self.workflow.timeout
        share = 1.0 if outcome is Outcome.SUCCEEDED else 0.2 + 0.8 * self.cut[index]
        return max(1_000, int(self.took[index] * share))

    def _delay(self, index: int) -> int:
        """A second or two; of the late ones up to six hours."""
        drawn, late = self.late[index], self.world.mishaps.late
        return int(drawn / late * 6 * HOUR) + 61 * SECOND if drawn < late else SECOND + int(drawn * SECOND)


def _in_force(regression: Regression, at: Instant) -> bool:
    return regression.since <= at and (not regression.until or at < regression.until)

"""What should a report find? The planted things, and the totals of what was played."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from alerting.demo.history.world import Fault, Guilty, Outage, PlayedRun, Regression, World
from rules.instants import DAY, MINUTE, Duration, Instant
from rules.vocabulary import Outcome

BAD = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CRASHED, Outcome.LOST})
LATE_FROM: Duration = MINUTE


@dataclass(slots=True)
class Truth:
    """Runs are counted where they ended; days begin at midnight UTC, in µs. ``attributes`` counts runs that were not
    cancelled, skipped or missed, by attribute, value and whether they were bad. ``late`` were told more than a minute
    after their end, ``twice`` more often than once."""

    guilty: Guilty
    regressions: tuple[Regression, ...]
    outages: tuple[Outage, ...]
    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    days: Counter[tuple[Instant, str, Outcome]] = field(default_factory=Counter)
    groups: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    versions: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    attributes: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    healed: Counter[str] = field(default_factory=Counter)
    late: int = 0
    twice: int = 0

    @property
    def runs(self) -> int:
        """Runs that ended well or badly."""
        return sum(n for (_, outcome), n in self.outcomes.items() if outcome in BAD | {Outcome.SUCCEEDED})

    @property
    def bad(self) -> int:
        return sum(n for (_, outcome), n in self.outcomes.items() if outcome in BAD)

    def add(self, run: PlayedRun) -> None:
        name = run.workflow.name
        self.outcomes[name, run.outcome] += 1
        self.days[run.ended_at - run.ended_at % DAY, name, run.outcome] += 1
        self.healed[name] += run.healed
        self.late += run.received_at - run.ended_at > LATE_FROM
        self.twice += run.copies > 1
        if run.fault is not None:
            self.groups[name, run.fault] += 1
        if run.outcome in BAD or run.outcome is Outcome.SUCCEEDED:
            bad = run.outcome in BAD
            self.versions[name, run.version, bad] += 1
            for attribute, value in run.attributes.items():
                self.attributes[attribute, value, bad] += 1


def truth(world: World, runs: Iterable[PlayedRun]) -> Truth:
    found = Truth(world.guilty, world.regressions, world.outages)
    for run in runs:
        found.add(run)
    return found

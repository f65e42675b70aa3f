"""``consecutive: K``: true while the last K runs that finished all failed, in the order in which they ended.

Runs that ended at the same moment follow one another by their names. Remembered are the newest success and the K newest
failures after it; what arrives late and is older than all of these can change nothing.
"""

from bisect import bisect_left
from dataclasses import dataclass

from rules.condition_models import ConsecutiveCondition
from rules.conditions.shared import FINISHED, NEWS, evidence
from rules.instants import Duration, Instant
from rules.memory import Holding, Kind, Memory, Recent, Seen

_AFTER_A_SUCCESS = (1,)


@dataclass(slots=True, frozen=True)
class Consecutive:
    needed: int
    told_within: Duration = NEWS
    wants: frozenset[Kind] = FINISHED
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        succeeded, failures = _read(memory)
        run = (seen.at, seen.run or seen.occurrence)
        if seen.kind is Kind.SUCCEEDED:
            succeeded = max(succeeded, (run,))
        elif run not in failures:
            place = bisect_left(failures, run)
            failures = (*failures[:place], run, *failures[place:])
        if succeeded:
            failures = failures[bisect_left(failures, succeeded[0]) :]
        return self.look(_written(succeeded, failures[-self.needed :]), now)

    def look(self, memory: Memory, now: Instant) -> Holding:  # noqa: ARG002 - time changes nothing
        _, failures = _read(memory)
        if len(failures) < self.needed:
            return Holding(memory, False)
        said = evidence((("failed in a row", f"{self.needed} or more"), ("needed", self.needed)))
        return Holding(memory, True, tuple(at for at, _ in failures), evidence=said)


def _read(memory: Memory) -> tuple[Recent, Recent]:
    """The newest success, if any, and the failures after it."""
    return (memory.recent[:1], memory.recent[1:]) if memory.numbers else ((), memory.recent)


def _written(succeeded: Recent, failures: Recent) -> Memory:
    return Memory((*succeeded, *failures), numbers=_AFTER_A_SUCCESS if succeeded else ())


def build(config: ConsecutiveCondition) -> Consecutive:
    return Consecutive(config.consecutive)

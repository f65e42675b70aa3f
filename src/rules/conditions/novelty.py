"""``new`` and ``regressed``: true when the error group of a failure is new, or back after it was resolved.

Which it is, whoever keeps the groups knows; nothing is remembered here.
"""

from dataclasses import dataclass

from rules.condition_models import NewCondition, RegressedCondition
from rules.conditions.shared import FAILURES, NEWS, evidence
from rules.instants import Duration, Instant
from rules.memory import Holding, Kind, Memory, Seen


@dataclass(slots=True, frozen=True)
class Novelty:
    needed: str
    told_within: Duration = NEWS
    wants: frozenset[Kind] = FAILURES
    ends_with_it: bool = False

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:  # noqa: ARG002 - each stands for itself
        if seen.novelty != self.needed:
            return Holding(memory, False)
        return Holding(memory, True, (seen.at,), evidence=evidence((("error group", self.needed),)))

    def look(self, memory: Memory, now: Instant) -> Holding:  # noqa: ARG002 - time makes nothing new
        return Holding(memory, False)


def build_new(_config: NewCondition) -> Novelty:
    return Novelty("new")


def build_regressed(_config: RegressedCondition) -> Novelty:
    return Novelty("regressed")

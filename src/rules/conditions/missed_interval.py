"""``missed: interval``: true from interval + grace after the last run began, until the next one begins.

Counted from the last run, not from the clock: a job that runs every half hour may do so at any minute. Until a run is
heard of, it is counted from the first look.
"""

from dataclasses import dataclass

from rules.condition_models import MissedCondition
from rules.conditions import missed
from rules.conditions.shared import ANYTHING, evidence, lateness
from rules.instants import Duration, Instant, format_duration, format_instant
from rules.memory import Condition, Holding, Kind, Memory, Seen


@dataclass(slots=True, frozen=True)
class MissedInterval:
    every: Duration
    grace: Duration
    told_within: Duration
    wants: frozenset[Kind] = ANYTHING
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        began = seen.started_at or seen.at
        return self.look(Memory(numbers=(max((began, *memory.numbers[:1])), 1)), now)

    def look(self, memory: Memory, now: Instant) -> Holding:
        memory = memory if memory.numbers else Memory(numbers=(now, 0))
        last, heard = memory.numbers
        end = last + self.every + self.grace
        if now < end:
            return Holding(memory, False, wake=end)
        since = (("last run" if heard else "expected since", format_instant(last)),)
        limits = (("interval", format_duration(self.every)), ("grace", format_duration(self.grace)))
        return Holding(memory, True, evidence=evidence((*since, *limits)))


def build(config: MissedCondition) -> Condition:
    """The one of the two that the rule asks for."""
    asked = config.missed
    if asked.interval is None:
        return missed.build(asked, asked.cron or "")
    return MissedInterval(asked.interval, asked.grace, lateness(asked.grace))

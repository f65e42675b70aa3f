"""``running_longer``: true while a run is open for D, or for ``factor`` times p95 of the last 50 successes of its key.

With fewer than 20 successes whose start is known nothing runs too long by that measure. p95 is the nearest rank. A run
is open since its start, or since it was heard of where that is not known.
"""

from bisect import bisect_left
from dataclasses import dataclass

from rules.condition_models import LongerThan, RunningLongerCondition
from rules.conditions.open_runs import beyond, followed, name_of, next_beyond
from rules.conditions.shared import ANYTHING, LATENESS, Evidence, evidence
from rules.instants import Duration, Instant, format_duration
from rules.memory import Holding, Kind, Memory, Seen

_LAST, _LEAST = 50, 20


@dataclass(slots=True, frozen=True)
class RunningLonger:
    config: LongerThan
    told_within: Duration = LATENESS
    wants: frozenset[Kind] = ANYTHING
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        runs, ended = followed(memory.runs, memory.recent, seen, seen.started_at or seen.at, min)
        parts = memory.parts
        if self.config.factor is not None and seen.kind is Kind.SUCCEEDED and 0 < seen.started_at <= seen.at:
            parts = (_with_success(parts[0] if parts else Memory(), seen),)
        return self.look(Memory(ended, runs=runs, parts=parts), now)

    def look(self, memory: Memory, now: Instant) -> Holding:
        limit = self._limit(memory)
        if limit is None:
            return Holding(memory, False)
        late = beyond(memory.runs, limit, now)
        if not late:
            return Holding(memory, False, wake=next_beyond(memory.runs, limit))
        return Holding(memory, True, evidence=_evidence(late, limit, now))

    def _limit(self, memory: Memory) -> Duration | None:
        if self.config.factor is None:
            return self.config.after
        took = sorted(memory.parts[0].numbers) if memory.parts else []
        if len(took) < _LEAST:
            return None
        return round(self.config.factor * took[-(-len(took) * 95 // 100) - 1])


def _with_success(successes: Memory, seen: Seen) -> Memory:
    """The last successes in the order in which they ended, and beside them what they took."""
    success = (seen.at, name_of(seen))
    place = bisect_left(successes.recent, success)
    if successes.recent[place : place + 1] == (success,):
        return successes
    recent = (*successes.recent[:place], success, *successes.recent[place:])
    took = (*successes.numbers[:place], seen.at - seen.started_at, *successes.numbers[place:])
    return Memory(recent[-_LAST:], numbers=took[-_LAST:])


def _evidence(late: list[tuple[Instant, str]], limit: Duration, now: Instant) -> Evidence:
    since, run = late[0]
    longest = (("run", run), ("running", format_duration(now - since)), ("allowed", format_duration(limit)))
    return evidence((*longest, ("runs", len(late))))


def build(config: RunningLongerCondition) -> RunningLonger:
    return RunningLonger(config.running_longer)

"""``stuck``: true while an open run was quiet for H, or was tried A times.

Whatever is heard of a run is progress, and ends that it was quiet; that it was tried so often, only its end does.
"""

from dataclasses import dataclass

from rules.condition_models import Stuck as StuckConfig
from rules.condition_models import StuckCondition
from rules.conditions.open_runs import Runs, beyond, followed, next_beyond
from rules.conditions.shared import ANYTHING, LATENESS, evidence
from rules.instants import Duration, Instant, format_duration
from rules.memory import Holding, Kind, Memory, Seen


@dataclass(slots=True, frozen=True)
class Stuck:
    config: StuckConfig
    told_within: Duration = LATENESS
    wants: frozenset[Kind] = ANYTHING
    ends_with_it: bool = True

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:
        runs, ended = followed(memory.runs, memory.recent, seen, seen.at, max)
        tried = _tried(memory)
        if self._counts(seen):
            tried, _ = followed(tried, memory.recent, seen, seen.attempts, max)
        parts = (Memory(runs=tried),) if tried else ()
        return self.look(Memory(ended, runs=runs, parts=parts), now)

    def look(self, memory: Memory, now: Instant) -> Holding:
        tried, quiet = _tried(memory), self.config.quiet
        if tried:
            run = max(tried, key=lambda run: (tried[run], run))
            often = (("run", run), ("attempts", tried[run]), ("allowed", self.config.attempts))
            return Holding(memory, True, evidence=evidence((*often, ("runs", len(tried)))))
        if quiet is None:
            return Holding(memory, False)
        late = beyond(memory.runs, quiet, now)
        if not late:
            return Holding(memory, False, wake=next_beyond(memory.runs, quiet))
        since, run = late[0]
        silence = (("run", run), ("quiet for", format_duration(now - since)), ("allowed", format_duration(quiet)))
        return Holding(memory, True, evidence=evidence((*silence, ("runs", len(late)))))

    def _counts(self, seen: Seen) -> bool:
        """Whether this is a run that was tried too often, or the end of one."""
        return seen.kind is not Kind.OPEN or (
            self.config.attempts is not None and seen.attempts >= self.config.attempts
        )


def _tried(memory: Memory) -> Runs:
    """The open runs that were tried too often, and how often they were."""
    return memory.parts[0].runs if memory.parts else {}


def build(config: StuckCondition) -> Stuck:
    return Stuck(config.stuck)

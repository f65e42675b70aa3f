"""``each``: true whenever a failure occurs. Dedup, not the condition, keeps it from being noise."""

from rules.instants import DAY, Duration, Instant
from rules.memory import Holding, Kind, Memory, Seen


class Each:
    wants = frozenset({Kind.FAILED})
    ends_with_it = False
    told_within: Duration = DAY

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:  # noqa: ARG002 - any failure is enough
        return Holding(memory, True, (seen.at,))

    def look(self, memory: Memory, now: Instant) -> Holding:  # noqa: ARG002 - and nothing else is
        return Holding(memory, False)


def build(_config: str) -> Each:
    return Each()

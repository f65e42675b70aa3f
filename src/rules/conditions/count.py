"""``count: N within W``: true when N failures of one key lie in a window (t−W, t], whatever order they arrived in.

Sliding, half-open, event time: exactly when, around the newcomer, N neighbours in time span less than W.
"""

from bisect import insort
from dataclasses import dataclass

from rules.config import CountCondition
from rules.instants import MINUTE, Duration, Instant

_LATENESS: Duration = 15 * MINUTE
_MOST_KEPT = 1_000


@dataclass(slots=True, frozen=True)
class Count:
    needed: int
    within: Duration

    def observe(
        self, recent: tuple[tuple[Instant, str], ...], occurred_at: Instant, occurrence: str
    ) -> tuple[tuple[tuple[Instant, str], ...], bool]:
        members = list(recent)
        newcomer = (occurred_at, occurrence)
        insort(members, newcomer)
        position = members.index(newcomer)
        return self._kept(members), self._holds_around(members, position)

    def _holds_around(self, members: list[tuple[Instant, str]], position: int) -> bool:
        first = max(0, position - self.needed + 1)
        last = min(position, len(members) - self.needed)
        return any(
            members[start + self.needed - 1][0] - members[start][0] < self.within for start in range(first, last + 1)
        )

    def _kept(self, members: list[tuple[Instant, str]]) -> tuple[tuple[Instant, str], ...]:
        """What a later arrival could still complete a window with; the newest suffice once there are many."""
        horizon = members[-1][0] - self.within - max(self.within, _LATENESS)
        limit = max(_MOST_KEPT, 2 * self.needed)
        return tuple(member for member in members if member[0] > horizon)[-limit:]


def build(config: CountCondition) -> Count:
    return Count(config.count, config.within)

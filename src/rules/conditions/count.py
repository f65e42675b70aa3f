"""``count: N within W``: true when N failures of one key lie in a window (t−W, t], whatever order they arrived in.

Sliding, half-open, event time: exactly when the newcomer is one of N neighbours in time that span less than W.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from rules.config import CountCondition
from rules.instants import MINUTE, Duration, Instant
from rules.state import Recent

_LATENESS: Duration = 15 * MINUTE


@dataclass(slots=True, frozen=True)
class Count:
    needed: int
    within: Duration

    @property
    def told_within(self) -> Duration:
        return max(self.within, _LATENESS)

    def observe(self, recent: Recent, occurred_at: Instant, occurrence: str) -> tuple[Recent, tuple[Instant, ...]]:
        members, newcomer = list(recent), (occurred_at, occurrence)
        position = bisect_left(members, newcomer)
        if members[position : position + 1] != [newcomer]:
            members.insert(position, newcomer)
        window = self._window_around(members, position)
        self._thin(members, position)
        return self._kept(members), window

    def _window_around(self, members: list[tuple[Instant, str]], position: int) -> tuple[Instant, ...]:
        """The latest window with the newcomer in it that holds enough, whole."""
        first = max(0, position - self.needed + 1)
        last = min(position, len(members) - self.needed)
        for start in range(last, first - 1, -1):
            end = members[start + self.needed - 1][0]
            if end - members[start][0] < self.within:
                begin = bisect_right(members, end - self.within, key=lambda member: member[0])
                return tuple(at for at, _ in members[begin : start + self.needed])
        return ()

    def _thin(self, members: list[tuple[Instant, str]], position: int) -> None:
        """Drop a member that can decide nothing any more, so that a storm does not make every failure dearer.

        Between N-1 members before and N-1 after it that span less than W, whatever comes there finds N without it;
        and what comes beyond them finds those N-1 nearer.
        """
        reach = self.needed - 1
        for middle in (position - reach, position, position + reach):
            before, after = middle - reach, middle + reach
            if before >= 0 and after < len(members) and members[after][0] - members[before][0] < self.within:
                del members[middle]
                return

    def _kept(self, members: list[tuple[Instant, str]]) -> Recent:
        """What a failure that is still told could complete a window with."""
        if not members:
            return ()
        horizon = members[-1][0] - self.within - self.told_within
        return tuple(members[bisect_right(members, horizon, key=lambda member: member[0]) :])


def build(config: CountCondition) -> Count:
    return Count(config.count, config.within)

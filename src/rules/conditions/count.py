"""``count: N within W``: true when N failures of one key lie in a window (t−W, t], whatever order they arrived in.

Sliding, half-open, event time: exactly when the newcomer is one of N neighbours in time that span less than W.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rules.condition_config import CountCondition
from rules.instants import MINUTE, Duration, Instant
from rules.memory import Holding, Kind, Memory, Recent, Seen

_LATENESS: Duration = 15 * MINUTE
Member = tuple[Instant, str]
Evidence = tuple[tuple[str, str], ...]


@dataclass(slots=True, frozen=True)
class Count:
    needed: int
    within: Duration

    @property
    def wants(self) -> frozenset[Kind]:
        return _WANTS

    @property
    def ends_with_it(self) -> bool:
        return False

    @property
    def told_within(self) -> Duration:
        return max(self.within, _LATENESS)

    def observe(self, memory: Memory, seen: Seen, now: Instant) -> Holding:  # noqa: ARG002 - event time decides
        members, newcomer = list(memory.recent), (seen.at, seen.occurrence)
        position = bisect_left(members, newcomer)
        if members[position : position + 1] != [newcomer]:
            members.insert(position, newcomer)
        window = self._window_around(members, position)
        until = self._until(members, window)
        self._thin(members, position)
        return Holding(Memory(self._kept(members)), bool(window), window, until, evidence=self._evidence(window))

    def look(self, memory: Memory, now: Instant) -> Holding:
        """True while N failures lie in (now−W, now]: while the N-th newest is younger than W."""
        times = [at for at, _ in memory.recent]
        window = tuple(times[bisect_right(times, now - self.within) : bisect_right(times, now)])
        if len(window) < self.needed:
            return Holding(memory, False)
        return Holding(memory, True, window, window[-self.needed] + self.within, evidence=self._evidence(window))

    def _window_around(self, members: list[Member], position: int) -> tuple[Instant, ...]:
        """The latest window with the newcomer in it that holds enough, whole."""
        first = max(0, position - self.needed + 1)
        last = min(position, len(members) - self.needed)
        for start in range(last, first - 1, -1):
            end = members[start + self.needed - 1][0]
            if end - members[start][0] < self.within:
                begin = bisect_right(members, end - self.within, key=lambda member: member[0])
                return tuple(at for at, _ in members[begin : start + self.needed])
        return ()

    def _until(self, members: list[Member], window: Sequence[Instant]) -> Instant | None:
        """When the N-th newest failure is as old as W; of a window that is over, when that one was."""
        if not window:
            return None
        newest, nth = members[-1][0], members[-self.needed][0]
        return (nth if newest - nth < self.within else window[-self.needed]) + self.within

    def _thin(self, members: list[Member], position: int) -> None:
        """Drop a member that can decide nothing any more, so that a storm does not make every failure dearer.

        Between N-1 members before and N-1 after it that span less than W, whatever comes there finds N without it;
        and what comes beyond them finds those N-1 nearer. The N newest stay: they tell until when it holds.
        """
        reach, size = self.needed - 1, len(members)
        for middle in (size - self.needed - 1, position - reach, position, position + reach):
            before, after = middle - reach, middle + reach
            if before >= 0 and after < size - 1 and members[after][0] - members[before][0] < self.within:
                del members[middle]
                return

    def _kept(self, members: list[Member]) -> Recent:
        """What a failure that is still told could complete a window with."""
        horizon = members[-1][0] - self.within - self.told_within
        return tuple(members[bisect_right(members, horizon, key=lambda member: member[0]) :])

    def _evidence(self, window: Sequence[Instant]) -> Evidence:
        return (("failed", str(len(window))), ("needed", str(self.needed))) if window else ()


_WANTS = frozenset({Kind.FAILED})


def build(config: CountCondition) -> Count:
    return Count(config.count, config.within)

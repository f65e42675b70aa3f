"""How do inputs and deadlines go through ``step`` in order of time? The same for live, backtest and rule tests."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable

from rules.decisions import Result, Wake
from rules.engine import armed, step
from rules.inputs import Due, Input
from rules.instants import SECOND, Instant
from rules.kinds import RECHECK, turn
from rules.ruleset import Ruleset
from rules.state import Slice

Heard = Callable[[Instant, Input, Result], None]
Key = tuple[str, str, str]
_OFTEN = 100  # times that one deadline may fire at one moment


class Player:
    """``heard`` is told of each step's result at the moment it holds for. ``deadlines`` are those that changed: the
    time each is due at now, None where it is not wanted any more."""

    def __init__(self, ruleset: Ruleset, states: Slice, heard: Heard, due: Iterable[Due] = ()) -> None:
        self.ruleset, self.states, self._heard = ruleset, states, heard
        self._heap = [_entry((each.kind, each.owner, each.detail), each.due_at) for each in due]
        heapq.heapify(self._heap)
        self._waking: dict[Key, Instant] = {(kind, owner, detail): at for at, _, kind, owner, detail in self._heap}
        self.deadlines: dict[Key, Instant | None] = {}
        self.over: list[str] = []
        self._moment: Instant = 0
        self._fired: Counter[Key] = Counter()

    def take(self, item: Input, now: Instant) -> None:
        """``item`` happens at ``now``; every deadline due by then fires first."""
        self.advance(now)
        self._step(item, now)

    def advance(self, until: Instant) -> None:
        """Fire every deadline due by ``until``, each at its own time."""
        while self._heap and self._heap[0][0] <= until:
            due_at, _, kind, owner, detail = heapq.heappop(self._heap)
            if self._waking.get((kind, owner, detail)) != due_at:
                continue
            del self._waking[kind, owner, detail]
            self.deadlines[kind, owner, detail] = None
            self._fires((kind, owner, detail), due_at)
            self._step(Due(kind, owner, detail, due_at), due_at)

    def _fires(self, key: Key, at: Instant) -> None:
        if at != self._moment:
            self._moment, self._fired = at, Counter()
        self._fired[key] += 1

    def next_due(self) -> Instant | None:
        return min(self._waking.values(), default=None)

    def waking(self) -> dict[Key, Instant]:
        """Every deadline that is set."""
        return dict(self._waking)

    def wake(self, key: Key, at: Instant) -> None:
        """Time goes on whatever is asked for: what wants one moment again and again gets a later one."""
        if self._fired[key] >= _OFTEN and at == self._moment:
            at += SECOND
        self.deadlines[key] = self._waking[key] = at
        heapq.heappush(self._heap, _entry(key, at))

    def _step(self, item: Input, now: Instant) -> None:
        result = step(self.ruleset, self.states, item, now)
        for deadline in result.deadlines:
            key = (deadline.kind, deadline.owner, deadline.detail)
            if isinstance(deadline, Wake):
                self.wake(key, deadline.due_at)
            else:
                self.deadlines[key] = None
                self._waking.pop(key, None)
        self.over.extend(result.over)
        self._heard(now, item, result)


def _entry(key: Key, at: Instant) -> tuple[Instant, int, str, str, str]:
    return (at, turn(key[0]), *key)


class Playback(Player):
    """All of the remembered state in memory: nothing has to be fetched."""

    def _step(self, item: Input, now: Instant) -> None:
        super()._step(item, now)
        ended, self.over = set(self.over), []
        for state in self.states.all() if ended else ():
            if state.firing and state.suppressed_by in ended:
                self.wake((RECHECK, state.key, ""), now)

    def begin(self, now: Instant) -> None:
        """Look, from ``now`` on, for what may never come."""
        for item in armed(self.ruleset):
            self.take(item, now)

    def change(self, ruleset: Ruleset, now: Instant) -> None:
        """Another configuration holds from ``now`` on; what keeps alerts from being told may be another."""
        self.advance(now)
        self.ruleset = ruleset
        for state in self.states.all():
            if state.firing:
                self.wake((RECHECK, state.key, ""), now)
        self.begin(now)

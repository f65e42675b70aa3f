"""Who hears of it? Second half of a batch: timed inputs and due deadlines through ``rules.step``, in order of time."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from alerting.consumer.recording import SETTLE, SETTLE_WAIT, Ended, Timed
from rules.decisions import Decision, Notify, Result, Silent, Wake
from rules.engine import Needs, level_of, needs, step
from rules.inputs import Due, Failed, Input
from rules.instants import Instant
from rules.ruleset import Ruleset
from rules.state import Slice


@dataclass(slots=True, frozen=True)
class Told:
    """A message decided at ``at``, because of ``run`` where a run caused it."""

    at: Instant
    notify: Notify
    run: str


class Deciding:
    """``open_levels`` are the levels where an alert is open; kept up to date while the batch goes on."""

    def __init__(self, ruleset: Ruleset, states: Slice, open_levels: set[str], due: Iterable[Due]) -> None:
        self._ruleset, self.states = ruleset, states
        self.open_levels = open_levels
        self._heap = [(each.due_at, each.kind, each.owner, each.detail) for each in due]
        heapq.heapify(self._heap)
        self._waking: dict[tuple[str, str, str], Instant] = {(k, o, d): at for at, k, o, d in self._heap}
        self.deadlines: dict[tuple[str, str, str], Instant | None] = {}
        self.told: list[Told] = []
        self.silent: Counter[tuple[str, str, str, str, str]] = Counter()
        self.silent_at: dict[tuple[str, str, str, str, str], tuple[Instant, str]] = {}

    def take(self, timed: Timed) -> None:
        self.advance(timed.now)
        item = timed.item
        if isinstance(item, Ended):
            if _level(item) in self.open_levels:
                self.deadlines[SETTLE, item.run, ""] = timed.now + SETTLE_WAIT
            return
        self._step(item, timed.now, timed.run)

    def advance(self, until: Instant) -> None:
        """Fire every deadline due by ``until``, each at its own time."""
        while self._heap and self._heap[0][0] <= until:
            due_at, kind, owner, detail = heapq.heappop(self._heap)
            if self._waking.get((kind, owner, detail)) != due_at:
                continue
            del self._waking[kind, owner, detail]
            self.deadlines[kind, owner, detail] = None
            self._step(Due(kind, owner, detail, due_at), due_at, "")

    def _step(self, item: Input, now: Instant, run: str) -> None:
        result = step(self._ruleset, self.states, item, now)
        self._remember(result, now, run)
        if isinstance(item, Failed):
            level = level_of(item.run.engine, item.run.workflow, item.run.environment)
            if self.states.open_at(level):
                self.open_levels.add(level)

    def _remember(self, result: Result, now: Instant, run: str) -> None:
        for decision in result.decisions:
            self._decided(decision, now, run)
        for deadline in result.deadlines:
            key = (deadline.kind, deadline.owner, deadline.detail)
            if isinstance(deadline, Wake):
                self.deadlines[key] = self._waking[key] = deadline.due_at
                heapq.heappush(self._heap, (deadline.due_at, *key))
            else:
                self.deadlines[key] = None
                self._waking.pop(key, None)

    def _decided(self, decision: Decision, now: Instant, run: str) -> None:
        if isinstance(decision, Notify):
            self.told.append(Told(now, decision, run))
            return
        key = _silence_key(decision)
        self.silent[key] += 1
        self.silent_at.setdefault(key, (now, run))


def _silence_key(silent: Silent) -> tuple[str, str, str, str, str]:
    return (silent.alert_id, silent.rule, silent.channel, silent.reason.value, silent.because)


def _level(ended: Ended) -> str:
    return level_of(ended.success.engine, ended.success.workflow, ended.success.environment)


def needed(ruleset: Ruleset, inputs: Iterable[Timed], due: Iterable[Due], open_levels: set[str]) -> Needs:
    """The states that a batch can touch, to be fetched in one go."""
    wanted = Needs()
    for timed in inputs:
        if not isinstance(timed.item, Ended):
            needs(ruleset, timed.item, wanted)
    for each in due:
        needs(ruleset, each, wanted)
    wanted.levels &= open_levels
    return wanted

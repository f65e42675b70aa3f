"""From facts to messages without a store: runs are tracked and rules decide as the worker does it, on virtual time."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from alerting.configuration import Configuration
from alerting.consumer.recording import InForce, Recording
from alerting.consumer.timed import KEEP_TRACE, Ended
from alerting.database.statements import Row
from alerting.ingest.facts import Fact
from alerting.tracking.book import RunBook
from alerting.tracking.patience import Patience
from rules.decisions import Judged, Notify, Result, Silent, Trouble
from rules.engine import armed
from rules.inputs import Acted, Due, Input
from rules.instants import Instant
from rules.player import Playback
from rules.state import AlertState, Slice

Key = tuple[str, str, str]


@dataclass(slots=True, frozen=True)
class Said:
    """One message, and the alert it is about first, as it was then."""

    at: Instant
    message: Notify
    about: AlertState


class Stage:
    """Holds everything in memory: for as many runs as a test has."""

    def __init__(self, configuration: Configuration, start: Instant) -> None:
        self._ruleset = configuration.ruleset()
        self._patience, self._keep_runs = Patience(configuration.lost_after), configuration.retention.runs
        self._book, self._aliases, self._groups = RunBook(), dict[str, str](), dict[str, Row]()
        self._heap: list[tuple[Instant, Key]] = []
        self._waking: dict[Key, Instant] = {}
        self.said: list[Said] = []
        self.unsaid: list[tuple[Instant, Silent]] = []
        self.judged: list[tuple[Instant, Judged]] = []
        self.troubles: list[tuple[Instant, Trouble]] = []
        self._player = Playback(self._ruleset, Slice(), self._heard)
        for item in armed(self._ruleset):
            self._player.take(item, start)

    def take(self, facts: Iterable[Fact], now: Instant) -> None:
        self.advance(now)
        recording = self._recording(now)
        recording.take(facts, now)
        self._follow(recording)

    def act(self, action: str, state: AlertState, now: Instant) -> None:
        self._player.take(Acted(action, state.key, "the test"), now)

    def open_alerts(self) -> list[AlertState]:
        return [state for state in self._player.states.all() if state.open]

    def advance(self, until: Instant) -> None:
        """Fire every deadline due by ``until``, those of runs and those of alerts, each at its own time."""
        while self._heap and self._heap[0][0] <= until:
            due_at, key = heapq.heappop(self._heap)
            if self._waking.get(key) == due_at:
                del self._waking[key]
                recording = self._recording(due_at)
                recording.due(Due(*key, due_at))
                self._follow(recording)
        self._player.advance(until)

    def _recording(self, now: Instant) -> Recording:
        around = InForce(self._ruleset, self._patience, self._keep_runs, now)
        return Recording(self._book, around, self._aliases, self._groups)

    def _follow(self, recording: Recording) -> None:
        for key, due_at in recording.deadlines.items():
            if due_at is None or key[0] == KEEP_TRACE:
                self._waking.pop(key, None)
            else:
                self._waking[key] = due_at
                heapq.heappush(self._heap, (due_at, key))
        for timed in recording.inputs:
            if not isinstance(timed.item, Ended):  # only spans leave it open whether a success is the end
                self._player.take(timed.item, timed.now)

    def _heard(self, now: Instant, _item: Input, result: Result) -> None:
        for decision in result.decisions:
            if isinstance(decision, Silent):
                self.unsaid.append((now, decision))
            else:
                self.said.append(Said(now, decision, self._state(decision)))
        self.judged.extend((now, each) for each in result.judged)
        self.troubles.extend((now, each) for each in result.troubles)

    def _state(self, message: Notify) -> AlertState:
        about = message.about[0]
        return self._player.states.get(about.alert_key) or AlertState(about.alert_key, "", (), "")

"""Which messages would these rules have sent? Stored history through the engine in memory, on virtual time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alerting.database.port import Store
from alerting.rehearsal.history import PAGE, PLACE, Row, Span, failed_of, finished_of, history
from rules.condition_config import reach
from rules.decisions import Notify, Result
from rules.engine import armed, level_of
from rules.inputs import Failed, Input
from rules.instants import DAY, Duration, Instant
from rules.memory import Kind
from rules.player import Playback
from rules.ruleset import Ruleset
from rules.state import AlertState, Slice
from rules.vocabulary import AlertStatus, Outcome

Place = tuple[str, str, str]
_SUCCEEDED = Outcome.SUCCEEDED.value
Told = Callable[[float], None]


@dataclass(slots=True, frozen=True)
class Would:
    """One message that would have been sent, and the rule of the alert that it is about first."""

    at: Instant
    message: Notify
    rule: str


@dataclass(slots=True)
class Replayed:
    """``alerts``: when each fired, and when it was resolved (0: it was not)."""

    runs: int = 0
    failures: int = 0
    messages: list[Would] = field(default_factory=list)
    alerts: dict[str, tuple[Instant, Instant]] = field(default_factory=dict)


class _Player(Playback):
    """Tells of every alert that a step has changed."""

    changed: Callable[[AlertState], None]

    def _step(self, item: Input, now: Instant) -> None:
        self.states.changed.clear()
        super()._step(item, now)
        for state in self.states.changed.values():
            self.changed(state)


class Replay:
    """``since``: from when on messages count. What came before, as far as conditions reach, is played as well, so that
    what was open then is open."""

    def __init__(self, ruleset: Ruleset, since: Instant, until: Instant) -> None:
        self._ruleset, self._since, self._until = ruleset, since, until
        self._places: dict[Place, tuple[str, bool, bool]] = {}
        self._open: set[str] = set()
        self._player = _Player(ruleset, Slice(), self._heard)
        self._player.changed = self._changed
        self.came = Replayed()

    def run(self, store: Store, told: Told = lambda _: None) -> Replayed:
        """``told`` is called with the part that is done."""
        start, labels = self._since - _before(self._ruleset), _asks_for_labels(self._ruleset)
        for item in armed(self._ruleset):
            self._player.take(item, start)
        for number, (at, _, failed, row) in enumerate(history(store, Span(start, self._until, labels)), 1):
            if failed:
                self._fail(row, at)
            else:
                self._end(row, at, labels)
            if number % PAGE == 0:
                told((at - start) / max(1, self._until - start))
        self._player.advance(self._until)
        return self.came

    def _fail(self, row: Row, at: Instant) -> None:
        self.came.failures += at >= self._since
        item = failed_of(row, self._ruleset)
        if item is not None:
            self._player.take(item, at)

    def _end(self, row: Row, at: Instant, labels: bool) -> None:
        """Most good ends change nothing, and are passed over before anything is made of them."""
        self.came.runs += at >= self._since
        place = row[PLACE]
        level, successes, others = self._places.get(place) or self._place(place)
        if not (successes or level in self._open if row.outcome == _SUCCEEDED else others):
            return
        self._player.take(finished_of(row, labels), at)
        if not self._player.states.open_at(level):
            self._open.discard(level)

    def _place(self, place: Place) -> tuple[str, bool, bool]:
        """The level, and whether rules are to be shown every success, and every other good end."""
        watches = self._ruleset.watches
        found = (level_of(*place), watches(place[1], Kind.SUCCEEDED), watches(place[1], Kind.ENDED))
        self._places[place] = found
        return found

    def _heard(self, now: Instant, item: Input, result: Result) -> None:
        if isinstance(item, Failed):
            level = level_of(item.run.engine, item.run.workflow, item.run.environment)
            if self._player.states.open_at(level):
                self._open.add(level)
        for decision in result.decisions:
            if isinstance(decision, Notify) and now >= self._since:
                about = self._player.states.get(decision.about[0].alert_key)
                self.came.messages.append(Would(now, decision, about.rule if about else ""))

    def _changed(self, state: AlertState) -> None:
        if state.alert_id and state.fired_at >= self._since:
            resolved = state.resolved_at if state.status is AlertStatus.RESOLVED else 0
            self.came.alerts[state.alert_id] = (state.fired_at, resolved)


def _before(ruleset: Ruleset) -> Duration:
    return max([DAY, *(reach(rule.config.condition) for rule in ruleset)])


def _asks_for_labels(ruleset: Ruleset) -> bool:
    named = [name for rule in ruleset for name in (*rule.config.match, *rule.by)]
    grouped = [name for terms in ruleset.terms.values() for name in terms.policy.group_by]
    return any(name.startswith("labels.") for name in (*named, *grouped))


def not_replayed(ruleset: Ruleset) -> list[str]:
    """In words, what history cannot tell these rules."""
    notes = []
    for rule in ruleset:
        if rule.config.on == "attempt":
            notes.append(f"rule {rule.name} looks at single tries, which are not stored: it said nothing")
        elif Kind.OPEN in rule.condition.wants:
            notes.append(f"rule {rule.name} watches open runs, whose signs of life are not stored: it saw only ends")
    return notes

"""What do rules remember between two inputs? One ``AlertState`` for each (rule, key), and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.instants import Instant
from rules.vocabulary import AlertStatus, Severity

Recent = tuple[tuple[Instant, str], ...]


@dataclass(slots=True, frozen=True)
class Told:
    """What one channel has heard of an alert. The dedup window is open until ``until``; 0 = closed.

    ``pending`` failures were counted since the last message; ``messages`` were decided so far, under
    ``policy`` and in one ``conversation`` for the whole episode."""

    until: Instant = 0
    pending: int = 0
    messages: int = 0
    policy: str = "default"
    conversation: str = ""


@dataclass(slots=True, frozen=True)
class Example:
    """The latest failure of an alert, as messages and pages show it."""

    run: str = ""
    run_id: str = ""
    engine: str = ""
    workflow: str = ""
    environment: str = ""
    version: str = ""
    step: str = ""
    outcome: str = ""
    error_type: str = ""
    error_message: str = ""
    error_group: str = ""
    cause: str = ""
    url: str = ""
    at: Instant = 0


@dataclass(slots=True, frozen=True)
class AlertState:
    """One state machine: inactive (``alert_id`` empty) → firing → resolved → inactive.

    ``level`` is the run-level part (engine, workflow, environment) of the latest failure: a success there may end the
    alert. ``first_success_at`` is the end of the first run that succeeded there since the first failure, ``good_since``
    the start of the latest that did so after the last failure.
    ``recent`` holds (occurred_at, occurrence) in order, for windowed conditions; ``examples`` the newest first.
    """

    key: str
    rule: str
    values: tuple[str, ...]
    level: str
    recent: Recent = ()
    alert_id: str = ""
    status: AlertStatus = AlertStatus.PENDING
    severity: Severity = Severity.LOW
    count: int = 0
    first_at: Instant = 0
    last_at: Instant = 0
    fired_at: Instant = 0
    resolved_at: Instant = 0
    seen_at: Instant = 0
    first_success_at: Instant = 0
    good_since: Instant = 0
    successes: int = 0
    intermittent: bool = False
    late: bool = False
    acknowledged_by: str = ""
    dedup_key: str = ""
    told: Mapping[str, Told] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def open(self) -> bool:
        return bool(self.alert_id) and self.status is AlertStatus.FIRING


class Slice:
    """The part of the remembered state that one batch of inputs needs, and what came of it."""

    def __init__(self, states: Iterable[AlertState] = ()) -> None:
        self._states: dict[str, AlertState] = {}
        self._open: dict[str, set[str]] = {}
        self.changed: dict[str, AlertState] = {}
        for state in states:
            self._keep(state)

    def get(self, key: str) -> AlertState | None:
        return self._states.get(key)

    def open_at(self, level: str) -> list[AlertState]:
        """The open alerts of a level, the oldest first: an order that no way of fetching them can change."""
        found = [self._states[key] for key in self._open.get(level, ())]
        return sorted(found, key=lambda state: (state.fired_at, state.key))

    def put(self, state: AlertState) -> None:
        self._keep(state)
        self.changed[state.key] = state

    def _keep(self, state: AlertState) -> None:
        before = self._states.get(state.key)
        if before is not None and before.open:
            self._open[before.level].discard(state.key)
        self._states[state.key] = state
        if state.open:
            self._open.setdefault(state.level, set()).add(state.key)

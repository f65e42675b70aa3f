"""What do rules remember between two inputs? One ``AlertState`` for each (rule, key), and the conversations."""

from collections.abc import Iterable, Mapping

import msgspec

from rules.conversation import Conversation
from rules.instants import Instant
from rules.memory import Memory
from rules.memory import Recent as Recent
from rules.vocabulary import AlertStatus, Severity


class Example(msgspec.Struct, frozen=True):
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
    cause_type: str = ""
    error_group: str = ""
    cause: str = ""
    url: str = ""
    at: Instant = 0
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)


class AlertState(msgspec.Struct, frozen=True):
    """One state machine: inactive (``alert_id`` empty) → pending → firing → resolved → inactive.

    ``level`` is the run-level part (engine, workflow, environment) of the latest failure: a success there may end the
    alert. ``first_success_at`` is the end of the first run that succeeded there since the first failure, ``good_since``
    the start of the latest that did so after the last failure. ``memory`` is the condition's; ``holds_until``: when it
    stops holding by itself (0: it does not). ``clears_at``: recovering, over at that time unless it holds again.
    ``lanes``: the conversation of each channel that was to hear of it. ``changes``: when it last began or ended.
    ``spent``: silences that its end used up. ``escalations``: what the policy said when it began. ``examples``: the
    newest first.
    """

    key: str
    rule: str
    values: tuple[str, ...]
    level: str
    memory: Memory = msgspec.field(default_factory=Memory)
    alert_id: str = ""
    status: AlertStatus = AlertStatus.PENDING
    severity: Severity = Severity.LOW
    count: int = 0
    first_at: Instant = 0
    last_at: Instant = 0
    fired_at: Instant = 0
    resolved_at: Instant = 0
    seen_at: Instant = 0
    pending_since: Instant = 0
    holds_until: Instant = 0
    clears_at: Instant = 0
    first_success_at: Instant = 0
    good_since: Instant = 0
    successes: int = 0
    intermittent: bool = False
    late: bool = False
    acknowledged_by: str = ""
    acknowledged_until: Instant = 0
    acted_at: Instant = 0  # when a person did something about it, for the first time
    suppressed_by: str = ""
    flapping: bool = False
    changes: tuple[Instant, ...] = ()
    spent: tuple[str, ...] = ()
    escalations: tuple[tuple[Instant, tuple[str, ...], str], ...] = ()
    dedup_key: str = ""
    team: str = ""
    mention: str = ""
    lanes: Mapping[str, str] = msgspec.field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def open(self) -> bool:
        """Pending or firing."""
        return bool(self.alert_id) and self.status is not AlertStatus.RESOLVED

    @property
    def firing(self) -> bool:
        return bool(self.alert_id) and self.status is AlertStatus.FIRING

    @property
    def example(self) -> Example:
        return self.examples[0] if self.examples else Example()


class NotFetched(LookupError):
    """The slice was made without a conversation that a step needs."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Slice:
    """The part of the remembered state that one batch of inputs needs, and what came of it.

    ``fetched``: the keys of the conversations that were looked for; None where there are no others. ``inhibitors`` are
    the firing alerts that may keep others from being told, beyond those of the slice itself; ``open_counts`` how many
    alerts of a rule are open."""

    def __init__(
        self,
        states: Iterable[AlertState] = (),
        conversations: Iterable[Conversation] = (),
        inhibitors: Iterable[AlertState] = (),
        open_counts: dict[str, int] | None = None,
        fetched: set[str] | None = None,
    ) -> None:
        self._states: dict[str, AlertState] = {}
        self._open: dict[str, set[str]] = {}
        self._conversations = {each.key: each for each in conversations}
        self._fetched = fetched
        self._inhibitors = {each.key: each for each in inhibitors}
        self.open_counts = open_counts if open_counts is not None else {}
        self.changed: dict[str, AlertState] = {}
        self.talked: dict[str, Conversation] = {}
        for state in states:
            self._keep(state)

    def get(self, key: str) -> AlertState | None:
        return self._states.get(key)

    def all(self) -> list[AlertState]:
        return list(self._states.values())

    def open_at(self, level: str) -> list[AlertState]:
        """The open alerts of a level, the oldest first: an order that no way of fetching them can change."""
        found = [self._states[key] for key in self._open.get(level, ())]
        return sorted(found, key=lambda state: (state.fired_at, state.key))

    def firing(self) -> list[AlertState]:
        """What may inhibit others, in an order of its own."""
        own = {key: state for key, state in self._inhibitors.items() if key not in self._states}
        found = [*own.values(), *self._states.values()]
        return sorted((state for state in found if state.firing), key=lambda state: (state.fired_at, state.key))

    def put(self, state: AlertState) -> None:
        before = self._states.get(state.key)
        opened = state.open - (before is not None and before.open)
        if opened:
            self.open_counts[state.rule] = self.open_counts.get(state.rule, 0) + opened
        self._keep(state)
        self.changed[state.key] = state

    def conversation(self, key: str) -> Conversation | None:
        """Raises NotFetched."""
        if key and self._fetched is not None and key not in self._fetched:
            raise NotFetched(key)
        return self._conversations.get(key)

    def talk(self, conversation: Conversation) -> Conversation:
        """``conversation`` is about to be changed."""
        self._conversations[conversation.key] = self.talked[conversation.key] = conversation
        return conversation

    def _keep(self, state: AlertState) -> None:
        before = self._states.get(state.key)
        if before is not None and before.open:
            self._open[before.level].discard(state.key)
        self._states[state.key] = state
        if state.open:
            self._open.setdefault(state.level, set()).add(state.key)

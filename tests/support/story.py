"""A ruleset, its state and a clock turned by hand: what the shell does, one input at a time and without storage."""

from dataclasses import dataclass, field

import msgspec

from rules.config import ANY_FAILURE, Policy, Rule
from rules.conversation import Conversation
from rules.decisions import Forget, Notify, Result, Silent, Wake
from rules.engine import Needs, conversations_needed, needs, step
from rules.fingerprint import fingerprint
from rules.inputs import Due, Failed, Finished, Heard, Input
from rules.instants import MINUTE, SECOND, Instant
from rules.kinds import turn
from rules.model import ErrorInfo, Run
from rules.ruleset import Ruleset
from rules.state import AlertState, NotFetched, Slice
from rules.vocabulary import Outcome, Severity

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Conversation)
START: Instant = 1_795_500_000 * SECOND
# Everything at once, so that a story is about what it is about; the defaults by severity have stories of their own.
AT_ONCE = {severity: "never" if severity is Severity.LOW else "now" for severity in Severity}


def at_once(**more) -> Policy:
    """A policy without waits and spacing."""
    usual = {"channels": ("ops",), "timing": AT_ONCE, "group_wait": "0s", "group_interval": "0s", "remind": {}}
    return Policy(**{**usual, **more})


TELLING = {"default": at_once()}


@dataclass
class Story:
    """``said`` is (minutes since the start, channel, reason, since last)."""

    ruleset: Ruleset = field(default_factory=lambda: Ruleset(policies=TELLING))
    now: Instant = START
    states: dict[str, AlertState] = field(default_factory=dict)
    deadlines: dict[tuple[str, str, str], Instant] = field(default_factory=dict)
    messages: list[tuple[Instant, Notify]] = field(default_factory=list)
    silences: list[Silent] = field(default_factory=list)
    conversations: dict[str, bytes] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    failures: int = 0

    def put(self, item: Input) -> None:
        """Fetch what the input needs, step, and store what came of it: as the shell does, one input at a time."""
        wanted = needs(self.ruleset, item, Needs())
        fetched = [s for s in self.states.values() if s.key in wanted.keys or (s.open and s.level in wanted.levels)]
        talked = conversations_needed(self.ruleset, fetched, [item], wanted.conversations)
        while True:
            part = self._slice(fetched, talked)
            try:
                result = step(self.ruleset, part, item, self.now)
                break
            except NotFetched as missing:
                talked.add(missing.key)
        self.states.update(part.changed)
        self.conversations.update({key: _ENCODER.encode(each) for key, each in part.talked.items()})
        self.results.append(result)
        self._remember(result)

    def _slice(self, states: list[AlertState], talked: set[str]) -> Slice:
        conversations = [_DECODER.decode(self.conversations[key]) for key in talked if key in self.conversations]
        return Slice(states, conversations, list(self.states.values()), fetched=talked)

    def _remember(self, result: Result) -> None:
        for decision in result.decisions:
            if isinstance(decision, Notify):
                self.messages.append((self.now, decision))
            else:
                self.silences.append(decision)
        for deadline in result.deadlines:
            key = (deadline.kind, deadline.owner, deadline.detail)
            if isinstance(deadline, Wake):
                assert deadline.due_at >= self.now, "time would go backwards"
                self.deadlines[key] = deadline.due_at
            else:
                assert isinstance(deadline, Forget)
                self.deadlines.pop(key, None)
        for state in self.states.values():
            if state.suppressed_by in result.over:
                self.deadlines["recheck", state.key, ""] = self.now

    def wait(self, duration: int) -> None:
        until = self.now + duration
        while due := min(((at, turn(key[0]), key) for key, at in self.deadlines.items() if at <= until), default=None):
            due_at, _, key = due
            del self.deadlines[key]
            self.now = max(self.now, due_at)
            self.put(Due(*key, due_at))
        self.now = until

    def fail(self, workflow="pay", ago=0, severity=None, kind="Boom", environment="", **labels) -> None:
        self.failures += 1
        name = f"run{self.failures}"
        error = ErrorInfo(kind, "it broke")
        run = Run(
            name, "event", workflow, name, Outcome.FAILED, error=error, environment=environment, labels=dict(labels)
        )
        run_severity = severity or self.ruleset.severity_of(run)
        self.put(Failed(run, fingerprint(workflow, "", error), run_severity, f"o-{name}", self.now - ago))

    def succeed(self, workflow="pay", took=SECOND, ago=0, environment="", outcome=Outcome.SUCCEEDED) -> None:
        self.failures += 1
        ended, name = self.now - ago, f"run{self.failures}"
        run = Run(name, "event", workflow, name, outcome, ended - took, ended, environment=environment)
        self.put(Finished(run, ended - took, ended))

    def hear(self, run: str, workflow="pay", began=0) -> None:
        self.put(Heard(Run(run, "event", workflow, run, Outcome.RUNNING, began or self.now), self.now))

    @property
    def said(self) -> list[tuple[int, str, str, int]]:
        return [((at - START) // MINUTE, m.channel, m.reason.value, m.since_last) for at, m in self.messages]

    @property
    def reasons(self) -> list[str]:
        return [message.reason.value for _, message in self.messages]

    @property
    def unsaid(self) -> list[str]:
        return [silent.reason.value for silent in self.silences]

    @property
    def alert(self) -> AlertState:
        [state] = self.states.values()
        return state


def story(*rules: Rule, policies=None, severities=()) -> Story:
    return Story(Ruleset(rules or (ANY_FAILURE,), severities, policies or TELLING))

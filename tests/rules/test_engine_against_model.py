"""Does the engine say what a slow and obvious model says, that looks at every minute and keeps no deadline?"""

from dataclasses import dataclass, field

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import Resolve, Rule
from rules.conversation import Conversation
from rules.decisions import Result
from rules.engine import step
from rules.fingerprint import fingerprint
from rules.inputs import Input
from rules.instants import MINUTE
from rules.model import ErrorInfo
from rules.ruleset import Ruleset
from rules.state import AlertState, Slice
from rules.vocabulary import Severity
from support.story import START, Story, at_once

_ENCODER, _DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(Conversation)
WINDOW, REOPEN, QUIET, EXPIRY, LATE, TOO_LATE = 60, 15, 60, 24 * 60, 15, 24 * 60
RANKS = {"low": 0, "high": 1, "critical": 2}


@dataclass
class Episode:
    """One alert as a person would keep it in a notebook. All times are minutes."""

    successes_needed: int
    failures: list[int] = field(default_factory=list)
    successes: list[tuple[int, int]] = field(default_factory=list)
    heard_at: int = 0
    severity: str = "low"
    open: bool = True
    ended_at: int = 0
    by_turns: bool = False
    in_a_row: int = 0
    recoveries: list[int] = field(default_factory=list)
    told_at: int | None = None
    uncounted: int = 0
    messages: list[tuple[int, str, int]] = field(default_factory=list)

    def say(self, now, reason):
        self.messages.append((now, reason, self.uncounted))
        self.told_at, self.uncounted = now, 0

    def look(self, now):
        if self.open and now - self.heard_at >= (QUIET if self.by_turns else EXPIRY):
            self.end(now)
        if self.open and self.uncounted and now - self.told_at >= WINDOW:
            self.say(now, "again")

    def end(self, now):
        self.open, self.ended_at, self.in_a_row = False, now, 0
        if self.told_at is not None:
            self.say(now, "resolved")

    def succeed(self, began, ended, now):
        if not self.open:
            return
        if ended > self.failures[0]:
            self.successes.append((began, ended))
        self.notice_turns()
        if began > self.failures[-1]:
            self.in_a_row += 1
            self.recoveries.append(began)
            if self.in_a_row >= self.successes_needed and not self.by_turns:
                self.end(now)

    def notice_turns(self):
        if any(self.failures[0] < ended < self.failures[-1] for _, ended in self.successes):
            self.by_turns = True

    def fail(self, occurred, severity, now):
        if self.failures and occurred > self.failures[-1]:
            self.in_a_row = 0
        worse = bool(self.failures) and RANKS[severity] > RANKS[self.severity]
        overtaken = not self.open and any(occurred < began for began in self.recoveries)
        first_ever, back = not self.failures, not self.open and not overtaken
        self.failures = sorted([*self.failures, occurred])
        self.severity = max(self.severity, severity, key=RANKS.get)
        self.heard_at = now
        self.notice_turns()
        if overtaken:
            return
        self.open = True
        if self.severity == "low":
            return
        if self.told_at is None:
            self.say(now, "late" if first_ever and now - occurred > LATE else "first")
            return
        self.uncounted += 1
        if back or worse or now - self.told_at >= WINDOW:
            self.say(now, "reopened" if back else "severity_up" if worse else "again")


@dataclass
class Model:
    successes_needed: int
    now: int = 0
    episodes: dict[str, list[Episode]] = field(default_factory=dict)

    def look(self):
        for episodes in self.episodes.values():
            episodes[-1].look(self.now)

    def wait(self, minutes):
        for _ in range(minutes):
            self.look()
            self.now += 1
        self.look()

    def fail(self, kind, severity, ago):
        episodes = self.episodes.setdefault(kind, [])
        if ago > TOO_LATE:
            return self._forget_empty(kind)
        current = episodes[-1] if episodes else None
        if current is None or not (current.open or self.now - current.ended_at <= REOPEN):
            current = Episode(self.successes_needed)
            episodes.append(current)
        return current.fail(self.now - ago, severity, self.now)

    def _forget_empty(self, kind):
        if not self.episodes[kind]:
            del self.episodes[kind]

    def succeed(self, took, ago):
        for episodes in self.episodes.values():
            episodes[-1].succeed(self.now - ago - took, self.now - ago, self.now)

    def messages(self):
        return {kind: [each.messages for each in episodes] for kind, episodes in self.episodes.items()}


KINDS = st.sampled_from(["Boom", "Bang"])
FAIL = st.tuples(st.just("fail"), KINDS, st.sampled_from(sorted(RANKS)), st.sampled_from([0, 0, 0, 1, 5, 16, 1500]))
SUCCEED = st.tuples(st.just("succeed"), st.sampled_from([1, 2, 10, 70]), st.sampled_from([0, 0, 0, 1, 4]))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 1, 2, 14, 15, 16, 59, 60, 61, 1440]))
PLAYS = st.lists(st.one_of(FAIL, FAIL, SUCCEED, WAIT, WAIT), max_size=40)


def told(story: Story) -> dict[str, list[list[tuple[int, str, int]]]]:
    """The messages of each kind of error, by episode."""
    groups = {fingerprint("pay", "", ErrorInfo(kind, "it broke")).group: kind for kind in ("Boom", "Bang")}
    found: dict[str, dict[str, list[tuple[int, str, int]]]] = {}
    for at, message in story.messages:
        for about in message.about:
            kind = groups[story.states[about.alert_key].values[1]]
            heard = ((at - START) // MINUTE, about.reason.value, about.since_last)
            found.setdefault(kind, {}).setdefault(about.alert_id, []).append(heard)
    return {kind: list(episodes.values()) for kind, episodes in found.items()}


def play(story: Story, model: Model, act: str, *arguments) -> None:
    match act, *arguments:
        case "fail", kind, severity, ago:
            story.fail(kind=kind, severity=Severity(severity), ago=ago * MINUTE)
            model.fail(kind, severity, ago)
        case "succeed", took, ago:
            story.succeed(took=took * MINUTE, ago=ago * MINUTE)
            model.succeed(took, ago)
        case "wait", minutes:
            story.wait(minutes * MINUTE)
            model.wait(minutes)


def ruleset(successes_needed: int) -> Ruleset:
    return Ruleset(
        [Rule(name="any", resolve=Resolve(on_success=successes_needed))],
        policies={"default": at_once(channels=("ops",))},
    )


def _settled(told: dict[str, list[list[tuple[int, str, int]]]]) -> dict[str, list[list[tuple[int, str, int]]]]:
    """An alert that ends at the very moment at which its window does may be said to go on just before: which of the two
    deadlines comes first is nobody's business."""
    return {kind: [_without_last_again(messages) for messages in episodes] for kind, episodes in told.items()}


def _without_last_again(messages: list[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    kept: list[tuple[int, str, int]] = []
    for at, reason, count in messages:
        if reason == "resolved" and kept and kept[-1][:2] == (at, "again"):
            count += kept.pop()[2]
        kept.append((at, reason, count))
    return kept


@settings(max_examples=300, deadline=None)
@given(PLAYS, st.sampled_from([1, 1, 2]))
def test_the_engine_says_what_the_model_says(acts, successes_needed):
    story, model = Story(ruleset(successes_needed)), Model(successes_needed)
    for act in acts:
        play(story, model, *act)
    expected = {kind: [each for each in told if each] for kind, told in model.messages().items() if any(told)}
    assert _settled(told(story)) == _settled(expected)
    ids = [message.id for _, message in story.messages]
    assert len(ids) == len(set(ids))


@settings(max_examples=50, deadline=None)
@given(PLAYS)
def test_the_same_story_again_is_the_same_to_the_letter(acts):
    first, again = Story(ruleset(1)), Story(ruleset(1))
    for story in (first, again):
        for act in acts:
            play(story, Model(1), *act)
    assert again.messages == first.messages
    assert again.silences == first.silences
    assert again.states == first.states
    assert again.deadlines == first.deadlines


@settings(max_examples=100, deadline=None)
@given(PLAYS, st.integers(2, 10))
def test_how_inputs_are_put_into_batches_changes_nothing(acts, size):
    """Deadlines are left out here: they are the shell's."""
    inputs = _inputs(acts)
    assert _results(inputs, 1) == _results(inputs, size)


def _inputs(acts) -> list[tuple[int, Input]]:
    recorder = Story(ruleset(1))
    inputs: list[tuple[int, Input]] = []
    recorder.put = lambda item: inputs.append((recorder.now, item))  # type: ignore[method-assign]
    for act in acts:
        play(recorder, Model(1), *act)
    return inputs


def _results(inputs: list[tuple[int, Input]], size: int) -> list[Result]:
    """Step through ``inputs`` with a new slice of the stored states for every ``size`` of them."""
    stored: dict[str, AlertState] = {}
    results = []
    talked: dict[str, bytes] = {}
    for start in range(0, len(inputs), size):
        part = Slice(reversed(stored.values()), [_DECODER.decode(each) for each in talked.values()])
        results += [step(ruleset(1), part, item, now) for now, item in inputs[start : start + size]]
        stored.update(part.changed)
        talked.update({key: _ENCODER.encode(each) for key, each in part.talked.items()})
    return results

"""Plays of arbitrary acts on a story, and what must be true of whatever was told in the end."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from rules.decisions import About, Notify
from rules.inputs import Acted, Due, Input
from rules.instants import MINUTE, Instant
from rules.state import AlertState
from rules.vocabulary import Reason, Severity
from support.story import Story

OVER = frozenset({Reason.RESOLVED, Reason.RECOVERED})
BEGINS = frozenset({Reason.FIRST, Reason.LATE, Reason.RECOVERED})
Act = tuple[Any, ...]
Heard = tuple[Instant, Notify, About]

WORKFLOWS = st.sampled_from(["pay", "pay", "ship"])
KINDS = st.sampled_from(["Boom", "Boom", "Bang"])
SEVERITIES = st.sampled_from(["medium", "high", "high", "critical"])
WAITS = (1, 1, 2, 3, 5, 14, 15, 16, 29, 30, 31, 59, 60, 61, 240, 1440)


def fails(severities=SEVERITIES, workflows=WORKFLOWS, kinds=KINDS) -> st.SearchStrategy[Act]:
    return st.tuples(st.just("fail"), workflows, kinds, severities)


def waits(*minutes: int) -> st.SearchStrategy[Act]:
    return st.tuples(st.just("wait"), st.sampled_from(minutes or WAITS))


SUCCEEDS = st.tuples(st.just("succeed"), WORKFLOWS)
# A whole episode, so that what comes after one is not rare.
ROUNDS = st.tuples(st.just("round"), WORKFLOWS, SEVERITIES, st.sampled_from([1, 14, 16, 61]))
PEOPLE = st.tuples(st.sampled_from(["acknowledge", "unacknowledge", "resolve"]), st.integers(0, 3))


def plays(*acts: st.SearchStrategy[Act], most: int = 40) -> st.SearchStrategy[list[Act]]:
    usual = (fails(), fails(), SUCCEEDS, waits(), waits(), PEOPLE, ROUNDS)
    return st.lists(st.one_of(*(acts or usual)), min_size=2, max_size=most)


@dataclass
class Play(Story):
    """``inputs``: everything but deadlines, when it came. ``watching``: called with each message as it is decided."""

    inputs: list[tuple[Instant, Input]] = field(default_factory=list)
    episodes: dict[str, AlertState] = field(default_factory=dict)
    told_while: list[tuple[Notify, About, AlertState, str]] = field(default_factory=list)

    def put(self, item: Input) -> None:
        if not isinstance(item, Due):
            self.wait(0)  # as in any shell, what is due at this moment comes before what is received in it
            self.inputs.append((self.now, item))
        heard = len(self.messages)
        super().put(item)
        self.episodes.update({state.alert_id: state for state in self.states.values() if state.alert_id})
        firing = sorted((s for s in self.states.values() if s.firing), key=lambda s: (s.fired_at, s.key))
        for _, message in self.messages[heard:]:
            for about in message.about:
                state = self.states[about.alert_key]
                found = self.ruleset.suppressions.of(state, firing, self.now)
                self.told_while.append((message, about, state, found.reason.value if found else ""))

    def act(self, name: str, *said: Any) -> None:
        if name == "fail":
            workflow, kind, severity = said
            self.fail(workflow, kind=kind, severity=Severity(severity))
        elif name == "succeed":
            self.succeed(*said)
        elif name == "wait":
            self.wait(said[0] * MINUTE)
        elif name == "round":
            workflow, severity, minutes = said
            self.acts([("fail", workflow, "Boom", severity), ("wait", 1), ("succeed", workflow), ("wait", minutes)])
        else:
            self.person(name, said[0])

    def person(self, action: str, number: int) -> None:
        states = sorted(self.states.values(), key=lambda state: state.key)
        if states:
            self.put(Acted(action, states[number % len(states)].key, "ann"))

    def acts(self, acts: list[Act]) -> "Play":
        for each in acts:
            self.act(*each)
        return self

    @property
    def heard(self) -> dict[tuple[str, str], list[Heard]]:
        """What each channel heard of each alert, in order."""
        found: dict[tuple[str, str], list[Heard]] = defaultdict(list)
        for at, message in self.messages:
            for about in message.about:
                found[message.channel, about.alert_id].append((at, message, about))
        return found


def check_ids(play: Play) -> None:
    ids = [message.id for _, message in play.messages]
    assert len(ids) == len(set(ids))


def check_order(play: Play) -> None:
    """It begins with a beginning; after an end comes nothing but a return; an end is told to who was told."""
    for heard in play.heard.values():
        reasons = [about.reason for _, _, about in heard]
        assert reasons[0] not in {Reason.RESOLVED, Reason.AGAIN, Reason.REMINDER}, reasons
        for before, after in pairwise(reasons):
            if before in OVER:
                assert after in {Reason.REOPENED, Reason.FLAPPING, Reason.ESCALATION, *OVER}, reasons
            assert after not in {Reason.FIRST, Reason.LATE}, reasons


def check_counts(play: Play) -> None:
    """Nothing is left uncounted, nothing counted twice."""
    for (channel, alert_id), heard in play.heard.items():
        told = sum(about.since_last for _, _, about in heard)
        told += heard[0][2].reason in BEGINS
        assert told == play.episodes[alert_id].count, (channel, [(a.reason, a.since_last) for _, _, a in heard])


def _last_of_key(play: Play, channel: str, key: str) -> About:
    said = (message.about for _, message in play.messages if message.channel == channel)
    return [about for abouts in said for about in abouts if about.alert_key == key][-1]


def check_ends(play: Play) -> None:
    """Who was told of an alert that has ended was told of its end, and of nothing after it. One that flapped may have
    gone on under the name of another episode, whose end it is then."""
    flapped = {about.alert_key for _, m in play.messages for about in m.about if about.reason is Reason.FLAPPING}
    for (channel, alert_id), heard in play.heard.items():
        over = heard[-1][2].reason in OVER
        if heard[-1][2].alert_key in flapped:
            over = _last_of_key(play, channel, heard[-1][2].alert_key).reason in OVER
        assert over is not play.episodes[alert_id].open, [about.reason for _, _, about in heard]


def check_all_told(play: Play, channels: tuple[str, ...]) -> None:
    for alert_id, state in play.episodes.items():
        if state.fired_at and state.severity is not Severity.LOW:
            for channel in channels:
                assert (channel, alert_id) in play.heard, (channel, state.status)

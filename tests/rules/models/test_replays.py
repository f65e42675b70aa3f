"""The same story again, in other batches and from stored states: the same to the letter."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import ANY_FAILURE, CountCondition, Policy, Rule
from rules.conversation import Conversation
from rules.decisions import Notify
from rules.engine import Needs, conversations_needed, needs
from rules.inputs import Due
from rules.instants import DAY
from rules.player import Playback, Player
from rules.ruleset import Ruleset
from rules.state import AlertState, NotFetched, Slice
from support.fuzzing import examples
from support.plays import Play, plays

_STATE, _TALK = msgspec.json.Decoder(AlertState), msgspec.json.Decoder(Conversation)
RULES = (ANY_FAILURE, Rule(name="many", condition=CountCondition(count=2, within="10m"), by=("workflow",)))
POLICIES = st.sampled_from([
    Policy(channels=("ops", "mail")),
    Policy(channels=("ops",), group_by=(), group_wait="1m", remind={"high": ("30m",)}),
    Policy(channels=("ops",), escalate=[{"after": "10m", "channels": ["boss"]}], storm={"alerts": 1}),
    Policy(channels=("ops",), group_by=("severity",), flapping={"changes": 2, "within": "10m"}),
])  # fmt: skip


def rules(policy: Policy) -> Ruleset:
    return Ruleset(RULES, policies={"default": policy})


class Batches:
    """Plays inputs in batches of ``size``; in between there is nothing but what was written down, as JSON."""

    def __init__(self, ruleset: Ruleset, size: int) -> None:
        self.ruleset, self.size = ruleset, size
        self.states: dict[str, bytes] = {}
        self.talks: dict[str, bytes] = {}
        self.deadlines: dict[tuple[str, str, str], int] = {}
        self.messages: list[tuple[int, Notify]] = []

    def play(self, inputs, until: int) -> "Batches":
        for start in range(0, len(inputs), self.size):
            self._batch(inputs[start : start + self.size], inputs[start : start + self.size][-1][0])
        while self.deadlines and min(self.deadlines.values()) <= until:
            self._batch([], min(self.deadlines.values()))
        return self

    def _batch(self, inputs, until: int) -> None:
        due = [Due(*key, at) for key, at in self.deadlines.items() if at <= until]
        wanted, states = Needs(), [_STATE.decode(each) for each in self.states.values()]
        for item in [*(item for _, item in inputs), *due]:
            needs(self.ruleset, item, wanted)
        states = [s for s in states if s.key in wanted.keys or (s.open and s.level in wanted.levels)]
        talked = conversations_needed(self.ruleset, states, [item for _, item in inputs], wanted.conversations)
        while not self._try(inputs, until, due, states, talked):
            pass

    def _try(self, inputs, until, due, states, talked) -> bool:
        heard: list[tuple[int, Notify]] = []
        talks = [_TALK.decode(self.talks[key]) for key in talked if key in self.talks]
        part = Slice(states, talks, fetched=talked)
        player = Player(self.ruleset, part, lambda now, _, r: heard.extend((now, d) for d in r.decisions), due)
        try:
            for now, item in inputs:
                player.take(item, now)
            player.advance(until)
        except NotFetched as missing:
            talked.add(missing.key)
            return False
        self._store(player, part)
        self.messages += [each for each in heard if isinstance(each[1], Notify)]
        return True

    def _store(self, player: Player, part: Slice) -> None:
        self.states |= {key: msgspec.json.encode(each) for key, each in part.changed.items()}
        self.talks |= {key: msgspec.json.encode(each) for key, each in part.talked.items()}
        self.deadlines |= player.deadlines
        self.deadlines = {key: at for key, at in self.deadlines.items() if at is not None}


@settings(max_examples=examples(60), deadline=None)
@given(plays(), POLICIES)
def test_the_same_story_again_is_the_same_to_the_letter(acts, policy):
    first, again = (Play(rules(policy)).acts(acts) for _ in range(2))
    for each in (first, again):
        each.wait(DAY)
    assert again.messages == first.messages
    assert again.silences == first.silences
    assert again.states == first.states
    assert again.conversations == first.conversations
    assert again.deadlines == first.deadlines


@settings(max_examples=examples(80), deadline=None)
@given(plays(), POLICIES, st.integers(2, 12))
def test_batches_of_any_size_over_stored_states_tell_the_same(acts, policy, size):
    play = Play(rules(policy)).acts(acts)
    play.wait(DAY)
    one, many = (Batches(rules(policy), each).play(play.inputs, play.now) for each in (1, size))
    assert one.messages == play.messages
    assert many.messages == one.messages
    assert many.states == one.states
    assert many.talks == one.talks
    assert many.deadlines == one.deadlines


@settings(max_examples=examples(60), deadline=None)
@given(plays(), POLICIES)
def test_all_in_memory_tells_the_same_as_from_stored_states(acts, policy):
    play = Play(rules(policy)).acts(acts)
    play.wait(DAY)
    heard: list[tuple[int, Notify]] = []
    whole = Playback(rules(policy), Slice(), lambda now, _, result: heard.extend((now, d) for d in result.decisions))
    for now, item in play.inputs:
        whole.take(item, now)
    whole.advance(play.now)
    assert [each for each in heard if isinstance(each[1], Notify)] == play.messages
    assert {state.key: state for state in whole.states.all()} == play.states
    assert whole.waking() == play.deadlines

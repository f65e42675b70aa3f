"""When everything fails at once: nobody is left out, and the channel is not flooded."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import ANY_FAILURE
from rules.conversation import Lane, conversation_key
from rules.instants import DAY, MINUTE, SECOND
from rules.ruleset import Ruleset
from support.fuzzing import examples
from support.plays import OVER, Play, check_all_told, check_counts, check_ends, check_ids, check_order
from support.story import at_once

WORKFLOW = st.integers(0, 40).map("w{}".format)
FAIL = st.tuples(st.just("fail"), WORKFLOW)
BURST = st.tuples(st.just("burst"), st.integers(2, 30))
SUCCEED = st.tuples(st.just("succeed"), WORKFLOW)
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 5, 20, 59, 60, 61, 300, 599, 600, 601, 3600]))
ACTS = st.lists(st.one_of(FAIL, BURST, BURST, SUCCEED, WAIT, WAIT), min_size=2, max_size=25)
STORMS = st.sampled_from([{"alerts": 1}, {"alerts": 3}, {"alerts": 10}, {"alerts": 5, "within": "5m", "every": "2m"}])


def act(play: Play, name: str, said) -> None:
    if name == "wait":
        play.wait(said * SECOND)
    elif name == "fail":
        play.fail(said)
    elif name == "succeed":
        play.succeed(said)
    else:
        for number in range(said):
            play.fail(f"w{number}")
            play.wait(SECOND)


def played(acts, storm: dict) -> Play:
    policy = at_once(storm=storm, flapping={"changes": 1_000})
    play = Play(Ruleset((ANY_FAILURE,), policies={"default": policy}))
    for each in acts:
        act(play, *each)
    play.wait(3 * DAY)
    return play


@settings(max_examples=examples(80), deadline=None)
@given(ACTS, STORMS)
def test_in_a_storm_every_alert_is_told_and_none_is_told_twice(acts, storm):
    play = played(acts, storm)
    check_ids(play)
    check_order(play)
    check_all_told(play, ("ops",))
    check_ends(play)
    check_counts(play)


@settings(max_examples=examples(80), deadline=None)
@given(ACTS, STORMS)
def test_what_begins_is_told_in_few_messages_and_those_of_the_storm_are_apart(acts, storm):
    play = played(acts, storm)
    terms = play.ruleset.terms["default"].policy.storm
    stormy = conversation_key(Lane.STORM, "default", "ops")
    starts = {
        lane: [at for at, m in play.messages if (m.conversation == stormy) is lane and _begins(m)]
        for lane in (True, False)
    }
    for at in starts[False]:
        assert sum(at <= other < at + terms.within for other in starts[False]) <= terms.alerts
    storms = [at for at, m in play.messages if m.conversation == stormy]
    assert all(after - before >= terms.every for before, after in pairwise(storms))


def _begins(message) -> bool:
    return any(about.reason not in OVER and about.reason.value in ("first", "late") for about in message.about)


def test_a_storm_of_a_thousand_is_eleven_messages_and_one_every_ten_minutes():
    play = Play(Ruleset((ANY_FAILURE,), policies={"default": at_once()}))
    for number in range(1_000):
        play.fail(f"w{number}")
        play.wait(SECOND // 50)
    play.wait(10 * MINUTE)
    told = [len(message.about) for _, message in play.messages]
    assert told == [1] * 11 + [989]
    assert len(play.heard) == 1_000

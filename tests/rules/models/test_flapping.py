"""What goes on and off too often is told once, and once more when it has calmed down: how it stands by then."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import ANY_FAILURE, Resolve, Rule
from rules.instants import DAY
from rules.ruleset import Ruleset
from rules.vocabulary import Reason
from support.fuzzing import examples
from support.plays import OVER, PEOPLE, SUCCEEDS, Play, check_ends, check_ids, fails, plays, waits
from support.story import at_once

TURNS = st.tuples(st.just("round"), st.just("pay"), st.just("high"), st.sampled_from([1, 2, 14, 16]))
# By turns of failing and succeeding an alert stays open; one that quiet ends does not.
QUIET = Rule(name="quiet", resolve=Resolve(quiet_for="1m"))
FLAPPING = st.fixed_dictionaries({"changes": st.sampled_from([2, 3, 6]), "within": st.sampled_from(["10m", "1h"])})


@settings(max_examples=examples(150), deadline=None)
@given(
    plays(TURNS, TURNS, TURNS, fails(), SUCCEEDS, waits(1, 2, 15, 61), PEOPLE),
    FLAPPING,
    st.sampled_from([ANY_FAILURE, QUIET]),
)
def test_flapping_is_told_once_and_how_it_stands_afterwards(acts, flapping, rule):
    play = Play(Ruleset((rule,), policies={"default": at_once(flapping=flapping)})).acts(acts)
    play.wait(3 * DAY)
    check_ids(play)
    check_ends(play)
    flapped = {about.alert_key for _, m in play.messages for about in m.about if about.reason is Reason.FLAPPING}
    for heard in play.heard.values():
        reasons = [about.reason for _, _, about in heard]
        assert reasons[0] is Reason.FIRST or heard[0][2].alert_key in flapped
        for before, after in pairwise(reasons):
            assert (before, after) != (Reason.FLAPPING, Reason.FLAPPING)
            assert before not in OVER or after in {Reason.REOPENED, Reason.FLAPPING}, reasons
    assert not any(state.flapping for state in play.states.values())


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(6, 40))
def test_however_often_it_turns_there_are_few_messages(turns):
    play = Play(Ruleset((QUIET,), policies={"default": at_once()}))
    play.acts([("round", "pay", "high", 1)] * turns)
    play.wait(DAY)
    assert play.reasons[:6] == ["first", "resolved", "reopened", "resolved", "reopened", "flapping"]
    assert play.reasons[6:] == ["resolved"]

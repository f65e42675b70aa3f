"""Whatever is played: nobody is left out, nothing is counted twice, nothing is said that is not true any more."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.config import ANY_FAILURE, Policy
from rules.instants import DAY
from rules.ruleset import Ruleset
from support.fuzzing import examples
from support.plays import Play, check_all_told, check_counts, check_ends, check_ids, check_order, plays
from support.story import AT_ONCE

CHANNELS = ("ops", "mail")
CALM = {"flapping": {"changes": 1_000}}
WAITING = st.sampled_from(["0s", "15s", "1m", "3m"])
SPACING = st.sampled_from(["0s", "2m", "10m", "1h"])
REMIND = st.sampled_from([{}, {"critical": ("30m", "2h")}, {"high": ("1h",), "critical": ("10m",)}])
GROUPS = st.sampled_from([("workflow",), (), ("workflow", "error_group"), ("severity",)])


@st.composite
def policies(draw, **more) -> Policy:
    """Any timing of any kind; nothing is recorded only."""
    written = {"channels": CHANNELS, "remind": draw(REMIND), "group_by": draw(GROUPS), **CALM}
    if draw(st.booleans()):
        written["timing"] = AT_ONCE
    if draw(st.booleans()):
        written |= {"group_wait": draw(WAITING), "group_interval": draw(SPACING)}
    if draw(st.booleans()):
        written["dedup_window"] = draw(st.sampled_from(["1m", "15m", "1h", "2h"]))
    if draw(st.booleans()):
        written["digest"] = {"every": "hourly", "at": "00:30", "timezone": "Europe/Vienna"}
    return Policy(**{**written, **more})


def ruleset(policy: Policy) -> Ruleset:
    return Ruleset((ANY_FAILURE,), policies={"default": policy})


@settings(max_examples=examples(150), deadline=None)
@given(plays(), policies())
def test_everybody_is_told_of_each_alert_and_of_its_end_and_each_failure_is_counted_once(acts, policy):
    play = Play(ruleset(policy)).acts(acts)
    play.wait(3 * DAY)
    check_ids(play)
    check_order(play)
    check_all_told(play, CHANNELS)
    check_ends(play)
    check_counts(play)


@settings(max_examples=examples(60), deadline=None)
@given(plays(), policies(storm={"alerts": 1, "within": "1m", "every": "10m"}))
def test_in_a_storm_no_less(acts, policy):
    play = Play(ruleset(policy)).acts(acts)
    play.wait(3 * DAY)
    check_ids(play)
    check_order(play)
    check_all_told(play, CHANNELS)
    check_ends(play)
    check_counts(play)


def test_what_leaves_the_digest_does_not_push_out_the_end_of_the_episode_before():
    """Failed and well again while its conversation kept its distance, then failed in the digest's lane, then worse."""
    play = Play(ruleset(Policy(channels=("ops",), group_by=())))
    play.acts([("round", "pay", "high", 1), ("round", "ship", "high", 16), ("fail", "ship", "Boom", "medium")])
    play.acts([("round", "ship", "high", 1)])
    play.wait(DAY)
    check_all_told(play, ("ops",))
    check_ends(play)


@settings(max_examples=examples(60), deadline=None)
@given(plays(), policies(escalate=[{"after": "20m", "channels": ["boss"]}, {"after": "2h", "channels": ["ops"]}]))
def test_escalations_are_told_on_top_and_their_channels_hear_of_the_end(acts, policy):
    play = Play(ruleset(policy)).acts(acts)
    play.wait(3 * DAY)
    check_ids(play)
    check_order(play)
    check_all_told(play, CHANNELS)
    check_ends(play)

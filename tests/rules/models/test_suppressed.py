"""While something keeps alerts from being told, nobody hears of them but of the end of what was told; then they do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendar.mute import MuteTiming
from rules.config import ANY_FAILURE, Policy
from rules.instants import DAY, HOUR, MINUTE, format_instant
from rules.quiet import Inhibit, Maintenance, SilenceConfig
from rules.ruleset import Quiet, Ruleset
from rules.vocabulary import Severity
from support.fuzzing import examples
from support.plays import OVER, Play, check_ends, check_ids, check_order, plays
from support.story import START, at_once

CALM = {"flapping": {"changes": 1_000}}
POLICIES = st.sampled_from([
    at_once(**CALM),
    at_once(remind={"high": ("5m",), "critical": ("10m",)}, group_wait="1m", **CALM),
    at_once(escalate=[{"after": "10m", "channels": ["ops"]}], group_interval="10m", **CALM),
    Policy(channels=("ops",), **CALM),
    Policy(channels=("ops",), digest={"every": "hourly", "at": "00:30"}, **CALM),
])  # fmt: skip
MATCHES = st.sampled_from([{"workflow": "pay"}, {}, {"severity": ">=high"}, {"error.type": "Bang"}])
MOMENTS = st.sampled_from([1, 2, 5, 15, 30, 60, 61])


@st.composite
def spans(draw):
    begins = draw(st.sampled_from([0, 0, 1, 5, 30]))
    return format_instant(START + begins * MINUTE), format_instant(START + (begins + draw(MOMENTS)) * MINUTE)


@st.composite
def silences(draw) -> Quiet:
    """Silences and maintenance, each over by and by."""
    silenced, maintained = [], []
    for starts, until in draw(st.lists(spans(), max_size=2)):
        silenced.append(SilenceConfig(match=draw(MATCHES), starts=starts, until=until, comment="known"))
    for starts, until in draw(st.lists(spans(), min_size=0 if silenced else 1, max_size=2)):
        maintained.append(Maintenance(match=draw(MATCHES), starts=starts, until=until))
    return Quiet(tuple(silenced), tuple(maintained))


def played(acts, policy: Policy, quiet: Quiet) -> Play:
    play = Play(Ruleset((ANY_FAILURE,), policies={"default": policy}, quiet=quiet)).acts(acts)
    play.wait(3 * DAY)
    return play


def check_silence(play: Play) -> None:
    for message, about, _, because in play.told_while:
        assert not because or about.reason in OVER, (message.reason, about.reason, because)


def check_what_goes_on_was_told(play: Play, but=frozenset()) -> None:
    for state in play.states.values():
        if state.firing and state.severity is not Severity.LOW and state.alert_id not in but:
            assert ("ops", state.alert_id) in play.heard


@settings(max_examples=examples(150), deadline=None)
@given(plays(), POLICIES, silences())
def test_nothing_is_told_during_silences_and_maintenance_and_all_that_goes_on_is_told_after_them(acts, policy, quiet):
    play = Play(Ruleset((ANY_FAILURE,), policies={"default": policy}, quiet=quiet)).acts(acts)
    play.wait(2 * HOUR)
    play.wait(DAY)
    check_silence(play)
    check_what_goes_on_was_told(play)
    play.wait(2 * DAY)
    check_ids(play)
    check_order(play)
    check_ends(play)


@pytest.mark.parametrize("silenced", ["Boom", "Bang"])
def test_a_silence_that_starts_just_when_a_group_is_due_holds(silenced):
    begins, ends = format_instant(START + MINUTE), format_instant(START + 2 * MINUTE)
    quiet = Quiet(maintenance=(Maintenance(match={"error.type": silenced}, starts=begins, until=ends),))
    policy = at_once(group_wait="1m", **CALM)
    play = Play(Ruleset((ANY_FAILURE,), policies={"default": policy}, quiet=quiet))
    play.acts([("fail", "pay", "Boom", "high"), ("fail", "pay", "Bang", "high")])
    play.wait(HOUR)
    assert len(play.messages) == 2
    check_silence(play)


@settings(max_examples=examples(80), deadline=None)
@given(plays(), POLICIES, MATCHES)
def test_a_silence_until_resolved_is_over_with_the_episode(acts, policy, match):
    quiet = Quiet((SilenceConfig(match=match, until_resolved=True, comment="known"),))
    play = played(acts, policy, quiet)
    check_silence(play)
    check_order(play)
    check_ends(play)
    for state in play.states.values():
        if state.firing and state.spent:
            assert ("ops", state.alert_id) in play.heard


@settings(max_examples=examples(80), deadline=None)
@given(plays(), POLICIES)
def test_a_mute_timing_holds_everything_back_and_nothing_for_ever(acts, policy):
    night = {"night": MuteTiming(times=["00:00-06:00", "12:10-12:20", "13:00-14:00"], timezone="Europe/Vienna")}
    rules = Ruleset(
        policies={"default": policy.model_copy(update={"mute": ("night",)})}, quiet=Quiet(mute_timings=night)
    )
    play = Play(rules).acts(acts)
    play.wait(3 * DAY)
    terms = rules.terms["default"]
    assert [at for at, _ in play.messages if terms.unmuted(at) != at] == []
    check_ids(play)
    check_order(play)
    check_ends(play)


@settings(max_examples=examples(150), deadline=None)
@given(plays(), POLICIES)
def test_while_the_one_fires_the_other_is_not_told_and_after_it_it_is(acts, policy):
    inhibit = Inhibit(source={"workflow": "pay"}, target={"workflow": "ship"})
    play = Play(Ruleset(policies={"default": policy}, quiet=Quiet(inhibit=(inhibit,)))).acts(acts)
    check_silence(play)
    play.wait(4 * DAY)
    check_silence(play)
    check_ids(play)
    check_order(play)
    check_ends(play)

"""Input that makes no sense must neither stop the rules nor make them say too much."""

from collections import Counter
from dataclasses import replace

import pytest

from rules.config import ANY_FAILURE, Rule
from rules.decisions import Notify
from rules.engine import step
from rules.fingerprint import fingerprint
from rules.inputs import Failed, Finished
from rules.instants import DAY, HOUR, MINUTE, SECOND
from rules.keys import MOST_OPEN, overflow_key
from rules.model import ErrorInfo, Run
from rules.player import Playback
from rules.ruleset import Ruleset
from rules.state import Slice
from rules.vocabulary import Outcome, Severity
from support.story import START, TELLING, story


def test_a_success_that_ends_before_it_began_ends_nothing_that_failed_after_it():
    s = story()
    s.fail()
    s.wait(MINUTE)
    run = Run("x", "event", "pay", "x", Outcome.SUCCEEDED)
    s.put(Finished(run, s.now, s.now - HOUR))
    s.put(Finished(run, s.now - HOUR, s.now - 2 * HOUR))
    s.wait(HOUR)
    assert s.reasons[:1] == ["first"]
    assert set(s.reasons) <= {"first", "resolved"}


def test_inputs_of_a_clock_that_is_put_back_are_decided_at_the_latest_moment_seen():
    """The shell never lets it go back; here, a playback whose inputs come with times before the deadlines fired."""
    heard = []
    play = Playback(Ruleset(policies=TELLING), Slice(), lambda now, item, result: heard.append((now, result)))
    play.take(_failed(1, START), START)
    play.advance(START + HOUR)
    play.take(_failed(2, START - HOUR), START - HOUR)
    play.advance(START + 2 * DAY)
    reasons = [d.reason.value for _, r in heard for d in r.decisions if isinstance(d, Notify)]
    assert reasons[0] == "first"
    assert reasons[-1] == "resolved"
    assert play.next_due() is None


def _failed(number: int, at: int, workflow="pay", **labels) -> Failed:
    error = ErrorInfo("Boom", "it broke")
    run = Run(f"r{number}", "event", workflow, f"r{number}", Outcome.FAILED, error=error, labels=labels)
    return Failed(run, fingerprint(workflow, "", error), Severity.HIGH, f"o{number}", at)


@pytest.mark.parametrize("keys", [MOST_OPEN + 50, pytest.param(100_000, marks=pytest.mark.soak)])
def test_beyond_the_most_open_alerts_of_a_rule_all_further_keys_are_one_alert_told_once(keys):
    rules, states = Ruleset((Rule(name="each", by=("labels.customer",)),), policies=TELLING), Slice()
    told = Counter()
    for number in range(keys):
        result = step(rules, states, _failed(number, START + number, customer=f"c{number}"), START + number)
        told.update(a.alert_key for d in result.decisions if isinstance(d, Notify) for a in d.about)
    overflow = overflow_key(rules.rule("each"))
    state = states.get(overflow)
    assert states.open_counts["each"] == MOST_OPEN + 1
    assert state.count == keys - MOST_OPEN
    assert len(states.all()) == MOST_OPEN + 1
    assert told[overflow] <= 1
    assert any(overflow in talk.members for talk in states.talked.values())


def test_a_rule_over_a_label_that_is_not_there_is_told_once_a_day_to_the_first_channel():
    channels = {"default": TELLING["default"].model_copy(update={"channels": ("ops", "mail")})}
    rule = Rule(name="paying", when='labels["plan"] == "gold"')
    s = story(ANY_FAILURE, rule, policies=channels)
    for _ in range(36):
        s.fail()
        s.wait(HOUR)
    own = [(at, m.channel, m.reason.value) for at, m in s.messages if m.policy.startswith("tocsin:")]
    assert [channel for _, channel, _ in own] == ["ops", "ops"]
    assert own[1][0] - own[0][0] >= DAY
    assert sum(len(result.troubles) for result in s.results) == 36
    assert {trouble.rule for result in s.results for trouble in result.troubles} == {"paying"}
    assert [m.reason.value for _, m in s.messages if m.policy == "default"][:2] == ["first", "first"]


def test_a_condition_that_raises_changes_no_state():
    """The shell then narrows the batch and sets the row aside; nothing of the step may stay behind."""
    rules = Ruleset((ANY_FAILURE,), policies=TELLING)
    rule = rules.rule("any-failure")

    class Broken:
        def __getattr__(self, name):
            return getattr(rule.condition, name)

        def observe(self, *_):
            raise ArithmeticError("a condition with a fault")

    rules._rules["any-failure"] = broken = replace(rule, condition=Broken())
    rules._anywhere[:] = [broken]
    states = Slice()
    with pytest.raises(ArithmeticError):
        step(rules, states, _failed(1, START), START)
    assert states.all() == []
    assert states.talked == {}
    assert states.open_counts == {}


def test_failures_of_the_far_future_and_past_do_no_harm():
    s = story()
    for ago in (-400 * DAY, 400 * DAY, 0, -SECOND):
        s.fail(ago=ago)
    s.wait(2 * DAY)
    assert s.reasons.count("first") == 1
    assert s.alert.open is False

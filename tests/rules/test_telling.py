"""Who hears what, and who does not? Small stories on a clock turned by hand."""

import pytest

from rules.config import Policy, Rule, SeverityRule
from rules.fingerprint import fingerprint
from rules.inputs import Acted
from rules.instants import DAY, HOUR, MINUTE
from rules.model import ErrorInfo, Run
from rules.ruleset import Ruleset
from rules.vocabulary import AlertStatus, Outcome, Severity
from support.story import TELLING, at_once, story


def test_the_first_failure_is_told_the_next_are_counted_and_told_together():
    s = story()
    s.fail()
    for _ in range(7):
        s.wait(MINUTE)
        s.fail()
    s.wait(DAY - HOUR)
    assert s.said == [(0, "ops", "first", 0), (60, "ops", "again", 7)]
    assert s.unsaid == ["dedup"] * 7
    assert s.alert.count == 8


def test_the_window_has_a_fixed_length_and_the_next_opens_with_a_message():
    s = story()
    for _ in range(18):
        s.fail()
        s.wait(10 * MINUTE)
    assert s.said == [
        (0, "ops", "first", 0),
        (60, "ops", "again", 5),
        (120, "ops", "again", 6),
        (180, "ops", "again", 6),
    ]


def test_a_failure_after_a_window_that_ended_without_one_is_told_at_once():
    s = story()
    s.fail()
    s.wait(HOUR)
    s.fail()
    s.wait(10 * MINUTE)
    assert s.said == [(0, "ops", "first", 0), (60, "ops", "again", 1)]


def test_every_channel_of_the_policy_has_its_own_messages_with_their_own_ids():
    s = story(policies={"default": at_once(channels=("ops", "mail"))})
    s.fail()
    s.wait(MINUTE)
    s.fail()
    s.wait(MINUTE)
    s.succeed()
    assert [(channel, reason) for _, channel, reason, _ in s.said] == [
        ("ops", "first"),
        ("mail", "first"),
        ("ops", "resolved"),
        ("mail", "resolved"),
    ]
    assert len({message.id for _, message in s.messages}) == 4


def test_two_causes_are_two_alerts_and_a_success_ends_both_the_older_first():
    s = story()
    s.fail(kind="Boom")
    s.wait(MINUTE)
    s.fail(kind="Bang")
    s.wait(MINUTE)
    s.succeed()
    assert s.reasons == ["first", "new_members", "resolved", "resolved"]
    alerts = [message.alert_id for _, message in s.messages]
    assert alerts[:2] == alerts[2:]
    assert alerts[0] != alerts[1]
    assert len({message.conversation for _, message in s.messages}) == 1


def test_a_rise_in_severity_breaks_the_window_and_a_fall_says_nothing():
    s = story()
    s.fail(severity=Severity.HIGH)
    s.wait(MINUTE)
    s.fail(severity=Severity.MEDIUM)
    s.wait(MINUTE)
    s.fail(severity=Severity.CRITICAL)
    s.wait(MINUTE)
    s.fail(severity=Severity.HIGH)
    assert s.said == [(0, "ops", "first", 0), (2, "ops", "severity_up", 2)]
    assert s.alert.severity is Severity.CRITICAL
    s.wait(HOUR)
    assert s.said[2:] == [(62, "ops", "again", 1)]


def test_an_acknowledged_alert_still_says_again_and_loses_it_when_it_gets_worse():
    s = story()
    s.fail(severity=Severity.HIGH)
    s.put(Acted("acknowledge", s.alert.key, "ann"))
    s.fail(severity=Severity.HIGH)
    s.wait(HOUR)
    assert s.reasons == ["first", "again"]
    assert s.alert.acknowledged_by == "ann"
    s.fail(severity=Severity.CRITICAL)
    assert s.reasons == ["first", "again", "severity_up"]
    assert s.alert.acknowledged_by == ""


def test_an_acknowledgement_is_carried_over_a_reopening_but_not_into_a_new_alert():
    s = story()
    s.fail()
    s.put(Acted("acknowledge", s.alert.key, "ann"))
    s.wait(MINUTE)
    s.succeed()
    s.wait(MINUTE)
    s.fail()
    assert s.alert.acknowledged_by == "ann"
    s.put(Acted("resolve", s.alert.key, "ann"))
    s.wait(HOUR)
    s.fail()
    assert s.alert.acknowledged_by == ""
    assert s.reasons == ["first", "resolved", "reopened", "resolved", "first"]


def test_acting_on_what_is_not_open_changes_nothing():
    s = story()
    s.put(Acted("resolve", "unknown", "ann"))
    s.fail()
    s.put(Acted("resolve", s.alert.key, "ann"))
    s.put(Acted("resolve", s.alert.key, "bob"))
    s.put(Acted("acknowledge", s.alert.key, "bob"))
    assert s.reasons == ["first", "resolved"]
    assert s.alert.acknowledged_by == ""


@pytest.mark.parametrize(
    ("policies", "unsaid"),
    [
        ({"default": at_once(channels=("ops",), timing={Severity.HIGH: "never"})}, "low"),
        ({"default": Policy()}, "no_policy"),
        ({"other": at_once(channels=("ops",))}, "no_policy"),
    ],
)
def test_silence_has_a_reason_and_ends_without_a_word(policies, unsaid):
    s = story(policies=policies)
    s.fail()
    s.wait(MINUTE)
    s.succeed()
    assert (s.reasons, s.unsaid) == ([], [unsaid])
    assert s.silences[0].because
    assert s.alert.status is AlertStatus.RESOLVED


def test_what_was_only_recorded_begins_for_everyone_when_it_gets_worse():
    s = story()
    s.fail(severity=Severity.LOW)
    s.fail(severity=Severity.CRITICAL)
    assert s.said == [(0, "ops", "first", 0)]


def test_a_channel_added_meanwhile_hears_of_the_next_failure_and_one_removed_of_the_end():
    s = story()
    s.fail()
    s.ruleset = Ruleset(policies={"default": at_once(channels=("mail",))})
    s.fail()
    s.wait(HOUR)
    s.succeed()
    assert [(channel, reason) for _, channel, reason, _ in s.said] == [
        ("ops", "first"),
        ("mail", "first"),
        ("ops", "resolved"),
        ("mail", "resolved"),
    ]


def test_the_end_of_an_alert_whose_rule_is_gone_is_told_in_the_same_conversation():
    s = story(Rule(name="r", policy="night"), policies={"night": at_once(channels=("ops",))})
    s.fail()
    s.fail()
    s.ruleset = Ruleset((), policies=TELLING)
    s.wait(2 * HOUR)
    s.succeed()
    assert s.reasons == ["first", "resolved"]
    first, end = (message for _, message in s.messages)
    assert (end.policy, end.conversation) == (first.policy, first.conversation) == ("night", first.conversation)


def test_an_alert_of_several_workflows_stays_in_one_conversation():
    s = story(Rule(name="r", by=("cause",)))
    s.fail("pay")
    s.fail("ship")
    s.wait(HOUR)
    assert s.reasons == ["first", "again"]
    assert len({message.conversation for _, message in s.messages}) == 1


def test_every_rule_that_matches_has_its_own_alert_and_severity():
    s = story(
        Rule(name="pinned", match={"workflow": ["pay", "ship"]}, severity=Severity.CRITICAL),
        Rule(name="elsewhere", match={"workflow": "ship"}),
        Rule(name="anywhere", match={"severity": ">=high", "labels.team": "shop"}, by=("labels.team",)),
        severities=[SeverityRule(match={"workflow": "p*"}, severity=Severity.HIGH)],
    )
    s.fail("pay", team="shop")
    assert {(state.rule, state.values[-1], state.severity) for state in s.states.values()} == {
        ("pinned", fingerprint("pay", "", ErrorInfo("Boom", "it broke")).group, Severity.CRITICAL),
        ("anywhere", "shop", Severity.HIGH),
    }


def test_the_runs_own_severity_then_the_first_rule_then_high():
    ruleset = Ruleset(
        severities=[
            SeverityRule(match={"workflow": "pay"}, severity=Severity.CRITICAL),
            SeverityRule(match={"workflow": "*"}, severity=Severity.LOW),
        ]
    )
    run = Run("1", "event", "pay", "1", Outcome.FAILED)
    assert ruleset.severity_of(run) is Severity.CRITICAL
    assert ruleset.severity_of(Run("1", "event", "x", "1", Outcome.FAILED)) is Severity.LOW
    own = Run("1", "event", "pay", "1", Outcome.FAILED, severity=Severity.MEDIUM)
    assert ruleset.severity_of(own) is Severity.MEDIUM
    assert Ruleset().severity_of(run) is Severity.HIGH

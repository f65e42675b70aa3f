"""Small stories that plays of arbitrary acts have shrunk to."""

from rules.config import Policy
from rules.instants import HOUR, MINUTE, format_instant
from rules.quiet import Maintenance
from rules.ruleset import Quiet, Ruleset
from support.plays import Play
from support.story import AT_ONCE, START, at_once, story


def heard(play) -> list[list[tuple[str, int]]]:
    return [[(about.reason.value, about.since_last) for about in message.about] for _, message in play.messages]


def play(**policy) -> Play:
    return Play(story(policies={"default": Policy(channels=("ops",), **policy)}).ruleset)


def test_what_gets_worse_while_it_waits_for_the_digest_is_told_as_a_beginning_with_all_it_counted():
    p = play().acts([("fail", "pay", "Boom", "medium"), ("wait", 1), ("fail", "pay", "Boom", "high")])
    assert heard(p) == [[("first", 1)]]


def test_what_gets_worse_after_the_digest_is_told_as_a_rise_with_all_it_counted():
    p = play().acts([("fail", "pay", "Boom", "medium"), ("wait", 720), ("fail", "pay", "Boom", "medium")])
    p.act("fail", "pay", "Boom", "critical")
    assert heard(p) == [[("first", 0)], [("severity_up", 2)]]


def test_two_episodes_of_one_key_between_two_digests_are_both_in_the_next():
    p = play().acts([("round", "pay", "medium", 16), ("fail", "pay", "Boom", "medium"), ("wait", 1440)])
    assert heard(p) == [[("recovered", 0), ("first", 0)]]
    [(_, digest)] = p.messages
    assert len({about.alert_id for about in digest.about}) == 2
    assert len({about.alert_key for about in digest.about}) == 1


def test_the_end_of_what_flapped_is_told_though_another_episode_begins_before_it_calms_down():
    p = play(timing=AT_ONCE, group_interval="0s", flapping={"changes": 2, "within": "1h"})
    p.acts([("round", "pay", "high", 16), ("round", "pay", "high", 1), ("wait", 120)])
    assert [reason for [(reason, _)] in heard(p)] == ["first", "flapping", "resolved"]


def test_an_acknowledgement_carried_over_a_return_times_out_all_the_same_and_escalation_goes_on():
    p = play(timing=AT_ONCE, group_interval="0s", escalate=[{"after": "20m", "channels": ["ops"]}], ack_timeout="30m")
    p.act("fail", "pay", "Boom", "high")
    p.acts([("acknowledge", 0), ("wait", 1), ("resolve", 0), ("wait", 1), ("fail", "pay", "Boom", "high")])
    p.wait(HOUR)
    assert p.alert.acknowledged_by == ""
    assert [(minute, reason) for minute, _, reason, _ in p.said][-2:] == [(2, "reopened"), (50, "escalation")]


def test_what_gets_worse_after_it_was_acknowledged_is_escalated_from_then_on():
    p = play(timing=AT_ONCE, group_interval="0s", escalate=[{"after": "20m", "channels": ["boss"]}])
    p.acts([("fail", "pay", "Boom", "medium"), ("wait", 1), ("acknowledge", 0), ("wait", 30)])
    p.act("fail", "pay", "Boom", "high")
    p.wait(HOUR)
    assert ("boss", "escalation", 51) in [(channel, reason, minute) for minute, channel, reason, _ in p.said]


def test_what_came_and_went_in_maintenance_and_is_back_after_it_begins_for_those_who_never_heard_of_it():
    planned = Maintenance(starts=format_instant(START), until=format_instant(START + 2 * MINUTE))
    p = Play(Ruleset(policies={"default": at_once()}, quiet=Quiet(maintenance=(planned,))))
    p.acts([("round", "pay", "high", 1), ("fail", "pay", "Boom", "high")])
    assert p.reasons == ["first"]

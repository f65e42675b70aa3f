"""Small stories that plays of arbitrary acts have shrunk to."""

from rules.config import Policy
from support.plays import Play
from support.story import AT_ONCE, story


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

"""When does an alert begin, end and come back? Small stories on a clock turned by hand."""

import pytest

from rules.config import CountCondition, Resolve, Rule
from rules.inputs import Due, Finished
from rules.instants import DAY, HOUR, MINUTE, SECOND
from rules.model import Run
from rules.vocabulary import AlertStatus, Outcome
from support.story import START, story


@pytest.mark.parametrize(
    ("took", "reasons"),
    [(30 * SECOND, ["first", "resolved"]), (MINUTE, ["first"]), (2 * MINUTE, ["first"])],
    ids=["after", "with", "before"],
)
def test_only_a_run_that_started_after_the_last_failure_ends_an_alert(took, reasons):
    s = story()
    s.fail()
    s.wait(MINUTE)
    s.succeed(took=took)
    assert s.reasons == reasons


def test_a_run_whose_start_is_unknown_counts_by_its_end():
    s = story()
    s.fail()
    s.wait(MINUTE)
    s.put(Finished(Run("r", "event", "pay", "r", Outcome.SUCCEEDED), 0, s.now))
    assert s.reasons == ["first", "resolved"]


def test_a_success_elsewhere_ends_nothing():
    s = story()
    s.fail(environment="production")
    s.wait(MINUTE)
    s.succeed(environment="staging")
    s.succeed(workflow="other", environment="production")
    assert s.reasons == ["first"]


def test_a_success_where_it_failed_last_ends_an_alert_of_several_environments():
    s = story()
    s.fail(environment="staging")
    s.wait(MINUTE)
    s.fail(environment="production")
    s.wait(MINUTE)
    s.succeed(environment="staging")
    assert s.reasons == ["first"]
    s.succeed(environment="production")
    assert s.reasons == ["first", "resolved"]


def test_as_many_successes_as_asked_for_in_a_row_end_it():
    s = story(Rule(name="r", resolve=Resolve(on_success=2)))
    s.fail()
    s.wait(MINUTE)
    s.succeed()
    s.wait(MINUTE)
    s.succeed()
    assert s.reasons == ["first", "resolved"]


def test_a_failure_told_late_begins_the_row_of_successes_anew():
    s = story(Rule(name="r", resolve=Resolve(on_success=2)))
    s.fail()
    s.wait(10 * MINUTE)
    s.succeed(took=9 * MINUTE)
    s.fail(ago=5 * MINUTE)
    s.succeed()
    assert s.reasons == ["first"]
    s.succeed()
    assert s.reasons == ["first", "resolved"]


def test_what_fails_and_succeeds_by_turns_ends_by_an_hour_of_quiet():
    s = story()
    s.fail()
    s.wait(2 * MINUTE)
    s.succeed(took=3 * MINUTE)
    s.wait(2 * MINUTE)
    s.fail()
    s.wait(2 * MINUTE)
    s.succeed()
    assert s.said == [(0, "ops", "first", 0)]
    s.wait(2 * HOUR)
    assert s.said[1:] == [(60, "ops", "again", 1), (64, "ops", "resolved", 0)]


def test_a_success_between_two_failures_that_is_told_late_makes_it_intermittent_too():
    s = story()
    s.fail()
    s.wait(4 * MINUTE)
    s.fail()
    s.wait(MINUTE)
    s.succeed(ago=3 * MINUTE)
    s.wait(MINUTE)
    s.succeed()
    assert s.reasons == ["first"]
    s.wait(HOUR)
    assert s.said[-1] == (64, "ops", "resolved", 0)


def test_the_first_of_several_successes_may_be_the_one_between_two_failures():
    s = story()
    s.fail()
    s.wait(5 * MINUTE)
    for ended in (3, 1):
        s.succeed(took=10 * MINUTE, ago=ended * MINUTE)
    s.fail(ago=2 * MINUTE)
    s.wait(MINUTE)
    s.succeed()
    assert s.reasons == ["first"]


def test_an_alert_that_turns_out_to_have_been_quiet_for_long_ends_now():
    s = story()
    s.fail()
    s.wait(MINUTE)
    s.fail()
    s.wait(2 * HOUR)
    s.succeed(ago=2 * HOUR + 30 * SECOND)
    s.wait(MINUTE)
    assert s.said[-1] == (121, "ops", "resolved", 0)


def test_what_no_success_can_end_is_over_after_a_day_of_quiet():
    s = story()
    s.fail()
    s.wait(20 * HOUR)
    s.fail()
    s.wait(2 * DAY)
    assert s.said == [
        (0, "ops", "first", 0),
        (20 * 60, "ops", "again", 1),
        (44 * 60, "ops", "resolved", 0),
    ]


def test_quiet_for_ends_it_and_then_no_success_does():
    s = story(Rule(name="r", resolve=Resolve(quiet_for="10m")))
    s.fail()
    s.wait(5 * MINUTE)
    s.succeed()
    s.fail()
    s.wait(HOUR)
    assert s.said == [(0, "ops", "first", 0), (15, "ops", "resolved", 1)]


def test_a_failure_soon_after_the_end_reopens_the_same_alert_and_breaks_the_window():
    s = story()
    s.fail()
    s.wait(MINUTE)
    s.succeed()
    s.wait(15 * MINUTE)
    s.fail()
    assert s.said == [(0, "ops", "first", 0), (1, "ops", "resolved", 0), (16, "ops", "reopened", 1)]
    assert len({message.alert_id for _, message in s.messages}) == 1
    assert len({message.id for _, message in s.messages}) == 3


def test_a_failure_long_after_the_end_is_a_new_alert_even_within_the_old_window():
    s = story()
    s.fail()
    s.wait(MINUTE)
    s.succeed()
    s.wait(16 * MINUTE)
    s.fail()
    assert s.reasons == ["first", "resolved", "first"]
    first, _, second = (message.alert_id for _, message in s.messages)
    assert first != second
    assert len({message.id for _, message in s.messages}) == 3
    assert s.alert.count == 1


def test_a_failure_from_before_the_success_that_ended_it_does_not_open_it_again():
    s = story()
    s.fail()
    s.wait(MINUTE)
    s.succeed()
    s.wait(SECOND)
    s.fail(ago=30 * SECOND)
    assert s.reasons == ["first", "resolved"]
    assert (s.unsaid, s.alert.count, s.alert.status) == (["too_late"], 2, AlertStatus.RESOLVED)


@pytest.mark.parametrize(
    ("ago", "reasons", "unsaid"),
    [
        (15 * MINUTE, ["first"], []),
        (15 * MINUTE + 1, ["late"], []),
        (DAY, ["late"], []),
        (DAY + 1, [], ["too_late"]),
    ],
)
def test_a_late_failure_is_marked_and_one_of_yesterday_only_recorded(ago, reasons, unsaid):
    s = story()
    s.fail(ago=ago)
    assert (s.reasons, s.unsaid) == (reasons, unsaid)


def test_a_failure_of_yesterday_is_no_part_of_an_open_alert():
    s = story()
    s.fail()
    s.wait(HOUR)
    s.fail(ago=2 * DAY)
    assert (s.reasons, s.unsaid, s.alert.count, s.alert.first_at) == (["first"], ["too_late"], 1, START)


@pytest.mark.parametrize(("ago", "reasons"), [(15 * MINUTE, ["first"]), (15 * MINUTE + 1, [])])
def test_a_window_that_was_full_long_ago_is_not_told(ago, reasons):
    s = story(Rule(name="r", condition=CountCondition(count=2, within="1m")))
    s.fail(ago=ago)
    s.fail(ago=ago)
    assert s.reasons == reasons
    assert s.unsaid == ([] if reasons else ["too_late"])


def test_a_count_counts_what_filled_the_window_and_afterwards_every_failure():
    s = story(Rule(name="r", condition=CountCondition(count=3, within="10m")))
    for _ in range(5):
        s.fail()
        s.wait(4 * MINUTE)
    assert s.said == [(8, "ops", "first", 0)]
    assert (s.alert.count, s.alert.first_at) == (5, START)


def test_a_window_that_is_still_full_after_the_end_counts_no_failure_twice():
    s = story(Rule(name="r", condition=CountCondition(count=3, within="1h")))
    for _ in range(3):
        s.fail()
    s.wait(MINUTE)
    s.succeed()
    s.wait(16 * MINUTE)
    s.fail()
    assert s.reasons == ["first", "resolved", "first"]
    assert s.alert.count == 1


def test_an_old_deadline_changes_nothing():
    s = story()
    s.fail()
    before = s.alert
    for kind in ("dedup", "quiet", "unknown"):
        s.put(Due(kind, before.key, "ops", s.now))
        s.put(Due(kind, "unknown", "ops", s.now))
    assert s.alert == before
    assert s.reasons == ["first"]

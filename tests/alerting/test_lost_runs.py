"""A run that falls silent is lost; one that comes back was not."""

import pytest

from rules.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from support.house import START
from support.otlp import attributes, span, traces

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'


def pass_slowly(h, duration, step=10 * SECOND):
    """As a worker does that is never away."""
    for _ in range(duration // step):
        h.pass_time(step)


def beat(h, run_id="r1", **more):
    h.event("etl", run_id, "running", silent_after="90s", **more)
    h.work()


def run(h):
    [row] = h.rows("SELECT * FROM run")
    return row


def outcome(h):
    return run(h)["outcome"]


def groups(h):
    return {row["error_type"]: row["count"] for row in h.rows("SELECT * FROM error_group")}


def test_a_run_that_falls_silent_is_told_once_as_lost(house):
    h = house(HOOK)
    beat(h)
    pass_slowly(h, 60 * SECOND)
    beat(h)
    pass_slowly(h, 60 * SECOND)
    assert (outcome(h), h.told()) == ("running", [])
    pass_slowly(h, 60 * SECOND)
    assert outcome(h) == "lost"
    pass_slowly(h, 10 * MINUTE, MINUTE)
    assert [reason for _, reason, _ in h.told()] == ["first"]
    assert groups(h) == {"RunLost": 1}
    assert START + 60 * SECOND < run(h)["ended_at"] < START + 70 * SECOND


def test_signs_of_life_keep_a_run_open(house):
    h = house(HOOK)
    for _ in range(20):
        beat(h)
        pass_slowly(h, 60 * SECOND, 20 * SECOND)
    assert (outcome(h), h.told()) == ("running", [])


def test_a_lost_run_that_ends_well_after_all_resolves_its_alert(house):
    h = house(HOOK)
    beat(h)
    pass_slowly(h, 100 * SECOND)
    h.event("etl", "r1", "succeeded")
    h.work()
    assert outcome(h) == "succeeded"
    assert [row["state"] for row in h.rows("SELECT state FROM alert")] == ["resolved"]


def test_a_lost_run_that_beats_again_is_open_and_can_be_lost_again_without_another_message(house):
    h = house(HOOK)
    beat(h)
    pass_slowly(h, 100 * SECOND)
    beat(h)
    assert outcome(h) == "running"
    pass_slowly(h, 100 * SECOND)
    assert outcome(h) == "lost"
    assert [reason for _, reason, _ in h.told()] == ["first"]
    assert groups(h) == {"RunLost": 1}


def test_a_lost_run_that_failed_in_truth_is_told_with_its_error(house):
    h = house(HOOK + "policies: {default: {channels: [hook], group_interval: 0s}}\n")
    beat(h)
    pass_slowly(h, 100 * SECOND)
    h.event("etl", "r1", "failed")
    h.work()
    assert (outcome(h), run(h)["error_type"]) == ("failed", "Boom")
    assert [reason for _, reason, _ in h.told()] == ["first", "new_members"]
    assert groups(h) == {"Boom": 1}


def test_a_worker_that_was_away_heard_nobody_and_calls_nobody_lost(house):
    h = house(HOOK)
    beat(h)
    h.clock.sleep(HOUR)
    h.work()
    assert outcome(h) == "running"
    pass_slowly(h, 100 * SECOND)
    assert outcome(h) == "lost"


def test_without_signs_of_life_a_run_is_lost_after_a_day(house):
    h = house(HOOK)
    h.event("etl", "r1", "running")
    h.work()
    h.pass_time(DAY - MINUTE)
    assert outcome(h) == "running"
    pass_slowly(h, 2 * MINUTE)
    assert outcome(h) == "lost"


def test_runs_that_may_sleep_for_weeks_are_left_in_peace(house):
    h = house(HOOK)
    h.event("signup", "r1", "running", engine="temporal")
    h.work()
    assert h.rows("SELECT * FROM deadline WHERE kind = 'lost'") == []


@pytest.mark.parametrize(
    ("rules", "lost"),
    [
        ("lost_after: [{match: {workflow: etl}, after: 5m}]", True),
        ("lost_after: [{match: {workflow: etl}, after: never}]", False),
        ("lost_after: [{match: {workflow: other}, after: 5m}]", False),
    ],
)
def test_the_file_says_for_how_long_a_run_may_be_silent(house, rules, lost):
    h = house(HOOK + rules)
    h.event("etl", "r1", "running")
    h.work()
    pass_slowly(h, 6 * MINUTE, 20 * SECOND)
    assert (outcome(h) == "lost") is lost


def test_a_run_that_ended_leaves_no_deadline_behind(house):
    h = house(HOOK)
    beat(h)
    h.event("etl", "r1", "succeeded")
    h.work()
    assert h.rows("SELECT * FROM deadline WHERE kind = 'lost'") == []


def open_span(h, state="open", **more):
    made = span("nightly", h.clock.now(), trace=4, **more)
    made.attributes.extend(attributes(tocsin__span=state, tocsin__silent_after="90"))
    h.put("traces", traces([made]), 1, media="application/x-protobuf")
    h.work()


def test_an_open_span_is_a_run_that_is_running_until_its_end_comes(house):
    h = house(HOOK)
    open_span(h)
    assert (run(h)["engine"], run(h)["workflow"], outcome(h)) == ("otel", "nightly", "running")
    h.pass_time(20 * SECOND)
    h.put("traces", traces([span("nightly", h.clock.now(), trace=4)]), 1, media="application/x-protobuf")
    h.work()
    assert outcome(h) == "succeeded"


def test_a_sign_of_life_that_comes_after_the_end_changes_nothing(house):
    h = house(HOOK)
    h.put("traces", traces([span("nightly", h.clock.now(), trace=4, failed=True)]), 1, media="application/x-protobuf")
    open_span(h)
    assert outcome(h) == "failed"
    assert [reason for _, reason, _ in h.told()] == ["first"]


def test_a_span_that_its_process_left_open_is_a_crash(house):
    h = house(HOOK)
    open_span(h)
    open_span(h, "abandoned")
    assert (outcome(h), run(h)["error_type"]) == ("crashed", "RunAbandoned")
    assert [reason for _, reason, _ in h.told()] == ["first"]


def test_a_failure_told_by_the_engine_outranks_the_crash_of_its_process(house):
    h = house(HOOK)
    h.event("etl", "r1", "failed", occurred_at=format_instant(START + SECOND))
    beat(h, occurred_at=format_instant(START + 2 * SECOND))
    pass_slowly(h, 200 * SECOND)
    assert outcome(h) == "failed"

"""From a body in the inbox to the messages owed: told once, counted, told of the rest, told that it is over."""

import pytest

from alerting.storage import packs, progress
from alerting.storage.groups import canonical, load_aliases
from alerting.storage.rollups import RUNS
from alerting.storage.runs import forget_loose
from reports.frames import counts_frame
from rules.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from support.otlp import span, traces

HOOK = """
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/x"}
"""


def test_one_cause_is_told_once_counted_and_told_of_the_rest(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    assert h.told() == [("hook", "first", 0)]
    for n in range(5):
        h.event(run_id=f"more{n}")
    h.work()
    assert h.told() == [("hook", "first", 0)]
    h.pass_time(HOUR)
    assert h.told() == [("hook", "first", 0), ("hook", "again", 5)]


def test_a_success_that_began_later_ends_it(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.pass_time(MINUTE)
    h.event(run_id="r2", outcome="succeeded", started_at=format_instant(h.clock.now() - SECOND))
    h.work()
    assert [reason for _, reason, _ in h.told()] == ["first", "resolved"]
    [alert] = h.rows("SELECT * FROM alert")
    assert (alert["state"], alert["count"]) == ("resolved", 1)


def test_a_success_that_began_before_the_failure_ends_nothing(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.pass_time(MINUTE)
    h.event(run_id="r2", outcome="succeeded", started_at=format_instant(h.clock.now() - 2 * MINUTE))
    h.work()
    assert [reason for _, reason, _ in h.told()] == ["first"]


def test_the_same_bodies_twice_change_nothing(house):
    h = house(HOOK)
    at = format_instant(h.clock.now())
    for _ in range(2):
        h.event(run_id="r1", occurred_at=at)
        h.event(run_id="r2", occurred_at=at)
        h.work()
    assert [row["count"] for row in h.rows("SELECT count FROM alert")] == [2]
    with h.store.read() as connection:  # the older day was packed
        assert counts_frame(RUNS.columns, packs.read(connection, RUNS, 0, h.clock.now())).n.sum() == 2
    assert h.rows("SELECT count(*) AS n FROM failure")[0]["n"] == 2
    assert len(h.told()) == 1


def test_a_run_that_fails_and_then_succeeds_is_counted_once_as_good(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.pass_time(MINUTE)
    h.event(run_id="r1", outcome="succeeded")
    h.work()
    cells = h.rows("SELECT outcome, n FROM rollup_run WHERE n != 0")
    assert [(row["outcome"], row["n"]) for row in cells] == [("succeeded", 1)]
    assert [reason for _, reason, _ in h.told()] == ["first", "resolved"]


def test_a_restart_loses_nothing_and_repeats_nothing(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    h.event(run_id="r2")
    h.restart()
    h.work()
    h.restart()
    h.pass_time(HOUR)
    assert h.told() == [("hook", "first", 0), ("hook", "again", 1)]


def test_a_failure_without_type_waits_for_it_and_then_goes_as_it_is(house):
    h = house(HOOK)
    h.event(run_id="r1", error=None)
    h.work()
    assert h.told() == []
    h.pass_time(5 * SECOND)
    assert h.told() == []
    h.pass_time(SECOND)
    assert h.told() == [("hook", "first", 0)]


def test_a_better_fingerprint_that_comes_late_makes_no_second_message(house):
    h = house(HOOK)
    h.event(run_id="r1", error={"message": "it broke"})
    h.pass_time(10 * SECOND)
    h.event(run_id="r1", occurred_at=format_instant(h.clock.now() - 10 * SECOND))
    h.work()
    h.event(run_id="r2")
    h.work()
    assert h.told() == [("hook", "first", 0)]
    [group] = h.rows("SELECT * FROM error_group")
    assert (group["error_type"], group["count"]) == ("Boom", 2)
    assert len(h.rows("SELECT * FROM group_alias")) == 1


def test_a_blank_failure_is_not_linked_to_the_cause_that_comes_out_later(house):
    h = house(HOOK)
    h.event(run_id="r1", error=None)
    h.pass_time(10 * SECOND)
    h.event(run_id="r1", occurred_at=format_instant(h.clock.now() - 10 * SECOND))
    h.work()
    [group] = h.rows("SELECT * FROM error_group")
    assert (group["error_type"], group["count"]) == ("Boom", 1)
    assert h.rows("SELECT * FROM group_alias") == []
    assert [row["n"] for row in h.rows("SELECT n FROM rollup_group WHERE n != 0")] == [1]


def test_a_try_that_fails_otherwise_than_the_one_before_does_not_make_one_of_two_causes(house):
    h = house(HOOK)
    h.event(run_id="r1", attempt=1)
    h.work()
    h.pass_time(MINUTE)
    h.event(run_id="r1", attempt=2, error={"type": "Refused", "message": "no route"})
    h.event(run_id="r2", attempt=1)
    h.event(run_id="r3", attempt=1, error={"type": "Refused", "message": "no route"})
    h.work()
    assert h.rows("SELECT * FROM group_alias") == []
    assert by_type(h) == {"Boom": 1, "Refused": 2}
    assert {row["error_type"]: row["count"] for row in h.rows("SELECT * FROM error_group")} == by_type(h)


@pytest.mark.parametrize("attempts", [(2, 1), (0, 2), (1, 0)])
def test_another_telling_of_the_same_try_is_evidence_and_no_try(house, attempts):
    """It is older, or one of the two does not say which try it speaks of."""
    h = house(HOOK)
    at = h.clock.now()
    for moment, attempt, kind in zip((at, at - (attempts == (2, 1))), attempts, ("Boom", "Refused"), strict=True):
        h.event(run_id="r1", attempt=attempt, occurred_at=format_instant(moment), error={"type": kind, "message": "x"})
        h.work()
    assert sum(by_type(h).values()) == 1
    assert len(h.told()) == 1


def test_of_groups_that_were_linked_one_after_another_all_are_one(house):
    h = house(HOOK)
    at = format_instant(h.clock.now())
    h.event(run_id="typed", occurred_at=at)
    h.event(run_id="r1", error={"message": "it broke"}, occurred_at=at)
    h.pass_time(10 * SECOND)
    h.event(run_id="r1", occurred_at=at)
    h.event(run_id="typed", step="load", occurred_at=at)
    h.work()
    with h.store.read() as connection:
        aliases = load_aliases(connection)
    assert len(aliases) == 2
    assert len(set(aliases.values())) == 1
    assert not set(aliases.values()) & aliases.keys()
    assert canonical({"a": "b", "b": "a"}, "a") in "ab"  # an earlier version could link them so


def by_type(h):
    """Bad runs in the counts of groups."""
    rows = h.rows("SELECT g.error_type, sum(r.n) AS n FROM rollup_group r JOIN error_group g ON g.id = r.error_group "
                  "GROUP BY 1 HAVING sum(r.n) > 0")  # fmt: skip
    return {row["error_type"]: row["n"] for row in rows}


def test_notify_false_is_recorded_and_not_told(house):
    h = house(HOOK)
    h.event(run_id="r1", notify=False)
    h.work()
    assert h.told() == []
    assert len(h.rows("SELECT * FROM failure")) == 1


def test_severity_low_is_recorded_with_the_reason_for_silence(house):
    h = house(HOOK + "severity: [{match: {workflow: 'pay*'}, severity: low}]\n")
    h.event(run_id="r1")
    h.work()
    assert h.told() == []
    assert [row["reason"] for row in h.rows("SELECT reason FROM decision WHERE kind = 'silent'")] == ["low"]


def test_a_late_failure_is_told_as_late_and_a_very_late_one_only_recorded(house):
    h = house(HOOK)
    h.event(run_id="r1", workflow="a", occurred_at=format_instant(h.clock.now() - HOUR))
    h.event(run_id="r2", workflow="b", occurred_at=format_instant(h.clock.now() - 2 * DAY))
    h.work()
    assert h.told() == [("hook", "late", 0)]
    assert [row["reason"] for row in h.rows("SELECT reason FROM decision WHERE kind = 'silent'")] == ["too_late"]
    assert len(h.rows("SELECT * FROM failure")) == 2


def test_count_within_tells_when_the_window_is_full(house):
    h = house(HOOK + "rules: [{name: three, match: {workflow: pay}, condition: {count: 3, within: 10m}}]\n")
    for n in range(2):
        h.event(run_id=f"r{n}")
        h.pass_time(MINUTE)
    assert h.told() == []
    h.event(run_id="r3")
    h.work()
    assert h.told() == [("hook", "first", 0)]
    assert h.rows("SELECT count FROM alert")[0]["count"] == 3


def test_resolving_by_hand_tells_and_the_next_failure_breaks_the_window(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    [alert] = h.rows("SELECT id FROM alert")
    h.act("acknowledge", alert["id"])
    h.act("resolve", alert["id"])
    h.work()
    assert h.rows("SELECT acknowledged_by FROM alert")[0]["acknowledged_by"] == "ann"
    h.event(run_id="r2")
    h.work()
    assert [reason for _, reason, _ in h.told()] == ["first", "resolved", "reopened"]


def test_a_body_that_cannot_be_read_is_set_aside_told_and_harms_no_other(house):
    h = house(HOOK)
    h.put("traces", b"\xff\xff\xff", 1, "application/x-protobuf")
    h.event(run_id="r1")
    h.work()
    [row] = h.rows("SELECT * FROM quarantine")
    assert "protobuf" in row["reason"]
    assert sorted(row["workflow"] for row in h.rows("SELECT workflow FROM alert")) == ["pay", "tocsin-ingest"]
    with h.store.read() as connection:
        assert progress.load(connection).items == 2


@pytest.mark.parametrize("gap", [0, 3 * SECOND])
def test_a_success_in_spans_counts_once_it_was_quiet(house, gap):
    h = house(HOOK)
    h.put("traces", traces([span("job", h.clock.now(), failed=True, trace=1)]), 1, "application/x-protobuf")
    h.pass_time(MINUTE)
    assert [reason for _, reason, _ in h.told()] == ["first"]
    h.put("traces", traces([span("job", h.clock.now(), trace=2)]), 1, "application/x-protobuf")
    h.work()
    h.pass_time(gap)
    assert [reason for _, reason, _ in h.told()] == ["first"]
    h.pass_time(11 * SECOND)
    assert [reason for _, reason, _ in h.told()] == ["first", "resolved"]


def test_what_is_past_its_retention_goes_and_does_not_come_back(house):
    h = house(HOOK + "retention: {runs: 10d, failures: 10d, raw: 1d}\n")
    long_ago = format_instant(h.clock.now())
    h.event(run_id="old", occurred_at=long_ago)
    h.pass_time(11 * DAY)
    h.event(run_id="new")
    h.work()
    h.pass_time(HOUR)
    assert [row["run_id"] for row in h.rows("SELECT run_id FROM run")] == ["new"]
    assert [row["run_id"] for row in h.rows("SELECT run_id FROM failure")] == ["new"]
    assert h.bodies() == 1
    h.event(run_id="old", occurred_at=long_ago)
    h.work()
    assert [row["run_id"] for row in h.rows("SELECT run_id FROM run")] == ["new"]
    with h.store.read() as connection:  # the older day was packed
        assert counts_frame(RUNS.columns, packs.read(connection, RUNS, 0, h.clock.now())).n.sum() == 2


def test_a_segment_that_was_not_worked_on_is_never_thrown_away(house):
    h = house(HOOK + "retention: {raw: 1h}\n")
    h.event(run_id="r1")
    h.clock.sleep(DAY)
    h.event(run_id="r2")
    h.work()
    assert len(h.rows("SELECT * FROM failure")) == 2


def test_evidence_without_a_run_is_bounded(house):
    h = house(HOOK)
    for number in range(8):
        lonely = span("load", h.clock.now(), trace=number + 1, number=2, parent=1, failed=True)
        h.put("traces", traces([lonely]), 1, "application/x-protobuf")
        h.work()
    assert h.rows("SELECT count(*) AS n FROM loose")[0]["n"] == 8
    with h.store.write() as connection:
        forget_loose(connection, h.clock.now() - DAY, 5)
    assert h.rows("SELECT count(*) AS n FROM loose")[0]["n"] == 5
    with h.store.write() as connection:
        forget_loose(connection, h.clock.now() + SECOND, 5)
    assert h.rows("SELECT * FROM loose") == []

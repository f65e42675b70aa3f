"""Is Tocsin's own event taken as documented, and refused with the remedy where it is not?"""

import json

import pytest

from alerting.ingest.encoding import BadBody
from alerting.ingest.envelopes import check_events
from alerting.ingest.inngest import check_inngest
from alerting.ingest.recognise import recognise
from rules.instants import SECOND, parse_instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome, Severity

NOW = 1_795_500_000 * SECOND
FULL = {
    "workflow": "charge-cards",
    "run_id": "r-1",
    "outcome": "failed",
    "occurred_at": "2026-11-23T08:00:00+01:00",
    "started_at": 1_795_400_000_000,
    "engine": "make",
    "environment": "production",
    "version": "2.1",
    "step": "charge",
    "attempt": 2,
    "max_attempts": 4,
    "error": {"type": "shop.errors.CardDeclined", "message": "no funds", "stack": "at charge"},
    "severity": "critical",
    "url": "https://ci.example/r-1",
    "labels": {"team": "shop"},
    "id": "e-1",
    "notify": False,
    "region": "eu",
    "shard": {"n": 7},
}


def facts(*told, received_at=NOW):
    return recognise("events", json.dumps(told).encode(), "application/json", received_at).facts


def fact(**changes):
    [found] = facts({"workflow": "w", "outcome": "failed", **changes})
    return found


def problem(event):
    [rejected] = check_events(json.dumps(event).encode()).rejected
    return rejected["error"]


def test_every_documented_field_is_read():
    [found] = facts(FULL)
    assert (found.engine, found.workflow, found.run_id, found.outcome) == ("make", "charge-cards", "r-1", "failed")
    assert found.ended_at == parse_instant("2026-11-23T07:00:00Z")
    assert found.started_at == 1_795_400_000 * SECOND
    assert (found.environment, found.version, found.failing_step) == ("production", "2.1", "charge")
    assert (found.attempts, found.max_attempts) == (2, 4)
    assert found.error == ErrorInfo("CardDeclined", "no funds", "at charge")
    assert (found.severity, found.url, found.event_id) == (Severity.CRITICAL, "https://ci.example/r-1", "e-1")
    assert (found.told_by_event, found.notify) == (True, False)
    assert found.labels == {"team": "shop", "region": "eu", "shard": '{"n":7}'}


def test_workflow_and_outcome_are_enough():
    found = fact()
    assert (found.engine, found.ended_at, found.error, found.notify) == ("event", NOW, None, True)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("success", Outcome.SUCCEEDED), ("completed", Outcome.SUCCEEDED), ("OK", Outcome.SUCCEEDED),
        ("failure", Outcome.FAILED), ("FAILED", Outcome.FAILED), ("ERROR", Outcome.FAILED),
        ("timeout", Outcome.TIMED_OUT), ("TimedOut", Outcome.TIMED_OUT), ("timed_out", Outcome.TIMED_OUT),
        ("killed", Outcome.CRASHED), ("WorkerLost", Outcome.CRASHED), ("crashed", Outcome.CRASHED),
        ("cancellation", Outcome.CANCELLED), ("revoked", Outcome.CANCELLED), ("ABORTED", Outcome.CANCELLED),
        ("skip", Outcome.SKIPPED), ("expired", Outcome.SKIPPED),
        ("ENQUEUED", Outcome.RUNNING), ("running", Outcome.RUNNING), ("lost", Outcome.LOST),
    ],
)  # fmt: skip
def test_engines_words_are_outcomes(word, outcome):
    assert fact(outcome=word).outcome is outcome


def test_an_error_of_the_cicd_conventions_is_the_systems():
    assert fact(outcome="error", engine="cicd").outcome is Outcome.CRASHED


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"outcome": "failed"}, "workflow is missing"),
        ({"workflow": "w"}, "outcome is missing"),
        ({"workflow": "w", "outcome": "faild"}, "did you mean failed?"),
        ({"workflow": "w", "outcome": "purple"}, "use one of running, succeeded"),
        ({"workflow": "w", "outcome": "failed", "occurred_at": "2026-11-23T08:00:00"}, "occurred_at: "),
        ({"workflow": "w", "outcome": "failed", "started_at": "2026-11-23T08:00:00"}, "has no time zone"),
        ({"workflow": "w", "outcome": "failed", "occurred_at": "noon"}, "not RFC 3339"),
        ({"workflow": "w", "outcome": "failed", "severity": "bad"}, "use low, medium, high or critical"),
        ({"workflow": "w", "outcome": "failed", "attempt": "two"}, "attempt must be a whole number"),
        ({"workflow": "w", "outcome": "failed", "notify": "no"}, "notify must be true or false"),
        ({"workflow": "w", "outcome": "failed", "labels": ["a"]}, "labels must be an object"),
        ({"workflow": "w", "outcome": "failed", "error": 7}, "error must be an object"),
        ({"workflow": ["w"], "outcome": "failed"}, "workflow must be text, not an array"),
        ("w", "an event must be a JSON object"),
    ],
)
def test_a_bad_event_is_refused_with_the_remedy(event, told):
    assert told in problem([event])


def test_one_bad_event_costs_only_itself():
    body = json.dumps([FULL, {"workflow": "w"}, FULL]).encode()
    checked = check_events(body)
    assert (checked.accepted, [each["index"] for each in checked.rejected]) == (2, [1])
    assert recognise("events", body, "application/json", NOW).items == checked.accepted


@pytest.mark.parametrize("check", [check_events, check_inngest])
@pytest.mark.parametrize("body", [b"", b"{", b"7", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_holds_no_events_is_refused_whole(check, body):
    with pytest.raises(BadBody, match="the body"):
        check(body)


def test_long_text_is_cut_and_half_characters_mended():
    body = json.dumps([{
        "workflow": "w" * 1_000,
        "outcome": "failed",
        "error": {"message": "\ud83d" + "m" * 20_000, "stack": "\x00" + "s" * 100_000},
        "labels": {f"label {number}": "v" * 2_000 for number in range(100)},
    }]).encode()  # fmt: skip
    [found] = recognise("events", body, "application/json", NOW).facts
    assert (len(found.workflow), len(found.error.message), len(found.error.stack)) == (200, 16 * 1024, 64 * 1024)
    assert found.error.message.startswith("\ufffdm")
    assert found.error.stack.startswith("\ufffds")
    assert len(found.labels) == 64
    assert {len(value) for value in found.labels.values()} == {1024}


def test_without_ids_the_same_words_at_the_same_time_are_one_occurrence():
    event = {"workflow": "w", "outcome": "failed", "occurred_at": "2026-11-23T08:00:00Z"}
    [first], [again] = facts(event), facts(event, received_at=NOW + SECOND)
    [other] = facts({**event, "occurred_at": "2026-11-23T09:00:00Z"})
    assert first.event_id == again.event_id != other.event_id


def test_without_ids_and_times_every_receipt_is_an_occurrence():
    event = {"workflow": "nightly", "outcome": "failed"}
    told = [*facts(event, event), *facts(event, received_at=NOW + SECOND)]
    assert len({each.event_id for each in told}) == 3
    assert facts(event) == facts(event)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"name": "inngest/function.failed"}, "data is missing"),
        ({"name": "inngest/function.failed", "data": {"run_id": "r"}}, "data.function_id is missing"),
        ({"name": "inngest/function.failed", "data": {"function_id": "f"}}, "data.run_id is missing"),
        ({"data": {}}, "a name and data"),
    ],
)
def test_a_bad_inngest_event_is_refused_with_the_remedy(event, told):
    [rejected] = check_inngest(json.dumps(event).encode()).rejected
    assert told in rejected["error"]


def test_an_inngest_event_about_no_run_of_the_users_is_accepted_and_says_nothing():
    handler = {"function_id": "shop-f-failure", "run_id": "r", "event": {"name": "inngest/function.failed"}}
    body = json.dumps([
        {"name": "shop/order.placed", "data": {}},
        {"name": "inngest/function.finished", "data": handler},
        {"name": "inngest/function.failed", "data": {"function_id": "tocsin-forward", "run_id": "r"}},
    ]).encode()  # fmt: skip
    found = recognise("inngest", body, "application/json", NOW)
    assert (found.items, found.facts) == (check_inngest(body).accepted, [])
    assert found.items == 3

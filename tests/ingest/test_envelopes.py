"""What the client's hooks send is read as the webhook it stands for, at the time it was seen."""

import json

import pytest

from alerting.ingest.envelopes import check_events
from alerting.ingest.facts import StepFact
from alerting.ingest.recognise import recognise
from alerting.tracking.book import RunBook
from rules.instants import HOUR, SECOND, format_instant
from rules.vocabulary import Outcome
from tocsin_client.airflow import seen

NOW = 1_795_500_000 * SECOND
RUN = {"job_name": "nightly", "run_id": "d-1", "status": "SUCCESS"}


def told(*events):
    return recognise("events", json.dumps(events).encode(), "application/json", NOW)


def dagster(**more):
    return {"webhook": "dagster", "body": {**RUN, **more}, "id": "x", "occurred_at": format_instant(NOW - HOUR)}


def test_a_body_is_read_by_its_engine_at_the_time_it_was_seen():
    found = told(dagster())
    [run] = found.facts
    assert (run.engine, run.workflow, run.outcome, run.ended_at) == (
        "dagster", "nightly", Outcome.SUCCEEDED, NOW - HOUR,
    )  # fmt: skip
    assert found.seen.keys() == {("", "dagster")}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"webhook": "github", "body": {}}, "use one of airflow, dagster"),
        ({"webhook": ["dagster"], "body": {}}, "use one of"),
        ({"webhook": "dagster", "body": 1}, "must be an object"),
        ({"webhook": "dagster"}, "must be an object"),
        (dagster(run_id=None), "run_id is missing"),
        ({**dagster(), "occurred_at": "soon"}, "soon"),
    ],
)
def test_a_bad_one_is_named_and_costs_its_neighbours_nothing(event, why):
    checked = check_events(json.dumps([event, dagster(), {"workflow": "w", "outcome": "ok"}]).encode())
    assert checked.accepted == 2
    assert why in checked.rejected[0]["error"]
    assert len(told(event, dagster()).facts) == 1


def test_an_event_may_have_a_label_of_that_name():
    [run] = told({"workflow": "w", "outcome": "ok", "webhook": "github"}).facts
    assert run.labels == {"webhook": "github"}


class TaskInstance:
    dag_id, task_id, try_number, log_url = "pay", "charge", 2, "http://127.0.0.1:8080/log"


class DagRun:
    dag_id, run_id, state, start_date, end_date = "pay", "manual-1", "failed", None, None


def declined():
    try:
        try:
            raise ConnectionError("refused")
        except ConnectionError as error:
            raise ValueError("card declined") from error
    except ValueError as error:
        return error


def test_airflows_callback_of_a_task_tells_the_error_with_its_stack():
    context = {"ti": TaskInstance(), "dag_run": DagRun(), "run_id": "manual-1", "exception": declined()}
    [step] = told({"webhook": "airflow", "body": seen(context)}).facts
    assert isinstance(step, StepFact)
    assert (step.workflow, step.run_id, step.step, step.attempts) == ("pay", "manual-1", "charge", 2)
    assert (step.error.type, step.error.message) == ("ValueError", "card declined")
    assert "in declined" in step.error.stack


def test_airflows_callback_of_a_dag_that_timed_out_tells_the_end_of_its_run():
    [run] = told({"webhook": "airflow", "body": seen({"dag_run": DagRun(), "reason": "timed_out"})}).facts
    assert (run.workflow, run.run_id, run.outcome) == ("pay", "manual-1", Outcome.TIMED_OUT)


@pytest.mark.parametrize("context", [{}, {"exception": "ValueError('x')"}, {"ti": None, "dag_run": None}])
def test_airflows_callback_makes_something_of_any_context(context):
    json.dumps(seen(context))


def test_a_run_told_twice_is_one():
    book = RunBook()
    for fact in told(dagster(), dagster()).facts:
        book.take(fact, NOW)
    assert len(list(book.all())) == 1

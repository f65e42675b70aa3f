"""Do recorded traces come out as steps: covered by a path, aligned, and with the attempts that their engine tells?"""

from functools import cache

import pytest

from alerting.ingest.encoding import decompress
from alerting.ingest.recognise import spans_of
from alerting.traces.neutral import neutral
from reports.traces.alignment import align
from reports.traces.critical_path import OUTSIDE, critical_path
from reports.traces.waste import waste
from rules.vocabulary import Outcome
from support.corpus import bodies, needs_corpus
from support.folding import fold
from support.judging import recordings

pytestmark = needs_corpus
ONE_TRACE = {"84000", "d90fbb56-56dc-4951-ba2a-d0ace60c91f7", "gz-1"}  # runs that were given one trace and span id


@cache
def recorded(engine, recording):
    """(run, its spans) of every run of the recording that sent some."""
    sent = list(bodies(f"engines/{engine}/{recording}"))
    runs = fold(sent).values()
    wanted = {trace for run in runs for trace in (run.trace_id, *run.detail.traces) if trace}
    spans = {}
    for body in sent:
        if body.path == "/v1/traces":
            for span in spans_of(decompress(body.body, body.encoding, 2**26), body.media, wanted):
                spans[span.span_id, span.started_at] = span
    found = []
    for run in runs:
        own = {run.trace_id, *run.detail.traces}
        told = sorted((s for s in spans.values() if s.trace_id in own), key=lambda span: span.started_at)
        if told and run.run_id not in ONE_TRACE:
            found.append((run, neutral(told, run)))
    return found


def of(engine, recording, workflow, outcome=None, attempts=None):
    return [
        (run, spans)
        for run, spans in recorded(engine, recording)
        if run.workflow == workflow and outcome in {None, run.outcome} and attempts in {None, run.attempts}
    ]


@pytest.mark.parametrize(("engine", "recording"), recordings())
def test_every_path_covers_its_run_once(engine, recording):
    for run, spans in recorded(engine, recording):
        if run.started_at and run.outcome is not Outcome.RUNNING:
            path = critical_path(spans, run.started_at, run.ended_at)
            assert path.took == run.ended_at - run.started_at
            if path.took:
                assert sum(path.shares().values()) == pytest.approx(1)


@pytest.mark.parametrize(("engine", "recording"), recordings())
def test_of_a_run_beside_itself_every_step_is_there_twice(engine, recording):
    for _, spans in recorded(engine, recording):
        found = align(spans, spans)
        assert (found.first, found.missing, found.extra) == (None, 0, 0)


BESIDE = [
    ("dbos", "raw-semconv", "process_order", "charge_card", "send_receipt"),
    ("dbos", "raw-legacy", "process_order", "charge_card", "send_receipt"),
    ("prefect", "raw", "process-order", "charge_card", "send_receipt"),
    ("airflow", "raw", "process_order", "task_run.charge_card", "task_run.send_receipt"),
    ("temporal", "raw-interceptor", "ProcessOrder", "RunActivity:charge_card", "StartActivity:send_receipt"),
    ("otel-plain", "raw", "build-and-deploy", "build", "unit-tests"),
]


@pytest.mark.parametrize(("engine", "recording", "workflow", "step", "next_step"), BESIDE)
def test_where_a_bad_run_parts_from_a_good_one(engine, recording, workflow, step, next_step):
    good = of(engine, recording, workflow, Outcome.SUCCEEDED)[0][1]
    found = [align(spans, good) for _, spans in of(engine, recording, workflow, Outcome.FAILED)]
    assert len(found) > 1
    parted = [each for each in found if each.rows[each.first].name == step]
    assert parted
    for each in parted:
        assert [row.name for row in each.rows if row.bad is None and row.depth <= 1][:1] == [next_step]


RETRIED = [
    ("airflow", "raw", "sync_inventory", "task_run.fetch_inventory"),
    ("celery", "raw", "tasks.fetch_inventory", "run/tasks.fetch_inventory"),
    ("dbos", "raw-semconv", "sync_inventory", "fetch_inventory"),
    ("otel-plain", "raw", "hourly-sync", "load"),
    ("prefect", "raw", "sync-inventory", "fetch_inventory"),
    ("temporal", "raw-interceptor", "SyncInventory", "RunActivity:fetch_inventory"),
]


@pytest.mark.parametrize(("engine", "recording", "workflow", "step"), RETRIED)
def test_attempts_are_one_step_and_as_many_as_the_engine_says(engine, recording, workflow, step):
    retried = [(run, spans) for run, spans in of(engine, recording, workflow, Outcome.SUCCEEDED) if run.attempts > 1]
    assert retried
    for run, spans in retried:
        [row] = [row for row in align(spans, spans).rows if row.name == step]
        assert row.bad.tries == run.attempts
        lost = waste(spans)
        assert lost.attempts + lost.told == run.attempts - 1
        assert bool(lost.failed) == bool(lost.attempts)
        assert lost.delay >= lost.failed


def test_most_of_an_airflow_run_is_waiting_for_its_tasks_to_start():
    """The queueing lies in the task's span, before that of its worker: an exact figure, worked out by hand."""
    [(run, spans)] = of("airflow", "raw", "branches")
    times = critical_path(spans, run.started_at, run.ended_at).self_times()
    by_name = {span.name: span for span in spans}
    gate, worker = by_name["task_run.gate"], by_name["worker.gate"]
    assert times["task_run.gate"] == worker.start - gate.start
    assert times["worker.gate"] == gate.end - worker.start
    assert sum(times.values()) == run.ended_at - run.started_at


def test_time_that_no_span_covers_is_said_to_be_outside():
    """Prefect's log tells a later end than the span of the run."""
    run, spans = of("prefect", "raw", "process-order", Outcome.SUCCEEDED)[0]
    times = critical_path(spans, run.started_at, run.ended_at).self_times()
    assert times[OUTSIDE] == run.ended_at - max(span.end for span in spans) > 0

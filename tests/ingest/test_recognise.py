"""What do spans and log records say about runs, engine by engine, where no recording shows it?"""

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from alerting.ingest.facts import ErrorFact, RunFact, StepFact
from alerting.ingest.otlp import PROTOBUF
from alerting.ingest.recognise import recognise, spans_of
from rules.instants import HOUR, MINUTE, SECOND
from rules.model import ErrorInfo
from rules.vocabulary import Outcome
from support.otlp import attributes, span, traces

NOW = 1_795_500_000 * SECOND
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
LOCAL_PARENT, REMOTE_PARENT = 0x101, 0x301


def told(*spans, scope="app"):
    return recognise("traces", traces(list(spans), scope=scope), PROTOBUF, NOW).facts


def one(name="import", *, kind=INTERNAL, flags=0, failed=False, parent=0, at=NOW, **values):
    made = span(name, at, trace=7, number=2, parent=parent, failed=failed)
    made.kind, made.flags = kind, flags
    made.attributes.extend(attributes(**values))
    return made


@pytest.mark.parametrize(
    ("made", "is_run"),
    [
        (one(), True),
        (one(kind=CONSUMER), True),
        (one(kind=SERVER), True),
        (one(kind=SERVER, http__request__method="GET"), False),
        (one(kind=SERVER, rpc__system="grpc"), False),
        (one(kind=CLIENT, db__system__name="postgresql"), False),
        (one(kind=PRODUCER), False),
        (one(parent=1, flags=LOCAL_PARENT), False),
        (one(parent=1, flags=REMOTE_PARENT), True),
        (one(parent=1), False),
    ],
)
def test_a_local_root_that_is_no_request_is_a_run(made, is_run):
    assert [type(fact) for fact in told(made)] == [RunFact] * is_run


def test_a_parent_of_zeros_is_no_parent():
    made = one()
    made.parent_span_id = bytes(8)
    [run] = told(made)
    assert run.workflow == "import"


def test_runs_below_one_remote_parent_are_told_apart():
    [run] = told(one(parent=1, flags=REMOTE_PARENT))
    assert run.run_id == f"{run.trace_id}-{run.span_id}"


def test_job_attributes_name_the_run():
    [run] = told(one(job__name="digest", job__run_id="r-9", job__attempt="2", job__max_attempts="5"))
    assert (run.workflow, run.run_id, run.attempts, run.max_attempts) == ("digest", "r-9", 2, 5)


def test_healthy_steps_make_no_facts():
    steps = [span(f"step {number}", NOW, trace=1, number=number, parent=1) for number in range(2, 500)]
    assert [type(fact) for fact in told(span("import", NOW, trace=1), *steps)] == [RunFact]


def test_own_spans_are_not_fed_back():
    assert told(one(), scope="tocsin") == []


@pytest.mark.parametrize(
    ("status", "exception", "values", "error"),
    [
        ("", {"exception__type": "shop.Declined", "exception__message": "no"}, {}, ErrorInfo("Declined", "no")),
        ("no funds", {"exception__type": "Declined"}, {}, ErrorInfo("Declined", "no funds")),
        ("shop.Declined: no", {}, {}, ErrorInfo("", "shop.Declined: no")),
        ("ValueError: bad row", {}, {}, ErrorInfo("ValueError", "bad row")),
        ("it broke", {}, {"error__type": "java.io.IOException"}, ErrorInfo("IOException", "it broke")),
        ("", {}, {"error__type": "503"}, ErrorInfo("503", "")),
        ("exit code 137", {}, {}, ErrorInfo("", "exit code 137")),
    ],
)
def test_the_error_is_read_wherever_it_was_written(status, exception, values, error):
    made = one(**values)
    made.status.code, made.status.message = 2, status
    if exception:
        made.events.add(name="exception", attributes=attributes(**exception))
    [run] = told(made)
    assert (run.outcome, run.error) == (Outcome.FAILED, error)


def test_a_handled_exception_does_not_fail_the_run():
    made = one()
    made.events.add(name="exception", attributes=attributes(exception__type="KeyError"))
    [run] = told(made)
    assert (run.outcome, run.error) == (Outcome.SUCCEEDED, None)


def test_a_time_far_in_the_future_is_set_to_the_receipt_and_noted():
    found = recognise("traces", traces([one(at=NOW + HOUR)]), PROTOBUF, NOW)
    assert found.facts[0].ended_at == NOW
    assert found.facts[0].started_at <= NOW
    assert "future" in found.notes[0]


def test_a_time_a_little_ahead_is_believed():
    found = recognise("traces", traces([one(at=NOW + 4 * MINUTE)]), PROTOBUF, NOW)
    assert (found.facts[0].ended_at, found.notes) == (NOW + 4 * MINUTE, [])


def test_invalid_spans_are_neither_counted_nor_read():
    bad = one()
    bad.span_id = b"short"
    found = recognise("traces", traces([one(), bad]), PROTOBUF, NOW)
    assert (found.items, len(found.facts)) == (1, 1)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("success", Outcome.SUCCEEDED),
        ("failure", Outcome.FAILED),
        ("error", Outcome.CRASHED),
        ("timeout", Outcome.TIMED_OUT),
        ("cancellation", Outcome.CANCELLED),
        ("skip", Outcome.SKIPPED),
    ],
)
def test_a_pipelines_result_is_its_outcome_whatever_its_status(result, outcome):
    named = {"cicd__pipeline__run__id": "42", "cicd__pipeline__name": "deploy", "cicd__pipeline__result": result}
    [run] = told(one("RUN deploy", kind=SERVER, failed=True, vcs__ref__head__revision="abc", **named))
    assert (run.engine, run.workflow, run.run_id, run.version) == ("cicd", "deploy", "42", "abc")
    assert run.outcome is outcome


def test_a_dbos_run_that_waited_for_a_cancelled_one_has_failed():
    named = {"operationType": "workflow", "operationUUID": "mine"}
    outcomes = []
    for cancelled in ("mine", "other"):
        made = one(**named)
        made.status.code, made.status.message = 2, f"DBOS Error 13: Awaited workflow {cancelled} was cancelled"
        [run] = told(made, scope="dbos-tracer")
        outcomes.append(run.outcome)
    assert outcomes == [Outcome.CANCELLED, Outcome.FAILED]


def test_inngest_spans_add_the_failing_step_and_no_run():
    named = {"sdk__run__id": "01RUN", "inngest__step__id": "charge", "inngest__step__attempt": "1"}
    root, step = one("inngest.execution", sdk__run__id="01RUN"), one("payment", failed=True, parent=1, **named)
    [fact] = told(root, step)
    assert isinstance(fact, StepFact)
    assert (fact.engine, fact.run_id, fact.step, fact.attempts) == ("inngest", "01RUN", "charge", 2)


@pytest.mark.parametrize(("severity", "fatal"), [(21, True), (17, True), (13, False), (5, False), (0, False)])
def test_an_exception_in_a_log_is_fatal_from_error_up(severity, fatal):
    pairs = attributes(exception__type="shop.Declined", exception__stacktrace="at charge")
    record = LogRecord(severity_number=severity, trace_id=b"1" * 16, attributes=pairs, time_unix_nano=NOW * 1_000)
    plain = LogRecord(severity_number=21, trace_id=b"1" * 16)
    scoped = ScopeLogs(log_records=[record, plain])
    body = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[scoped])]).SerializeToString()
    found = recognise("logs", body, PROTOBUF, NOW)
    [fact] = found.facts
    assert found.items == 2
    assert isinstance(fact, ErrorFact)
    assert (fact.error, fact.fatal, fact.at) == (ErrorInfo("Declined", "", "at charge"), fatal, NOW)


def test_the_page_of_a_run_gets_the_spans_of_its_traces_only():
    mine, other = span("import", NOW, trace=1, failed=True), span("export", NOW, trace=2)
    [found] = spans_of(traces([mine, other]), PROTOBUF, {mine.trace_id.hex()})
    assert (found.name, found.service, found.status, found.status_message) == (
        "import", "shop", "error", "ValueError: bad row",
    )  # fmt: skip
    assert found.events == [{"name": "exception", "exception.type": "ValueError", "exception.message": "bad row"}]

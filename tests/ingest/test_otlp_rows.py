"""Rows of the OTLP specification and of the semantic conventions that no exporter here happens to send."""

import json

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from alerting.ingest.otlp import JSON, PROTOBUF
from alerting.ingest.recognise import recognise
from alerting.tracking.book import RunBook
from rules.instants import SECOND
from rules.vocabulary import Outcome
from support.otlp import attributes, span, traces

NOW = 1_795_500_000 * SECOND
DEBUG, WARN, ERROR, FATAL = 5, 13, 17, 21


def failed(**more):
    return span("import", NOW, trace=7, failed=True, **more)


def told(made):
    return recognise("traces", traces([made]), PROTOBUF, NOW)


def logged(severity, event_name="exception", error="ValueError", message="bad row"):
    pairs = attributes(exception__type=error, exception__message=message)
    record = LogRecord(time_unix_nano=NOW * 1_000, severity_number=severity, attributes=pairs, event_name=event_name)
    record.trace_id, record.span_id = failed().trace_id, failed().span_id
    scope = ScopeLogs(log_records=[record])
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[scope])]).SerializeToString()


def folded(*bodies):
    book = RunBook()
    for kind, body in bodies:
        for fact in recognise(kind, body, PROTOBUF, NOW).facts:
            book.take(fact, NOW)
    return list(book.all())


@pytest.mark.parametrize("logs_first", [True, False])
@pytest.mark.parametrize("event_name", ["exception", "messaging.process.exception", ""])
def test_an_exception_told_as_span_event_and_as_log_is_one_failure(logs_first, event_name):
    bodies = [("traces", traces([failed()])), ("logs", logged(ERROR, event_name))]
    [run] = folded(*(reversed(bodies) if logs_first else bodies))
    assert (run.outcome, run.error.type, run.error.message) == (Outcome.FAILED, "ValueError", "bad row")


@pytest.mark.parametrize("severity", [DEBUG, WARN, ERROR, FATAL])
def test_a_logged_exception_alone_is_no_failure(severity):
    [run] = folded(("logs", logged(severity)), ("traces", traces([span("import", NOW, trace=7)])))
    assert run.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("trace_state", "sampled"),
    [
        ("", False),
        ("ot=th:0", False),
        ("ot=rv:abcdef01234567", False),
        ("vendor=th:8", False),
        ("ot=th:8", True),
        ("vendor=x,ot=rv:1;th:fd70a4", True),
    ],
)
def test_runs_that_are_sampled_are_noted(trace_state, sampled):
    made = span("import", NOW, trace=7)
    made.trace_state = trace_state
    assert any("sampled" in note for note in told(made).notes) is sampled


def test_json_tells_the_same():
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": "7" * 32, "spanId": "7" * 16, "name": "import", "traceState": "ot=th:8", "droppedEventsCount": 2},
    ]}]}]}  # fmt: skip
    found = recognise("traces", json.dumps(body).encode(), JSON, NOW)
    assert len(found.facts) == 1
    assert len(found.notes) == 2


@pytest.mark.parametrize("what", ["dropped_attributes_count", "dropped_events_count"])
def test_what_an_sdk_dropped_is_noted_once(what):
    made = [failed(), span("import", NOW, trace=8)]
    for each in made:
        setattr(each, what, 3)
    [note] = recognise("traces", traces(made), PROTOBUF, NOW).notes
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in note


def test_a_span_without_a_name_is_a_run_of_that_name():
    made = failed()
    made.name = ""
    [run] = told(made).facts
    assert run.workflow == "unnamed"


def test_other_is_no_type_of_error():
    made = failed()
    del made.events[:]
    made.status.message = "it broke"
    made.attributes.extend(attributes(error__type="_OTHER"))
    [run] = told(made).facts
    assert (run.error.type, run.error.message) == ("", "it broke")


@pytest.mark.parametrize("flags", [0xFFFF_FC00, 0xFFFF_FC01])
def test_flags_that_are_not_defined_yet_say_nothing(flags):
    made = span("import", NOW, trace=7, parent=9)
    made.flags = flags
    assert told(made).facts == []

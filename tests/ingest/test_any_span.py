"""Whatever a span or a record of an engine holds: it is recognised or passed over, and costs its neighbours nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from alerting.ingest.engines import ADAPTERS
from alerting.ingest.facts import RunFact
from alerting.ingest.otlp import PROTOBUF
from alerting.ingest.recognise import recognise
from alerting.ingest.text import LABEL, MESSAGE, NAME, STACK
from alerting.tracking.book import RunBook
from support.folding import NOW
from support.fuzzing import examples

SCOPES = sorted({scope.replace("*", "x") for adapter in ADAPTERS for scope in adapter.scopes or ()} | {"", "shop"})
NAMES = (
    "run/", "run/shop.pay", "apply_async/shop.pay", "dag_run.pay", "task_run.charge", "RunWorkflow:Pay", "RunWorkflow:",
    "CompleteWorkflow:Pay", "StartActivity:charge", "RunActivity:charge", "send/pay", "execute/pay", "process mail",
    "fail mail", "pay", "", "charge-0ab",
)  # fmt: skip
KEYS = (
    "operationType", "operationUUID", "dbos.operation.type", "prefect.run.type", "prefect.run.id", "prefect.run.name",
    "celery.state", "celery.retries", "messaging.message.id", "celery.task_name", "airflow.dag_id",
    "airflow.dag_run.run_id", "airflow.task_id", "airflow.task_instance.try_number", "airflow.task_instance.state",
    "temporalRunID", "temporalWorkflowID", "taskiq.task_name", "taskiq._retries", "taskiq.retry.reason",
    "bullmq.queue.name", "bullmq.queue.operation", "bullmq.job.id", "bullmq.job.name", "bullmq.job.attempts.made",
    "sdk.run.id", "inngest.step.id", "inngest.step.attempt", "cicd.pipeline.run.id", "cicd.pipeline.result",
    "cicd.pipeline.task.name", "exception.type", "exception.message", "exception.stacktrace", "error.type", "job.name",
    "job.attempt", "flow_run_id", "flow_name", "task_name", "prefect.state.type",
    "tocsin.span", "tocsin.silent_after",
)  # fmt: skip
WORDS = ("workflow", "step", "flow", "task", "SUCCESS", "RETRY", "FAILURE", "failed", "1", "-1", "99999999999999999999",
         "²", "fail", "process", "failure", "shop.Declined", "\x00", "\ud7ff", "open", "abandoned",
         "90.5", "nan", "inf")  # fmt: skip
EVENTS = ("exception", "Failed", "AwaitingRetry", "Retrying", "Running", "job failed", "job completed",
          "Step attempt 1 failed", "")  # fmt: skip
BODIES = (
    "Beginning flow run x", "Finished in state Failed('x', type=FAILED)", "Finished in state Completed()",
    "Finished in state (", "Received non-final state 'AwaitingRetry'", "Process exited with status code: -9",
    "failed - Retry 99999999999/3 will start", "",
)  # fmt: skip

texts = st.sampled_from(WORDS) | st.text(max_size=20)
plain = st.one_of(
    texts.map(lambda text: AnyValue(string_value=text)),
    st.booleans().map(lambda value: AnyValue(bool_value=value)),
    st.integers(-(2**63), 2**63 - 1).map(lambda value: AnyValue(int_value=value)),
    st.floats().map(lambda value: AnyValue(double_value=value)),
    st.binary(max_size=8).map(lambda value: AnyValue(bytes_value=value)),
    st.just(AnyValue()),
)
values = plain | st.lists(plain, max_size=3).map(lambda each: AnyValue(array_value=ArrayValue(values=each)))
pairs = st.builds(KeyValue, key=st.sampled_from(KEYS), value=values)
nested = values | st.lists(pairs, max_size=2).map(lambda each: AnyValue(kvlist_value=KeyValueList(values=each)))
attributes = st.lists(st.builds(KeyValue, key=st.sampled_from(KEYS) | st.text(max_size=5), value=nested), max_size=8)
times = st.integers(0, 2**64 - 1)
spans = st.builds(
    Span,
    trace_id=st.sampled_from([b"a" * 16, b"b" * 16]),
    span_id=st.sampled_from([b"1" * 8, b"2" * 8, b"3" * 8]),
    parent_span_id=st.sampled_from([b"", bytes(8), b"1" * 8, b"2" * 8]),
    flags=st.sampled_from([0, 0x100, 0x300]),
    name=st.sampled_from(NAMES),
    trace_state=st.sampled_from(["", "ot=th:8", "ot=;,=", ",,"]),
    dropped_events_count=st.integers(0, 2),
    kind=st.integers(0, 5),
    start_time_unix_nano=times,
    end_time_unix_nano=times,
    attributes=attributes,
    events=st.lists(st.builds(Span.Event, name=st.sampled_from(EVENTS), attributes=attributes), max_size=3),
    status=st.builds(Status, code=st.integers(0, 2), message=texts),
)
records = st.builds(
    LogRecord,
    time_unix_nano=times,
    observed_time_unix_nano=times,
    severity_number=st.integers(0, 24),
    body=st.sampled_from(BODIES).map(lambda text: AnyValue(string_value=text)) | nested,
    attributes=attributes,
    trace_id=st.sampled_from([b"", b"a" * 16]),
    span_id=st.sampled_from([b"", b"1" * 8]),
)
resources = st.builds(Resource, attributes=attributes)
EASY = settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def whole(facts):
    """Every text within its cap, every time plausible; and they fold into runs."""
    book = RunBook()
    for fact in facts:
        if isinstance(fact, RunFact):
            assert max(map(len, (fact.workflow, fact.run_id, fact.failing_step, fact.version))) <= NAME
            assert all(len(value) <= LABEL for value in fact.labels.values())
            assert 0 <= fact.attempts < 2**31
            assert fact.started_at <= fact.ended_at
        if fact.error is not None:
            assert len(fact.error.message) <= MESSAGE
            assert len(fact.error.stack) <= STACK
        book.take(fact, NOW)
    for run in book.all():
        assert run.attempts >= 0


@pytest.mark.parametrize("scope", SCOPES)
@EASY
@given(made=st.lists(spans, max_size=5), resource=resources)
def test_any_span_is_recognised_or_passed_over(scope, made, resource):
    scoped = ScopeSpans(scope=InstrumentationScope(name=scope), spans=made)
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[scoped])])
    found = recognise("traces", request.SerializeToString(), PROTOBUF, NOW)
    assert found.items == len(made)
    whole(found.facts)


@pytest.mark.parametrize("scope", SCOPES)
@EASY
@given(made=st.lists(records, max_size=5), resource=resources)
def test_any_record_is_recognised_or_passed_over(scope, made, resource):
    scoped = ScopeLogs(scope=InstrumentationScope(name=scope), log_records=made)
    request = ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=resource, scope_logs=[scoped])])
    whole(recognise("logs", request.SerializeToString(), PROTOBUF, NOW).facts)

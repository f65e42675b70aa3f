"""OTLP bodies made with the protobuf messages themselves."""

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from rules.instants import SECOND


def attributes(**values: str) -> list[KeyValue]:
    return [KeyValue(key=name.replace("__", "."), value=AnyValue(string_value=value)) for name, value in values.items()]


def span(
    name: str,
    at: int,
    *,
    trace: int,
    number: int = 1,
    parent: int = 0,
    failed: bool = False,
    error: str = "ValueError",
    took: int = SECOND,
    message: str = "bad row",
) -> Span:
    """One span that ended at ``at`` (µs), with an exception event when it failed."""
    exception = Span.Event(name="exception", attributes=attributes(exception__type=error, exception__message=message))
    return Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=(trace * 1_000 + number).to_bytes(8, "big"),
        parent_span_id=(trace * 1_000 + parent).to_bytes(8, "big") if parent else b"",
        name=name,
        kind=1,
        start_time_unix_nano=(at - took) * 1_000,
        end_time_unix_nano=at * 1_000,
        events=[exception] if failed else [],
        status=Status(code=2, message=f"{error}: {message}") if failed else Status(),
    )


def traces(spans: list[Span], service: str = "shop", scope: str = "app", version: str = "1.0") -> bytes:
    told = {"service__version": version} if version else {}
    resource = Resource(attributes=attributes(service__name=service, **told))
    scoped = ScopeSpans(scope=InstrumentationScope(name=scope), spans=spans)
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[scoped])])
    return request.SerializeToString()


def record(text: str, at: int, **values: str) -> LogRecord:
    """One log record without a trace; ``values`` are its attributes as they are written."""
    pairs = [KeyValue(key=name, value=AnyValue(string_value=value)) for name, value in values.items()]
    return LogRecord(time_unix_nano=at * 1_000, severity_number=9, body=AnyValue(string_value=text), attributes=pairs)


def logs(records: list[LogRecord], scope: str = "app") -> bytes:
    scoped = ScopeLogs(scope=InstrumentationScope(name=scope), log_records=records)
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[scoped])]).SerializeToString()

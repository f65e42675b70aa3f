"""How would an OpenTelemetry SDK tell of these runs? One OTLP body for the runs that ended since the last."""

import hashlib
from collections.abc import Iterable, Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from alerting.demo.workflows import PlayedRun
from rules.instants import Instant


def body(runs: Iterable[PlayedRun]) -> bytes:
    by_version: dict[str, list[Span]] = {}
    for run in runs:
        by_version.setdefault(run.version, []).extend(_spans(run))
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=_attributes(
                    {"service.name": "shop", "service.version": version, "deployment.environment.name": "production"}
                )),
                scope_spans=[ScopeSpans(scope=InstrumentationScope(name="shop.workflows"), spans=spans)],
            )
            for version, spans in by_version.items()
        ]
    )  # fmt: skip
    return bytes(request.SerializeToString())


def _spans(run: PlayedRun) -> Iterator[Span]:
    """Children first, as an SDK sends them: they end before their root."""
    trace = hashlib.sha256(f"{run.workflow}/{run.started_at}".encode()).digest()[:16]
    root = trace[:8]
    at = run.started_at
    failure = _failure(run)
    for index, (name, took) in enumerate(run.steps):
        failed = run.fault is not None and name == run.fault.step
        number = (index + 1).to_bytes(2, "big")
        yield _span(trace, trace[8:14] + number, root, name, at, at + took, failure if failed else None)
        at += took
    yield _span(trace, root, b"", run.workflow, run.started_at, run.ended_at, failure)


def _failure(run: PlayedRun) -> tuple[str, str, str] | None:
    """(type, message, stack) of the run's error."""
    if run.fault is None:
        return None
    kind, message = run.fault.error, run.fault.message.replace("{n}", str(100 + run.number))
    function = run.fault.step.replace("-", "_")
    stack = (
        "Traceback (most recent call last):\n"
        f'  File "/app/shop/{run.workflow.replace("-", "_")}.py", line 41, in {function}\n'
        f"    return client.{function}(order)\n{kind}: {message}\n"
    )
    return kind, message, stack


def _span(
    trace: bytes,
    span: bytes,
    parent: bytes,
    name: str,
    start: Instant,
    end: Instant,
    failure: tuple[str, str, str] | None,
) -> Span:
    told = Span(
        trace_id=trace, span_id=span, parent_span_id=parent, name=name, kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start * 1_000, end_time_unix_nano=end * 1_000,
    )  # fmt: skip
    if failure is not None:
        kind, message, stack = failure
        told.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=f"{kind}: {message}"))
        exception = {"exception.type": kind, "exception.message": message, "exception.stacktrace": stack}
        told.events.append(Span.Event(name="exception", time_unix_nano=end * 1_000, attributes=_attributes(exception)))
    return told


def _attributes(values: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=name, value=AnyValue(string_value=value)) for name, value in values.items()]

"""How do spans tell the history? One OTLP request for many runs."""

from collections.abc import Callable, Iterable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from alerting.demo.history.spans import attributes
from alerting.demo.history.world import PlayedRun

SERVICE = "shop"


def traces(runs: Iterable[PlayedRun], spans_of: Callable[[PlayedRun], Iterable[Span]]) -> bytes:
    """One OTLP request; a resource for each version and environment."""
    by_process: dict[tuple[str, str], list[Span]] = {}
    for run in runs:
        by_process.setdefault((run.version, run.workflow.environment), []).extend(spans_of(run))
    request = ExportTraceServiceRequest(resource_spans=[_resource(*key, told) for key, told in by_process.items()])
    return bytes(request.SerializeToString())


def _resource(version: str, environment: str, spans: list[Span]) -> ResourceSpans:
    said: dict[str, str | int] = {
        "service.name": SERVICE, "service.version": version, "deployment.environment.name": environment,
    }  # fmt: skip
    scoped = ScopeSpans(scope=InstrumentationScope(name=f"{SERVICE}.workflows"), spans=spans)
    return ResourceSpans(resource=Resource(attributes=attributes(said)), scope_spans=[scoped])

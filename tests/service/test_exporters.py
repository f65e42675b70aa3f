"""The Python SDK's own exporters, over HTTP and gRPC, against a real service: what users will really send with."""

import resource

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from support.otlp import span, traces
from support.service import Service, free_port

ONE_SPAN = traces([span("import", 1_795_500_000_000_000, trace=7)])
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def http(compression):
    return lambda service: HttpExporter(f"{service.url}/v1/traces", compression=compression)


def over_grpc(compression):
    return lambda service: GrpcExporter(service.grpc, insecure=True, compression=compression)


EXPORTERS = {
    "http": http(Compression.NoCompression),
    "http gzip": http(Compression.Gzip),
    "http deflate": http(Compression.Deflate),
    "grpc": over_grpc(grpc.Compression.NoCompression),
    "grpc gzip": over_grpc(grpc.Compression.Gzip),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    port = free_port()
    with Service("", tmp_path_factory.mktemp("exporters"), TOCSIN_LISTEN_GRPC=f"127.0.0.1:{port}") as running:
        running.grpc = f"127.0.0.1:{port}"
        yield running


def send(exporter, workflow):
    provider = TracerProvider(resource=Resource.create({"service.version": "2.1"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("shop")
    with tracer.start_as_current_span(f"{workflow} well"):
        pass
    with pytest.raises(KeyError), tracer.start_as_current_span(f"{workflow} ill"), tracer.start_as_current_span("load"):
        raise KeyError("column_5")
    provider.shutdown()


@pytest.mark.parametrize("name", EXPORTERS)
def test_what_an_sdk_sends_arrives(service, name):
    send(EXPORTERS[name](service), name)

    def found():
        runs = {run["workflow"]: run for run in service.items("/api/v1/runs")}
        return runs if {f"{name} well", f"{name} ill"} <= runs.keys() else None

    service.wait_until(lambda: found() is not None, "told of both runs")
    runs = found()
    assert runs[f"{name} well"]["outcome"] == "succeeded"
    ill = runs[f"{name} ill"]
    assert (ill["outcome"], ill["error"]["type"], ill["failing_step"], ill["version"]) == (
        "failed",
        "KeyError",
        "load",
        "2.1",
    )


@pytest.fixture
def export(service):
    with grpc.insecure_channel(service.grpc) as channel:
        yield channel.unary_unary(TRACES)


def test_bad_data_is_refused_for_good(export):
    with pytest.raises(grpc.RpcError) as refused:
        export(b"\xff\xff\xff")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_invalid_spans_are_counted_and_the_others_are_taken(export):
    good = Span(trace_id=b"a" * 16, span_id=b"b" * 8, name="partial", end_time_unix_nano=1)
    scoped = ScopeSpans(spans=[good, Span(name="without ids")])
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[scoped])])
    answer = ExportTraceServiceResponse.FromString(export(request.SerializeToString()))
    assert answer.partial_success.rejected_spans == 1
    assert "all-zero" in answer.partial_success.error_message


def test_an_empty_request_is_success(export):
    assert export(b"") == b""


def test_the_key_is_asked_for(tmp_path):
    port = free_port()
    listen = f"127.0.0.1:{port}"
    with (
        Service("", tmp_path, TOCSIN_LISTEN_GRPC=listen, TOCSIN_INGEST_KEY="hush"),
        grpc.insecure_channel(listen) as there,
    ):
        call = there.unary_unary(TRACES)
        with pytest.raises(grpc.RpcError) as refused:
            call(b"", metadata=(("x-tocsin-key", "guess"),))
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert call(b"", metadata=(("authorization", "Bearer hush"),)) == b""


def test_a_full_disk_is_unavailable_and_comes_again_within_seconds(tmp_path):
    """A limit on the size of files stands for it; what is refused is not stored."""
    listen = f"127.0.0.1:{free_port()}"
    with Service("", tmp_path, TOCSIN_LISTEN_GRPC=listen) as full, grpc.insecure_channel(listen) as there:
        call = there.unary_unary(TRACES)
        _, hard = resource.prlimit(full.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(full.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        with pytest.raises(grpc.RpcError) as refused:
            call(ONE_SPAN)
        status, _, headers = full.post("/v1/traces", ONE_SPAN, "application/x-protobuf")
        resource.prlimit(full.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert call(ONE_SPAN) == b""
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    details = Status.FromString(dict(refused.value.trailing_metadata())["grpc-status-details-bin"])
    info = RetryInfo()
    assert details.details[0].Unpack(info)
    assert 1 <= info.retry_delay.seconds <= 4
    assert (status, 1 <= int(headers["retry-after"]) <= 4) == (503, True)


def test_a_port_that_is_taken_is_said_and_mended(tmp_path, service):
    taken = Service("", tmp_path, TOCSIN_LISTEN_GRPC=service.grpc)
    assert taken.process.wait(30) == 2
    assert "--listen-grpc" in taken.log

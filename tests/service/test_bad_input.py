"""Bad input: a clear answer in the protocol's own form, the rest kept, the service unharmed."""

import gzip
import http.client
import json
import zlib

import pytest
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from support.otlp import span, traces
from support.service import Service

PROTOBUF = "application/x-protobuf"
NOW = 1_795_500_000_000_000
GOOD = traces([span("job", NOW, trace=7, failed=True)])


@pytest.fixture(scope="module")
def service(tmp_path_factory, store):
    with Service("", tmp_path_factory.mktemp("bad"), **store) as running:
        yield running
        assert running.get("/health")["status"] == "ok"


def bomb(size=100 * 1024 * 1024):
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(size // (1024 * 1024))) + packer.flush()


@pytest.mark.parametrize(
    ("body", "content_type", "headers", "status", "said"),
    [
        (GOOD[:-3], PROTOBUF, {}, 400, b"protobuf"),
        (b"{", "application/json", {}, 400, b"JSON"),
        (
            b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"kind": "SPAN_KIND_SERVER"}]}]}]}',
            "application/json",
            {},
            400,
            b"",
        ),
        (GOOD, "text/plain", {}, 415, b"application/x-protobuf"),
        (GOOD, PROTOBUF, {"content_encoding": "br"}, 415, b"gzip"),
        (GOOD, PROTOBUF, {"content_encoding": "gzip"}, 400, b"gzip"),
        (gzip.compress(GOOD)[:-9], PROTOBUF, {"content_encoding": "gzip"}, 400, b"gzip"),
        (bomb(), PROTOBUF, {"content_encoding": "gzip"}, 413, b"smaller batches"),
    ],
    ids=["truncated", "json", "enum-name", "media", "encoding", "not-gzip", "cut-gzip", "bomb"],
)
def test_a_bad_body_is_refused_with_a_remedy(service, body, content_type, headers, status, said):
    got, answer, got_headers = service.post("/v1/traces", body, content_type, **headers)
    assert got == status
    assert said in answer
    assert got_headers["content-type"].startswith("application/json" if "json" in content_type else PROTOBUF)


def test_a_body_of_100_mb_is_refused_before_it_is_read(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.putrequest("POST", "/v1/traces")
    connection.putheader("Content-Type", PROTOBUF)
    connection.putheader("Content-Length", str(100 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", ""])
def test_every_encoding_is_taken_in(service, encoding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress, "": bytes}[encoding]
    headers = {"content_encoding": encoding} if encoding else {}
    status, answer, _ = service.post("/v1/traces", pack(GOOD), PROTOBUF, **headers)
    assert (status, answer) == (200, b"")


def test_a_span_with_a_bad_id_is_rejected_and_its_neighbours_kept(service):
    bad = span("bad", NOW, trace=8)
    bad.trace_id = b"short"
    before = service.get("/api/v1/pipeline")["accepted"]
    status, answer, _ = service.post("/v1/traces", traces([bad, span("good", NOW, trace=9)]), PROTOBUF)
    said = ExportTraceServiceResponse.FromString(answer).partial_success
    assert (status, said.rejected_spans) == (200, 1)
    assert service.get("/api/v1/pipeline")["accepted"] == before + 1
    service.wait_drained()
    assert service.get("/api/v1/runs?workflow=good")["items"]


def test_metrics_are_accepted_dropped_and_warned_of(service):
    status, answer, _ = service.post("/v1/metrics", b"{}")
    assert status == 200
    assert "metrics" in json.loads(answer)["partialSuccess"]["errorMessage"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"outcome": "failed"}, "workflow"),
        ({"workflow": "x"}, "outcome"),
        ({"workflow": "x", "outcome": "faild"}, "did you mean"),
        ({"workflow": "x", "outcome": "failed", "occurred_at": "2026-11-23T08:00:00"}, "time zone"),
        ({"workflow": "x", "outcome": "failed", "severity": "huge"}, "severity"),
        ({"workflow": "x", "outcome": "failed", "error": 5}, "error"),
        ({"workflow": ["x"], "outcome": "failed"}, "workflow"),
        ("text", "object"),
    ],
)
def test_a_bad_event_is_named_and_the_good_one_beside_it_is_kept(service, event, said):
    good = {"workflow": "beside", "outcome": "succeeded", "run_id": said}
    status, answer, _ = service.post("/api/v1/events", [event, good])
    told = json.loads(answer)
    assert (status, told["accepted"], told["rejected"][0]["index"]) == (202, 1, 0)
    assert said in told["rejected"][0]["error"]


@pytest.mark.parametrize("path", ["/api/v1/events", "/ingest/inngest"])
def test_what_is_not_json_is_refused(service, path):
    status, answer, _ = service.post(path, b"\x00nope")
    assert status == 400
    assert b"JSON" in answer


@pytest.mark.parametrize(
    "path",
    ["/api/v1/runs?since=yesterday", "/api/v1/runs?limit=0", "/api/v1/runs?cursor=zzz", "/reports/trend?tz=Nowhere/At",
     "/api/v1/reports/trend?since=1d&until=2d", "/api/v1/reports/trend?format=xml"],
)  # fmt: skip
def test_a_bad_question_is_answered_with_400(service, path):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 400
    assert b"error" in answer.read()

"""Does Tocsin tell of itself where it is asked to, and never feed itself?"""

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from alerting.telemetry import is_own
from support.service import Service
from support.sinks import HttpSink


def test_batches_are_told_to_the_endpoint(tmp_path):
    with HttpSink() as collector:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        with Service("", tmp_path, **environment) as service:
            service.post("/api/v1/events", {"workflow": "w", "outcome": "succeeded"})
            collector.wait_until(lambda all_: "tocsin.batch" in {span.name for span in told(all_)})


def told(requests):
    """The spans of scope ``tocsin`` in what a collector was sent."""
    bodies = [ExportTraceServiceRequest.FromString(r.body) for r in requests if r.path == "/v1/traces"]
    scopes = [scope for body in bodies for each in body.resource_spans for scope in each.scope_spans]
    return [span for scope in scopes if scope.scope.name == "tocsin" for span in scope.spans]


@pytest.mark.parametrize(
    ("endpoint", "listen", "own"),
    [
        ("http://127.0.0.1:4318", "127.0.0.1:4318", True),
        ("http://localhost:4318/v1", "127.0.0.1:4318", True),
        ("http://localhost:4318", "0.0.0.0:4318", True),
        ("http://127.0.0.1:4319", "127.0.0.1:4318", False),
        ("https://collector.example.com:4318", "127.0.0.1:4318", False),
    ],
)
def test_its_own_address_is_known(endpoint, listen, own):
    assert is_own(endpoint, listen) is own


def test_pointed_at_itself_it_stays_silent(tmp_path):
    service = Service("", tmp_path)
    service.wait_ready()
    service.stop()
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": service.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    service.environment.update(environment)
    service.start_again()
    service.wait_ready()
    service.post("/api/v1/events", {"workflow": "w", "outcome": "succeeded"})
    service.wait_drained()
    service.stop()
    service.start_again()
    service.wait_ready()
    assert service.get("/api/v1/pipeline")["accepted"] == 1
    service.stop()

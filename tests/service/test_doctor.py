"""``tocsin doctor`` and the page of sources: what arrives, what is missing, and what was turned away."""

import subprocess
import sys
import time

import pytest

from support.otlp import span, traces
from support.service import Service, bare_environment, free_port

CONFIG = "pings: [{key: nightly-1, workflow: nightly}]"
KEY = "secret-key"


@pytest.fixture(scope="module")
def service(store, tmp_path_factory):
    with Service(CONFIG, tmp_path_factory.mktemp("doctor"), **store, TOCSIN_INGEST_KEY=KEY) as started:
        yield started


def doctor(url, folder):
    command = [sys.executable, "-m", "alerting.cli.main", "doctor", "--url", url]
    done = subprocess.run(
        command, cwd=folder, env=bare_environment(folder), capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout + done.stderr


def send(tocsin, *spans, **named):
    status, _, _ = tocsin.post("/v1/traces", traces(list(spans), **named), "application/x-protobuf", x_tocsin_key=KEY)
    assert status == 200


def sources(service, wanted):
    """The sources by (service, engine), once those that are ``wanted`` are written."""

    def found():
        return {(each["service"], each["engine"]): each for each in service.get("/api/v1/sources")["items"]}

    service.wait_until(lambda: wanted <= found().keys(), f"sources {wanted}")
    return found()


def test_nothing_came_says_where_to_send_it(service):
    code, said = doctor(service.url, service.folder)
    assert code == 1
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT={service.url}" in said
    assert "nobody is told" in said


def test_each_source_is_counted_and_told_what_it_lacks(service):
    now = time.time_ns() // 1_000
    send(service, span("import", now, trace=1, failed=True), span("import", now, trace=2), service="etl")
    send(service, span("GET", now, trace=3, parent=9), service="web")
    found = sources(service, {("etl", "otel"), ("web", "otel")})
    etl, web = found["etl", "otel"], found["web", "otel"]
    assert {name: etl[name] for name in ("door", "items", "ended", "failed", "advice")} == {
        "door": "traces", "items": 2, "ended": 2, "failed": 1, "advice": [],
    }  # fmt: skip
    assert (web["items"], web["ended"]) == (1, 0)
    assert "none of them is a run" in web["advice"][0]["why"]
    code, said = doctor(service.url, service.folder)
    assert code == 1
    assert "etl by otel: 2 spans, 2 runs ended, 1 of them badly" in said
    assert "mend it with: with tracer.start_as_current_span" in said


def test_a_clock_that_is_ahead_is_told_with_its_source(service):
    send(service, span("import", time.time_ns() // 1_000 + 3_600_000_000, trace=5), service="ahead")
    found = sources(service, {("ahead", "otel")})
    assert "check the clocks" in found["ahead", "otel"]["advice"][0]["why"]


def test_what_is_turned_away_is_told_with_the_reason(service):
    service.post("/v1/traces", b"", "application/x-protobuf")
    service.post("/v1/traces", b"no", "text/plain", x_tocsin_key=KEY)
    service.post("/v1/metrics", b"\n\0", "application/x-protobuf", x_tocsin_key=KEY)
    service.post("/api/v1/events", [{"outcome": "failed"}], x_tocsin_key=KEY)
    service.post("/api/v1/events", b"{", x_tocsin_key=KEY)
    service.post("/ingest/webhooks/github", {"zen": "Keep it small."}, x_tocsin_key=KEY)
    service.post("/ping/wrong", b"")
    status, said, _ = service.post("/", b"spans", "application/x-protobuf")
    assert (status, b"OTLP goes to /v1/traces" in said) == (405, True)
    away = {(each["door"], each["status"]): each["why"] for each in service.get("/api/v1/sources")["turned_away"]}
    assert "ingest key" in away["/v1/traces", 401]
    assert "text/plain" in away["/v1/traces", 415]
    assert "etrics" in away["/v1/metrics", 200]
    assert "workflow" in away["/api/v1/events", 202]
    assert ("/api/v1/events", 400) in away
    assert "no run" in away["/ingest/webhooks/github", 202]
    assert away["/ping/…", 404].startswith("not found")
    assert any(door == "/" for door, _ in away)
    _, said = doctor(service.url, service.folder)
    assert "1 × /v1/traces (415): " in said


def test_no_service_is_said(tmp_path):
    code, said = doctor(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert code == 3
    assert "tocsin serve" in said

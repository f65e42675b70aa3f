"""A run is seen while it is open, and missed when its process is gone: real processes, a real service."""

import signal
import subprocess
import sys
import textwrap

import pytest

from support.service import Service, bare_environment

APP = """
import os, sys, time
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from tocsin_client.otel import RunProcessor

provider = TracerProvider(resource=Resource({"service.name": "etl"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
provider.add_span_processor(RunProcessor(every=0.5, after=0.2))
tracer = provider.get_tracer("etl")
"""
LIST = {
    "long": """
        with tracer.start_as_current_span("long"):
            with tracer.start_as_current_span("part"):
                sys.stdin.readline()
    """,
    "short": """
        with tracer.start_as_current_span("short"):
            pass
    """,
    "left": """
        span = tracer.start_span("left")
        time.sleep(0.5)
    """,
    "forked": """
        tracer.start_span("before")
        time.sleep(0.5)
        if not os.fork():
            with tracer.start_as_current_span("forked"):
                sys.stdin.readline()
            os._exit(0)
        os.wait()
    """,
}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service("", tmp_path_factory.mktemp("open")) as started:
        yield started


@pytest.fixture
def start(service, tmp_path):
    started = []

    def go(name):
        environment = {**bare_environment(tmp_path, coverage=False), "OTEL_EXPORTER_OTLP_ENDPOINT": service.url}
        command = [sys.executable, "-c", APP + textwrap.dedent(LIST[name])]
        started.append(subprocess.Popen(command, env=environment, stdin=subprocess.PIPE))
        return started[-1]

    yield go
    for process in started:
        process.kill()
        process.wait(10)


def outcome(service, workflow):
    found = [run for run in service.items("/api/v1/runs") if run["workflow"] == workflow]
    assert len(found) <= 1
    return found[0]["outcome"] if found else ""


def wait_for(service, workflow, wanted):
    service.wait_until(lambda: outcome(service, workflow) == wanted, f"{workflow} {wanted}", 20)


def test_a_long_run_is_seen_while_it_runs_and_then_with_its_end(service, start):
    app = start("long")
    wait_for(service, "long", "running")
    app.communicate(b"\n", timeout=20)
    wait_for(service, "long", "succeeded")
    [run] = [run for run in service.items("/api/v1/runs") if run["workflow"] == "long"]
    shown = service.get(f"/api/v1/runs/{run['id']}")
    assert [span["name"] for span in shown["trace"]] == ["long", "part"]
    assert "tocsin.span" not in shown["trace"][0]["attributes"]


def test_a_killed_process_leaves_a_lost_run(service, start):
    app = start("long")
    service.wait_until(lambda: len(open_runs(service, "long")) == 1, "running", 20)
    app.send_signal(signal.SIGKILL)
    service.wait_until(lambda: not open_runs(service, "long"), "lost", 20)
    assert "lost" in [run["outcome"] for run in service.items("/api/v1/runs") if run["workflow"] == "long"]


def open_runs(service, workflow):
    return [r for r in service.items("/api/v1/runs") if (r["workflow"], r["outcome"]) == (workflow, "running")]


def test_a_short_run_is_told_once(service, start):
    start("short").wait(20)
    wait_for(service, "short", "succeeded")
    [run] = [run for run in service.items("/api/v1/runs") if run["workflow"] == "short"]
    assert len(service.get(f"/api/v1/runs/{run['id']}")["trace"]) == 1


def test_a_run_that_its_process_never_ended_has_crashed(service, start):
    start("left").wait(20)
    wait_for(service, "left", "crashed")


def test_a_forked_process_tells_of_its_own_runs_alone(service, start):
    app = start("forked")
    wait_for(service, "forked", "running")
    app.communicate(b"\n", timeout=20)
    wait_for(service, "forked", "lost")  # its end was in the memory of a process that ended at once
    wait_for(service, "before", "crashed")

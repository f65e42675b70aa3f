"""A body that ends the process which reads it: it is found, set aside and told of, and its neighbours are not lost."""

import pytest

from support.service import Service
from support.sinks import HttpSink

pytestmark = pytest.mark.usefixtures("on_both")

# Loaded by every Python of the service before anything else: reading such a body kills the worker for good.
KILLER = """
import os, signal, sys
if {"serve", "worker"} & set(sys.argv):
    from alerting.consumer import decoding
    recognise = decoding.recognise
    def deadly(kind, body, media, received_at):
        if b"deadly" in body:
            os.kill(os.getpid(), signal.SIGKILL)
        return recognise(kind, body, media, received_at)
    decoding.recognise = deadly
"""


@pytest.mark.timeout(150)
@pytest.mark.once
def test_a_row_that_kills_the_worker_is_set_aside_and_its_neighbours_kept(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(KILLER)
    with HttpSink() as sink:
        config = f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}'
        with Service(config, tmp_path, PYTHONPATH=str(tmp_path)) as service:
            events = [{"workflow": f"w{n}", "run_id": "r", "outcome": "succeeded"} for n in range(6)]
            for event in events[:3]:
                service.post("/api/v1/events", event)
            service.post("/api/v1/events", {"workflow": "deadly", "outcome": "failed", "error": {"type": "X"}})
            for event in events[3:]:
                service.post("/api/v1/events", event)
            service.wait_until(lambda: bool(sink.requests), "told of the poison", 90)
            service.wait_drained()
            workflows = {run["workflow"] for run in service.items("/api/v1/runs")}
            health = service.get("/health")
    assert {event["workflow"] for event in events} <= workflows
    assert "tocsin-ingest" in sink.requests[0].json["title"]
    assert "set aside" in health["warnings"][0]

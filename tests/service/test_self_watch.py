"""Does anybody hear of it when Tocsin itself is ill? Real processes, stopped by signals, and real receivers."""

import os
import signal
import urllib.request

import pytest

from support.databases import Database
from support.fleet import Fleet
from support.service import Service
from support.sinks import Answer, HttpSink

pytestmark = pytest.mark.timeout(180)
BOOM = {"workflow": "pay", "outcome": "failed", "error": {"type": "Boom", "message": "it broke"}}
SECRET = "s3cretT0ken"


def reasons(sink):
    return [request.json["reason"] for request in sink.requests]


def metrics(service):
    with urllib.request.urlopen(f"{service.url}/metrics", timeout=10) as answer:
        lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def pings(sink):
    return [(request.method, request.path) for request in sink.requests]


@pytest.mark.once
def test_a_worker_that_is_stopped_is_told_and_pings_no_more_until_it_goes_on(tmp_path, on_both):
    with HttpSink() as ops, HttpSink() as spare, HttpSink() as dead_man:
        config = f"""
channels:
  ops: {{type: webhook, url: "{ops.url}"}}
  spare: {{type: webhook, url: "{spare.url}"}}
policies: {{default: {{channels: [ops]}}}}
self: {{channel: spare, ping_url: "${{DEADMAN_URL}}", ping_every: 1s, after: 10s}}
"""
        with Service(config, tmp_path, DEADMAN_URL=f"http://127.0.0.1:{dead_man.port}/{SECRET}") as service:
            dead_man.wait_for(2)
            worker = service.processes()[1]
            os.kill(worker, signal.SIGSTOP)
            heard = len(dead_man.requests)
            try:
                service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
                [first] = spare.wait_for(1, 60)
                unheard = len(dead_man.requests)
                health, numbers = service.ask("GET", "/health"), metrics(service)
                assert ops.requests == []
            finally:
                os.kill(worker, signal.SIGCONT)
            ops.wait_for(1)
            spare.wait_for(2, 60)
            dead_man.wait_for(unheard + 2)
            service.wait_drained()
            assert metrics(service)["tocsin_evaluation_lag_seconds"] == 0
            assert service.get("/health")["self"]["ping"]["state"] == "answered"
        log = service.log
    assert unheard <= heard + 1  # one may have been on its way
    assert "gives no sign of life" in first.json["title"]
    assert reasons(spare) == ["first", "resolved"]
    assert [each["what"] for each in health[1]["self"]["troubles"]] == ["worker"]
    assert numbers["tocsin_worker_heartbeat_age_seconds"] >= 10
    assert numbers["tocsin_evaluation_lag_seconds"] > 0
    assert numbers["tocsin_self_watch_troubles"] == 1
    assert numbers["tocsin_dead_man_ping_age_seconds"] > 5
    assert set(pings(dead_man)) == {("GET", f"/{SECRET}")}
    assert SECRET not in log + str(health)


@pytest.mark.once
def test_a_receiver_that_hangs_is_told_to_another(tmp_path, on_both):
    with HttpSink(default=Answer(delay=60)) as hung, HttpSink() as spare, HttpSink(default=Answer(500)) as dead_man:
        config = f"""
channels:
  ops: {{type: webhook, url: "{hung.url}"}}
  spare: {{type: webhook, url: "{spare.url}"}}
policies: {{default: {{channels: [ops]}}}}
self: {{channel: spare, after: 10s, stuck_after: 12s, ping_url: "http://127.0.0.1:{dead_man.port}/{SECRET}"}}
"""
        with Service(config, tmp_path) as service:
            service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
            [told] = spare.wait_for(1, 60)
            health, numbers = service.get("/health"), metrics(service)
            log = service.log
    assert told.json["title"] == "[high] Tocsin itself: channel ops does not deliver"
    assert "no answer came" in told.json["text"]
    assert health["status"] == "ok"
    assert health["self"]["ping"]["state"] == "failed"
    assert "the dead man's ping failed: HTTP 500" in health["warnings"]
    assert numbers["tocsin_oldest_undelivered_seconds"] >= 12
    assert numbers['tocsin_channel_healthy{channel="ops"}'] == 1
    assert "dead man's ping: failed" in log
    assert SECRET not in log + str(health)


def test_a_message_that_nobody_got_is_counted(tmp_path, on_both):
    with HttpSink(default=Answer(404)) as gone:
        config = f'channels: {{ops: {{type: webhook, url: "{gone.url}"}}}}'
        with Service(config, tmp_path) as service:
            service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
            gone.wait_for(1)
            service.wait_until(lambda: metrics(service)["tocsin_dead_letters_total"] == 1, "dead")
            assert metrics(service)['tocsin_channel_healthy{channel="ops"}'] == 0
            assert service.get("/health")["self"]["channel"] is None


@pytest.fixture
def database():
    made = Database()
    yield made
    made.drop()


def test_of_many_receivers_one_tells_and_of_many_workers_one_pings(tmp_path, database):
    with HttpSink() as spare, HttpSink() as dead_man:
        config = f"""
channels: {{spare: {{type: webhook, url: "{spare.url}"}}}}
self: {{channel: spare, after: 10s, ping_url: "{dead_man.url}", ping_every: 30s}}
"""
        with Fleet(tmp_path, database.url, config, receivers=2, workers=2) as fleet:
            dead_man.wait_for(1, 30)
            for worker in fleet.workers:
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait(10)
            spare.wait_for(1, 60)
            fleet.workers = [fleet.start_worker(), fleet.start_worker()]
            spare.wait_for(2, 60)
            seen = [fleet.get("/health", port)["self"]["keeps_watch"] for port in fleet.ports]
    assert reasons(spare) == ["first", "resolved"]
    assert sorted(seen) == [False, True]
    assert len(dead_man.requests) <= 3  # one in half a minute, and one when another worker took over

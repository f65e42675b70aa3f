"""Timers outlive kill -9: they fire, none twice."""

import random
import sqlite3
import time
from contextlib import closing

import pytest

from support.service import Service
from support.sinks import HttpSink

pytestmark = pytest.mark.timeout(90)

CONFIGURATION = """
channels: {{hook: {{type: webhook, url: "{url}"}}}}
policies:
  default:
    channels: [hook]
    timing: {{high: now}}
    group_wait: 1s
    group_interval: 0s
    dedup_window: 3s
    remind: {{high: [4s, 1h]}}
    escalate: [{{after: 5s, channels: [hook]}}]
"""


def test_reminders_escalations_and_the_ends_of_windows_come_once_though_the_processes_are_killed(tmp_path):
    chance = random.Random(20261125)
    with HttpSink() as sink:
        service = Service(CONFIGURATION.format(url=sink.url), tmp_path)
        service.wait_ready()
        _fail(service, "r1")
        for _ in range(4):
            time.sleep(chance.uniform(0.3, 1))
            service.kill()
            service.start_again()
            service.wait_ready()
        _fail(service, "r2")
        time.sleep(5)
        service.wait_until(lambda: bool(sink.requests), "a message")
        service.wait_drained()
        service.stop()
    with closing(sqlite3.connect(tmp_path / "data" / "tocsin.db")) as connection:
        decided = connection.execute("SELECT reason, status FROM notification ORDER BY number").fetchall()
    # What waited for a dispatcher that had died is merged into one message: it is sent all the same.
    assert sorted(decided) == [(reason, "sent") for reason in ("again", "escalation", "first", "reminder")]


def _fail(service: Service, run_id: str) -> None:
    error = {"type": "Boom", "message": "it broke"}
    event = {"workflow": "pay", "run_id": run_id, "outcome": "failed", "error": error}
    assert service.post("/api/v1/events", event)[0] < 300

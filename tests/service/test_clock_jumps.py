"""The machine's clock jumps under both processes: order is kept, timers fire once and soon, nothing is lost."""

import sqlite3
from collections import Counter
from contextlib import closing

from support.faketime import FakeTime
from support.service import Service
from support.sinks import HttpSink

JUMPS = ("+1h", "+0", "-1d")
CONFIG = """
channels: {{hook: {{type: webhook, url: "{}"}}}}
policies:
  default:
    channels: [hook]
    group_by: [workflow]
    timing: {{high: now}}
    group_wait: 1s
    group_interval: 0s
    remind: {{high: [3s, 30d]}}
"""


def fail(service, workflow, *run_ids):
    for run_id in run_ids:
        event = {"workflow": workflow, "run_id": run_id, "outcome": "failed", "error": {"type": "Boom"}}
        assert service.post("/api/v1/events", event)[0] == 202


def test_jumps_of_the_clock_lose_nothing_and_stop_no_timer(tmp_path):
    clock = FakeTime(tmp_path, at_once=True)
    with HttpSink() as sink, Service(CONFIG.format(sink.url), tmp_path, **clock.environment) as service:
        fail(service, "w0", "r0")
        service.wait_until(lambda: said(service)["first"] == 1, "told")
        for number, jump in enumerate(JUMPS, 1):
            clock.set(jump)
            fail(service, f"w{number}", f"r{number}")
            service.wait_until(lambda number=number: said(service)["first"] == number + 1, "told")
        service.wait_until(lambda: said(service)["reminder"] == 4, "reminded", 30)
        service.wait_drained()
        warnings = service.get("/health")["warnings"]
        service.kill()
        service.start_again()
        service.wait_ready()
        fail(service, "w9", "r9")
        service.wait_until(lambda: said(service)["reminder"] == 5, "reminded after a restart", 30)
        service.wait_drained()
        after = service.get("/health")["warnings"]
        told = said(service)
    with closing(sqlite3.connect(tmp_path / "data" / "tocsin.db")) as connection:
        received = connection.execute("SELECT run_id, received_at FROM failure ORDER BY run_id").fetchall()
    assert [run_id for run_id, _ in received] == ["r0", "r1", "r2", "r3", "r9"]
    assert [at for _, at in received] == sorted(at for _, at in received)
    assert told == {"first": 5, "reminder": 5}
    assert {alert["workflow"] for request in sink.requests for alert in request.json["alerts"]} == {
        "w0", "w1", "w2", "w3", "w9"
    }  # fmt: skip
    assert [text for text in (*warnings, *after) if "was set back" not in text] == []
    assert len(warnings) == len(after) == 1


def said(service):
    """What was sent, by its reason; what waited for the same conversation may have gone out together."""
    return Counter(each["reason"] for each in service.items("/api/v1/notifications") if each["status"] == "sent")

"""The machine's clock was ahead, and is set right: nobody may go without messages until it has caught up."""

import time
import urllib.request
from email.utils import parsedate_to_datetime

from support.faketime import FakeTime
from support.service import Service
from support.sinks import HttpSink

RULES = """
channels: {{hook: {{type: webhook, url: "{url}"}}}}
policies: {{default: {{channels: [hook], group_by: [], timing: {{high: now}}, group_wait: 1s, group_interval: 1s}}}}
"""


def test_failures_are_told_though_the_clock_was_an_hour_ahead(tmp_path):
    clock = FakeTime(tmp_path)
    with HttpSink() as sink, Service(RULES.format(url=sink.url), tmp_path, **clock.environment) as service:
        clock.set("+1h")
        service.wait_until(lambda: _seconds_ahead(service) > 3_000, "an hour ahead")
        _fail(service, "pay")
        sink.wait_for(1)
        clock.set("+0")
        service.wait_until(lambda: _seconds_ahead(service) < 3_000, "set right")
        _fail(service, "ship")
        sink.wait_for(2, seconds=15)
        service.wait_drained()
        service.kill()
        clock.forget(service.process.pid)
        service.start_again()
        service.wait_ready()
        _fail(service, "mail")
        service.wait_until(lambda: {"mail"} in _told(sink), "told", 15)
    assert _told(sink) == [{"pay"}, {"ship"}, {"mail"}]


def _told(sink: HttpSink) -> list[set[str]]:
    """Whom each message was about; one that was sent twice, under its id, counts once."""
    by_id = {request.json["id"]: request.json["alerts"] for request in list(sink.requests)}
    return [{part["workflow"] for part in alerts} for alerts in by_id.values()]


def _seconds_ahead(service: Service) -> float:
    with urllib.request.urlopen(f"{service.url}/health", timeout=10) as answer:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()


def _fail(service: Service, workflow: str) -> None:
    event = {"workflow": workflow, "outcome": "failed", "error": {"type": "Boom", "message": "it broke"}}
    assert service.post("/api/v1/events", event)[0] == 202

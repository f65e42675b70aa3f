"""Asked to end under load: what is in flight is answered, nothing acknowledged is lost, no message is sent twice."""

import json
import os
import signal
import time

import pytest

from support.crowds import crowd
from support.sender import Sender
from support.service import Service
from support.sinks import Answer, HttpSink

pytestmark = pytest.mark.usefixtures("on_both")
CAUSES = 12
CONFIG = """
channels: {{hook: {{type: webhook, url: "{}"}}}}
policies: {{default: {{channels: [hook], group_wait: 0s, group_interval: 0s, storm: {{alerts: 100000}}}}}}
"""


@pytest.mark.once
def test_asked_to_end_it_answers_keeps_and_tells_once(tmp_path):
    with HttpSink(default=Answer(delay=0.5)) as sink:
        service = Service(CONFIG.format(sink.url), tmp_path)
        service.wait_ready()
        senders = [Sender([service.port], f"s{n}", 100_000, CAUSES, every=0.01) for n in range(2)]
        for sender in senders:
            sender.start()
        sink.wait_for(4)
        with crowd(service.port, 2) as (in_time, too_slow):
            failed = {"workflow": "w", "run_id": "in-time", "outcome": "failed", "error": {"type": "Boom"}}
            body = json.dumps(failed).encode()
            for client in (in_time, too_slow):
                head = f"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                client.say(head + body[:-1])
            time.sleep(0.2)
            began = time.monotonic()
            for pid in [*service.processes(), service.process.pid]:  # as a terminal or a supervisor does it
                os.kill(pid, signal.SIGTERM)
            time.sleep(0.2)
            in_time.say(body[-1:])
            in_time.listen()
            too_slow.listen()
            service.process.wait(20)
            took = time.monotonic() - began
        for sender in senders:
            sender.stop()
        ended = service.log
        service.start_again()
        service.wait_ready()
        service.wait_drained()
        stored = [failure["run_id"] for failure in service.items("/api/v1/failures")]
        service.stop()
    assert took < 15  # five at the most, on a machine with nothing else to do
    assert (service.process.returncode, in_time.status, too_slow.status) == (0, 202, 503)
    assert "Traceback" not in ended
    acknowledged = {run_id for sender in senders for run_id in sender.acknowledged} | {"in-time"}
    assert len(stored) == len(set(stored))
    assert acknowledged <= set(stored)
    told = [request.json["id"] for request in sink.requests]
    assert len(told) == len(set(told))
    about = {alert["workflow"] for request in sink.requests for alert in request.json["alerts"]}
    assert about == {"w", *(f"w{n}" for n in range(CAUSES))}

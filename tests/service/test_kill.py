"""Both processes are killed with -9 at random moments: nothing acknowledged is lost, nothing counted twice."""

import random
import time

import pytest

from support.sender import Sender
from support.service import Service
from support.sinks import HttpSink

pytestmark = pytest.mark.usefixtures("on_both")

CAUSES = 5


@pytest.mark.parametrize(
    ("failures", "kills"),
    [
        pytest.param(2_000, 6, marks=pytest.mark.timeout(240)),
        pytest.param(20_000, 40, marks=[pytest.mark.soak, pytest.mark.timeout(1_200)]),
    ],
)
def test_nothing_is_lost_or_doubled_when_both_processes_are_killed(tmp_path, failures, kills):
    chance = random.Random(20261123)
    with HttpSink() as sink:
        service = Service(f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}', tmp_path)
        service.wait_ready()
        senders = [Sender([service.port], f"s{n}", failures // 4, CAUSES) for n in range(4)]
        for sender in senders:
            sender.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.6))
            service.kill()
            service.start_again()
            service.wait_ready()
        for sender in senders:
            sender.join(600)
        service.wait_drained()
        stored = [failure["run_id"] for failure in service.items("/api/v1/failures")]
        counts = {alert["workflow"]: alert["count"] for alert in service.items("/api/v1/alerts")}
        quarantined = service.get("/health")["warnings"]
        service.stop()
    acknowledged = [run_id for sender in senders for run_id in sender.acknowledged]
    assert sorted(stored) == sorted(acknowledged)
    assert len(acknowledged) == failures
    assert counts == {f"w{n}": failures // CAUSES for n in range(CAUSES)}
    assert quarantined == []
    first = [request.json for request in sink.requests if request.json["reason"] == "first"]
    assert {said["alerts"][0]["workflow"] for said in first} == set(counts)
    assert len({said["id"] for said in first}) == CAUSES

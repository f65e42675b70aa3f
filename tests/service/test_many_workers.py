"""Many processes over one PostgreSQL: any of them may be killed, and the database restarted, and nothing is lost or
told twice. What was acknowledged and what arrived is compared by a reader that is no part of Tocsin."""

import itertools
import os
import signal
import time
from collections import Counter

import pytest

from support.databases import query
from support.fleet import Fleet
from support.sender import Sender
from support.sinks import Answer, HttpSink

CAUSES = 50


def cause_of(run_id: str) -> str:
    return f"w{int(run_id.split('-')[1]) % CAUSES}"


def hook(sink: HttpSink) -> str:
    """Each of the many causes is told apart: no storm gathers them."""
    channel = f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}'
    return f"{channel}\npolicies: {{default: {{channels: [hook], storm: {{alerts: 100000}}}}}}\n"


@pytest.mark.parametrize(
    ("failures", "every"),
    [
        pytest.param(2_400, 0.08, marks=pytest.mark.timeout(240)),
        pytest.param(20_000, 0.08, marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
    ],
)
def test_a_worker_is_killed_every_second_and_the_database_restarted(tmp_path, server, failures, every, record_property):
    with HttpSink() as sink, Fleet(tmp_path, server.url, hook(sink), receivers=2, workers=3) as fleet:
        senders = [Sender(fleet.ports[n % 2 :] + fleet.ports[: n % 2], f"s{n}", failures // 4, CAUSES, 5, every)
                   for n in range(4)]  # fmt: skip
        for sender in senders:
            sender.start()
        began = time.monotonic()
        for second in itertools.count(1):
            time.sleep(max(0.0, began + second - time.monotonic()))
            fleet.kill_worker(second % 3)
            if second == 5:
                server.restart()
            if not any(sender.is_alive() for sender in senders):
                break
        fleet.wait_until(fleet.drained, "drained", 120)
        stored = Counter(row["run_id"] for row in query(server.url, "SELECT run_id FROM failure"))
        alerts = query(server.url, "SELECT workflow, count FROM alert")
        aside = query(server.url, "SELECT reason FROM quarantine")
        log = fleet.log
    acknowledged = [run_id for sender in senders for run_id in sender.acknowledged]
    assert len(acknowledged) == failures
    assert second >= 6
    assert set(acknowledged) - set(stored) == set()
    assert [run_id for run_id, n in stored.items() if n > 1] == []
    assert aside == []
    assert {row["workflow"]: row["count"] for row in alerts} == {
        f"w{cause}": sum(1 for run_id in stored if int(run_id.split("-")[1]) % CAUSES == cause)
        for cause in range(CAUSES)
    }
    first = Counter((said.json["alerts"][0]["workflow"], said.json["id"]) for said in sink.requests
                    if said.json["reason"] == "first")  # fmt: skip
    assert sorted(workflow for workflow, _ in first) == sorted(f"w{cause}" for cause in range(CAUSES))
    # A worker killed between the answer and its record leaves the message to another, under the same id.
    record_property("redelivered under the same id", sum(first.values()) - len(first))
    assert "Traceback" not in log


def test_a_worker_that_is_asked_to_end_finishes_what_it_sends_and_nobody_sends_it_too(tmp_path, server):
    with HttpSink(default=Answer(delay=2.0)) as sink, Fleet(tmp_path, server.url, hook(sink), 1, 2) as fleet:
        fleet.post("/api/v1/events", {"workflow": "pay", "outcome": "failed", "error": {"type": "Boom"}})
        sink.wait_for(1)
        for worker in fleet.workers:
            worker.terminate()
            time.sleep(0.3)
        third = fleet.start_worker()
        for worker in fleet.workers:
            worker.wait(10)
        fleet.workers.append(third)
        fleet.wait_until(fleet.drained, "drained")
        time.sleep(1)
        assert [request.json["reason"] for request in sink.requests] == ["first"]
        assert query(server.url, "SELECT receipt FROM delivery") == [{"receipt": "delivered"}]
        fleet.wait_until(lambda: len(query(server.url, "SELECT id FROM worker")) == 1, "only the third is there")


def test_the_others_take_over_within_ten_seconds(tmp_path, server):
    """From kill -9 to the message about a failure of the dead one's workflow."""
    with HttpSink() as sink, Fleet(tmp_path, server.url, hook(sink), 2, 2) as fleet:
        fleet.wait_until(lambda: len(query(server.url, "SELECT DISTINCT owner FROM partition")) == 2, "shared")
        listed = fleet.get("/api/v1/workers")["items"]
        assert [worker["partitions"] for worker in listed] == [16, 16]
        assert {worker["pid"] for worker in listed} == {worker.pid for worker in fleet.workers}
        pid = listed[0]["pid"]
        fleet.receivers[0].kill()
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        for number in range(30):
            event = {"workflow": f"w{number}", "outcome": "failed", "error": {"type": "Boom"}}
            assert fleet.post("/api/v1/events", event, fleet.ports[1])[0] == 202
        told = sink.wait_for(30, seconds=20)
        assert time.monotonic() - began < 10
    assert sorted(request.json["alerts"][0]["workflow"] for request in told) == sorted(f"w{n}" for n in range(30))

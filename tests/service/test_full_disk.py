"""No room on the disk, or none to be written to: it is said, nothing acknowledged is lost, and room is all it takes."""

import os
import signal
import time
import urllib.request

import pytest

from support.disks import data_of, fill, read_only, small_disk
from support.sender import Sender
from support.service import Service, limit_files
from support.sinks import HttpSink

CONFIG = """
channels: {{hook: {{type: webhook, url: "{}"}}}}
policies: {{default: {{channels: [hook], group_wait: 0s, group_interval: 0s}}}}
"""


def failure(run_id):
    return {"workflow": "pay", "run_id": run_id, "outcome": "failed", "error": {"type": "Boom", "message": "it broke"}}


def run_ids(service):
    return sorted(failure["run_id"] for failure in service.items("/api/v1/failures"))


def page(service):
    with urllib.request.urlopen(f"{service.url}/", timeout=10) as answer:
        return answer.read().decode()


def test_without_room_for_the_inbox_senders_are_told_to_come_again(tmp_path):
    with Service("", tmp_path) as service:
        assert service.post("/api/v1/events", failure("before"))[0] == 202
        service.wait_drained()
        limit_files(service.processes(), 0)
        status, said, headers = service.post("/api/v1/events", failure("during"))
        health = service.ask("GET", "/health")
        shown = page(service)
        limit_files(service.processes())
        assert service.post("/api/v1/events", failure("after"))[0] == 202
        service.wait_drained()
        service.wait_ready()
        assert run_ids(service) == ["after", "before"]
        assert "nothing is taken in" not in page(service)
    assert (status, 1 <= int(headers["retry-after"]) <= 4) == (503, True)
    assert b"the disk refused the inbox" in said
    assert health[0] == 503
    assert "nothing is taken in" in health[1]["wrong"][0]
    assert "Tocsin itself: nothing is taken in" in shown


def test_a_worker_without_room_waits_and_goes_on_where_it_stood(tmp_path):
    with HttpSink() as sink, Service(CONFIG.format(sink.url), tmp_path) as service:
        _, worker = service.processes()
        assert service.post("/api/v1/events", failure("before"))[0] == 202
        sink.wait_for(1)
        service.wait_drained()
        limit_files([worker], 0)
        statuses = {service.post("/api/v1/events", failure(f"during-{n}"))[0] for n in range(20)}
        time.sleep(3)  # it tries once a second
        assert service.get("/api/v1/pipeline")["processed"] == 1
        limit_files([worker])
        service.wait_drained()
        assert service.processes()[1] == worker
        assert run_ids(service) == sorted(["before", *(f"during-{n}" for n in range(20))])
        [alert] = service.items("/api/v1/alerts")
        quarantined = service.get("/health")["warnings"]
    assert statuses == {202}
    assert alert["count"] == 21
    assert quarantined == []
    assert len({request.json["id"] for request in sink.requests}) == len(sink.requests)


def test_a_disk_that_fills_up_under_load_loses_and_doubles_nothing(tmp_path):
    with HttpSink() as sink, Service(CONFIG.format(sink.url), tmp_path, wrap=small_disk(tmp_path, "24m")) as service:
        senders = [Sender([service.port], f"s{n}", 400, 4, together=4, every=0.02) for n in range(2)]
        for sender in senders:
            sender.start()
        service.wait_until(lambda: service.get("/api/v1/pipeline")["processed"] > 50, "working")
        ballast = fill(data_of(service))
        service.wait_until(lambda: service.post("/api/v1/events", failure("full"))[0] == 503, "full")
        assert service.ask("GET", "/health")[0] == 503
        assert service.ask("GET", "/api/v1/runs")[0] in {200, 503}
        time.sleep(1)
        ballast.unlink()
        for sender in senders:
            sender.join(60)
        service.wait_drained()
        service.wait_ready()
        stored = run_ids(service)
        warnings = service.get("/health")["warnings"]
    acknowledged = [run_id for sender in senders for run_id in sender.acknowledged]
    assert len(acknowledged) == 800
    assert [run_id for run_id in stored if run_id != "full"] == sorted(acknowledged)
    assert warnings == []
    assert len({request.json["id"] for request in sink.requests}) == len(sink.requests)


@pytest.mark.parametrize(
    ("folder", "said"),
    [("data", "Read-only file system; make it writable"), ("data/inbox", "Read-only file system")],
)
def test_a_folder_that_may_not_be_written_to_is_said_at_the_start_and_harms_nothing(tmp_path, folder, said):
    service = Service("", tmp_path)
    service.wait_ready()
    assert service.post("/api/v1/events", failure("before"))[0] == 202
    service.kill()
    refused = Service("", tmp_path, wrap=read_only(tmp_path, folder))
    assert refused.process.wait(30) == 2
    assert "Traceback" not in refused.log
    assert said in refused.log
    service.start_again()
    service.wait_ready()
    service.wait_drained()
    assert run_ids(service) == ["before"]
    service.stop()


def test_a_disk_that_is_full_at_the_start_is_said(tmp_path):
    refused = Service("", tmp_path, wrap=small_disk(tmp_path, "64k"))
    assert refused.process.wait(30) == 2
    assert "Traceback" not in refused.log
    assert "tocsin.db cannot be used: database or disk is full" in refused.log


def test_a_worker_that_ends_while_the_log_cannot_be_written_is_started_anew(tmp_path):
    with Service("", tmp_path) as service:
        before = service.processes()
        service.limit_files(0)
        os.kill(before[1], signal.SIGKILL)
        service.wait_until(lambda: set(service.processes()) - set(before) != set(), "another worker", 10)
        service.limit_files()
        event = {"workflow": "pay", "outcome": "failed", "error": {"type": "Boom"}}
        assert service.post("/api/v1/events", event)[0] == 202
        service.wait_drained(30)

"""The last write to the disk is torn: it starts all the same, says what it lost, and loses nothing before that."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.service import Service
from support.sinks import HttpSink

FRAME = 4096 + 24  # of SQLite's log: a page and its header


def cut(log: Path) -> None:
    """The last two pages never came, nor half of the one before."""
    os.truncate(log, log.stat().st_size - 2 * FRAME - 2000)


def garble(log: Path) -> None:
    """Something else stands where the last two pages and a half were to be."""
    size = 2 * FRAME + 2000
    with log.open("r+b") as file:
        file.seek(log.stat().st_size - size)
        file.write(os.urandom(size))


def fail(service: Service, *names: str) -> None:
    for name in names:
        event = {"workflow": "pay", "run_id": name, "outcome": "failed", "error": {"type": "Boom", "message": "x"}}
        assert service.post("/api/v1/events", event)[0] == 202


def run_ids(service: Service) -> set[str]:
    found = [failure["run_id"] for failure in service.items("/api/v1/failures")]
    assert len(found) == len(set(found))
    return set(found)


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def newest_segment(service: Service) -> Path:
    return max(path for path in (service.data / "inbox").glob("*.db") if log_of(path).exists())


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{n}" for n in range(count)]


@pytest.mark.parametrize("tear", [garble, pytest.param(cut, marks=pytest.mark.soak)])
def test_of_the_inbox_nothing_is_lost_before_what_is_torn_nor_after(tmp_path, tear):
    """Each post is a page or two of the log: of those that wait, the last three may be gone."""
    service = Service("", tmp_path)
    service.wait_ready()
    fail(service, *names("worked-on", 10))
    service.wait_drained()
    os.kill(service.processes()[1], signal.SIGSTOP)
    fail(service, *names("waiting", 10))
    service.kill()
    tear(log_of(newest_segment(service)))
    service.start_again()
    service.wait_ready()
    fail(service, *names("after", 5))
    service.wait_drained()
    stored = run_ids(service)
    service.stop()
    assert stored - {"waiting-7", "waiting-8", "waiting-9"} == {
        *names("worked-on", 10), *names("waiting", 7), *names("after", 5)
    }  # fmt: skip
    assert "waiting-9" not in stored


@pytest.mark.parametrize("tear", [garble, pytest.param(Path.unlink, marks=pytest.mark.soak)])
def test_rows_that_the_inbox_lost_after_they_were_worked_on_hide_no_new_ones(tmp_path, tear):
    service = Service("", tmp_path)
    service.wait_ready()
    fail(service, *names("before", 10))
    service.wait_drained()
    service.kill()
    tear(log_of(newest_segment(service)))
    service.start_again()
    service.wait_ready()
    fail(service, *names("after", 10))
    service.wait_drained()
    stored = run_ids(service)
    service.stop()
    assert stored == {*names("before", 10), *names("after", 10)}
    assert "the inbox has lost rows that were worked on already" in service.log


@pytest.mark.parametrize("tear", [cut, pytest.param(Path.unlink, marks=pytest.mark.soak)])
def test_what_the_state_store_lost_is_made_again_from_the_inbox(tmp_path, tear):
    with HttpSink() as sink:
        service = Service(f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}', tmp_path)
        service.wait_ready()
        fail(service, *names("before", 10))
        sink.wait_for(1)
        service.wait_drained()
        service.kill()
        tear(log_of(service.data / "tocsin.db"))
        service.start_again()
        service.wait_ready()
        fail(service, *names("after", 5))
        service.wait_drained()
        stored = run_ids(service)
        [alert] = service.items("/api/v1/alerts")
        service.stop()
    assert stored == {*names("before", 10), *names("after", 5)}
    assert alert["count"] == 15
    assert len({request.json["id"] for request in sink.requests if request.json["reason"] == "first"}) == 1


@pytest.mark.parametrize("which", ["tocsin.db", "inbox/*.db"])
def test_a_file_that_is_none_of_ours_any_more_is_named_and_left_alone(tmp_path, which):
    service = Service("", tmp_path)
    service.wait_ready()
    service.stop()
    [path] = service.data.glob(which)
    for log in path.parent.glob(f"{path.name}-*"):  # out of which it would be made whole again
        log.unlink()
    path.write_bytes(b"garbage" * 1000)
    service.start_again()
    assert service.process.wait(30) == 2
    assert "cannot be used: file is not a database" in service.log
    assert "Traceback" not in service.log
    assert path.read_bytes() == b"garbage" * 1000


def test_a_store_that_is_locked_by_another_is_waited_for_while_bodies_are_taken_in(tmp_path):
    """For longer than a writer waits by itself."""
    with Service("", tmp_path) as service:
        _, worker = service.processes()
        with closing(sqlite3.connect(service.data / "tocsin.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            fail(service, *names("locked", 20))
            service.wait_until(lambda: "the state store refused" in service.log, "refused", 30)
            fail(service, *names("still", 5))
            asked = [service.ask("GET", path)[0] for path in ("/health", "/api/v1/runs", "/api/v1/pipeline")]
            other.execute("ROLLBACK")
        service.wait_drained()
        assert run_ids(service) == {*names("locked", 20), *names("still", 5)}
        assert service.processes()[1] == worker
        assert service.get("/health")["warnings"] == []
    assert set(asked) <= {200, 503}

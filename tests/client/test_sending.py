"""Does every event arrive, once, in order, or is it said why not?"""

import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from support.service import bare_environment, free_port
from support.sinks import Answer, HttpSink
from support.watched import events_of, taken, taking
from tocsin_client.sending import Sender, tell
from tocsin_client.settings import Settings, from_environment
from tocsin_client.spool import Spool

EVENT = {"workflow": "w", "outcome": "failed"}


class Machine:
    """One sender and what it said."""

    def __init__(self, folder: Path, url: str = "", key: str = "", **bounds: int) -> None:
        self.said: list[str] = []
        self.spool = Spool(folder / "spool", **bounds)
        settings = Settings(url or f"http://127.0.0.1:{free_port()}", key, self.spool.folder)
        self.sender = Sender(settings, 0.0, self.spool, self.said.append)

    def tell(self, seconds: float = 5.0, **event: object) -> bool:
        return self.sender.tell({**EVENT, **event}, seconds)

    def waiting(self) -> list[object]:
        return [json.loads(event)["run_id"] for _, event in self.spool.oldest(10_000, 1 << 30)]


def url_of(sink: HttpSink) -> str:
    return f"http://127.0.0.1:{sink.port}"


def run_ids(sink: HttpSink) -> list[object]:
    return [event["run_id"] for event in events_of(sink.requests)]


def test_an_event_is_sent_with_key_time_and_id(tmp_path):
    with taking() as tocsin:
        machine = Machine(tmp_path, url_of(tocsin), "s3cret")
        assert machine.tell(run_id="r")
        [request] = tocsin.requests
    [event] = request.json
    assert (request.path, request.headers["Authorization"]) == ("/api/v1/events", "Bearer s3cret")
    assert (event["workflow"], event["run_id"]) == ("w", "r")
    assert event["id"]
    assert event["occurred_at"].endswith("+00:00")
    assert (machine.waiting(), machine.said) == ([], [])


def test_what_cannot_be_sent_waits_and_goes_first_in_order(tmp_path):
    cut_off = Machine(tmp_path)
    assert [cut_off.tell(0.2, run_id=n) for n in range(3)] == [True] * 3
    assert cut_off.waiting() == [0, 1, 2]
    assert "they wait in" in cut_off.said[0]
    with taking() as tocsin:
        assert Machine(tmp_path, url_of(tocsin)).tell(run_id=3)
        assert run_ids(tocsin) == [0, 1, 2, 3]
    assert cut_off.waiting() == []


def test_what_waits_can_be_read_by_its_owner_alone(tmp_path):
    Machine(tmp_path).tell(0.2)
    folder = tmp_path / "spool"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_after_503_it_is_tried_again_within_the_same_call(tmp_path):
    with HttpSink([Answer(503), Answer(503, {"Retry-After": "1"})], taken()) as tocsin:
        machine = Machine(tmp_path, url_of(tocsin))
        assert machine.tell(20)
        first, second, third = (request.at for request in tocsin.requests)
    assert second - first >= 0.2
    assert third - second >= 1.0
    assert (machine.waiting(), machine.said) == ([], [])


def test_a_wait_that_would_take_too_long_is_left_to_the_next_one(tmp_path):
    with HttpSink([Answer(429, {"Retry-After": "3600"})], taken()) as tocsin:
        machine = Machine(tmp_path, url_of(tocsin))
        began = time.monotonic()
        assert machine.tell(5, run_id=1)
        assert time.monotonic() - began < 4
        assert machine.waiting() == [1]
        assert machine.tell(5, run_id=2)
        assert run_ids(tocsin) == [1, 1, 2]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_is_refused_is_said_and_not_kept(tmp_path, status):
    refusal = Answer(status, body=b'{"error": "the ingest key is missing or wrong"}')
    with HttpSink(default=refusal) as tocsin:
        machine = Machine(tmp_path, url_of(tocsin), "s3cret")
        assert not machine.tell()
        assert len(tocsin.requests) == 1
    assert machine.waiting() == []
    assert f"refused an event: {status} the ingest key is missing or wrong" in machine.said[0]
    assert "s3cret" not in "".join(machine.said)


def test_a_wrong_key_costs_nothing_of_what_waits(tmp_path):
    Machine(tmp_path).tell(0.2, run_id="old")
    with HttpSink(default=Answer(401)) as tocsin:
        machine = Machine(tmp_path, url_of(tocsin), "wrong")
        assert not machine.tell(run_id="new")
    assert machine.waiting() == ["old"]


def test_a_bad_event_costs_only_itself(tmp_path):
    cut_off = Machine(tmp_path)
    for n in range(3):
        cut_off.tell(0.2, run_id=n)
    with HttpSink(
        [
            Answer(400, body=b'{"error": "the body is not right"}'),
            Answer(400, body=b'{"accepted": 0, "rejected": [{"index": 0, "error": "workflow is missing"}]}'),
            Answer(202, body=b'{"accepted": 2, "rejected": [{"index": 1, "error": "outcome is missing"}]}'),
        ],
        taken(),
    ) as tocsin:
        machine = Machine(tmp_path, url_of(tocsin))
        assert machine.tell(run_id=3)
        assert [[event["run_id"] for event in request.json] for request in tocsin.requests] == [
            [0, 1, 2, 3], [0], [1, 2, 3],
        ]  # fmt: skip
    assert machine.waiting() == []
    assert [said.partition(": ")[2] for said in machine.said] == ["workflow is missing", "outcome is missing"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, {"Location": "/elsewhere"}),
        Answer(200, body=b"<html>Log in to this network</html>"),
        Answer(drop=True),
        Answer(drip=b"HTTP/1.1 202 Accepted\r\nX: "),
        Answer(202, {"Content-Length": "100"}, body=b"{}"),
        Answer(500),
    ],
    ids=["redirect", "captive portal", "drop", "drip", "half an answer", "500"],
)
def test_nothing_is_lost_to_what_is_no_answer_of_tocsins(tmp_path, answer):
    with HttpSink(default=answer) as other:
        machine = Machine(tmp_path, url_of(other), "s3cret")
        began = time.monotonic()
        assert machine.tell(1.0, run_id=1)
        assert time.monotonic() - began < 3
        assert {request.path for request in other.requests} == {"/api/v1/events"}
    assert machine.waiting() == [1]


@pytest.mark.parametrize(
    "url", ["nonsense", "file:///etc/passwd", "http://u:s3cret@127.0.0.1:1", "http://[", "http://a:b"]
)
def test_a_wrong_address_is_said_without_a_secret_and_costs_nothing(tmp_path, url):
    machine = Machine(tmp_path, url)
    assert machine.tell(0.5, run_id=1)
    assert "TOCSIN_URL" in machine.said[0]
    assert "s3cret" not in machine.said[0]
    assert machine.waiting() == [1]


@pytest.mark.parametrize("key", ["s3cret\nX-Other: 1", "s3cret\u2603"])
def test_a_key_that_no_header_can_hold_is_not_told(tmp_path, key):
    with taking() as tocsin:
        machine = Machine(tmp_path, url_of(tocsin), key)
        assert machine.tell(0.5, run_id=1)
        assert tocsin.requests == []
    assert "TOCSIN_INGEST_KEY" in machine.said[0]
    assert "s3cret" not in machine.said[0]


def test_a_full_spool_drops_the_oldest_and_says_so(tmp_path):
    machine = Machine(tmp_path, most_events=3)
    for n in range(5):
        machine.tell(0.05, run_id=n)
    assert machine.waiting() == [2, 3, 4]
    assert sum("the 1 oldest events" in said for said in machine.said) == 2


def test_a_spool_is_full_by_bytes_too_and_the_newest_stays(tmp_path):
    machine = Machine(tmp_path, most_bytes=2_500)
    for n in range(4):
        machine.tell(0.05, run_id=n, labels={"text": "x" * 1_000})
    assert machine.waiting() == [2, 3]
    machine.tell(0.05, run_id=4, labels={"text": "x" * 5_000})
    assert machine.waiting() == [4]


def test_a_damaged_file_and_an_unfinished_one_keep_back_nothing(tmp_path):
    machine = Machine(tmp_path)
    machine.tell(0.2, run_id=1)
    (tmp_path / "spool" / "00000000000000000001-x.json").write_bytes(b'{"workflow": "w')
    unfinished = tmp_path / "spool" / "00000000000000000002-y.part"
    unfinished.write_bytes(b"{")
    os.utime(unfinished, (0, 0))
    with taking() as tocsin:
        machine = Machine(tmp_path, url_of(tocsin))
        assert machine.tell(run_id=2)
        assert run_ids(tocsin) == [1, 2]
    assert ["damaged" in said for said in machine.said] == [True]
    assert {path.name for path in (tmp_path / "spool").iterdir()} == {"lock"}


def test_many_that_send_at_once_send_each_event_once(tmp_path):
    cut_off = Machine(tmp_path)
    for n in range(150):
        cut_off.spool.add(json.dumps({**EVENT, "run_id": n, "id": str(n)}).encode())
    with HttpSink(default=Answer(202, body=b'{"accepted": 1, "rejected": []}', delay=0.1)) as tocsin:
        senders = [
            threading.Thread(target=Machine(tmp_path, url_of(tocsin)).tell, args=(20,), kwargs={"run_id": f"own {n}"})
            for n in range(4)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(30)
        sent = run_ids(tocsin)
    assert sent[:150] == list(range(150))
    assert sorted(sent[150:]) == [f"own {n}" for n in range(4)]
    assert cut_off.waiting() == []


def test_without_a_place_to_keep_it_an_event_is_sent_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    with taking() as tocsin:
        machine = Machine(tmp_path / "file", url_of(tocsin))
        assert machine.tell(run_id=1)
        assert run_ids(tocsin) == [1]
    assert "TOCSIN_SPOOL" in machine.said[0]
    assert not Machine(tmp_path / "file").tell(0.2)


def test_in_an_outage_only_the_first_event_waits_for_an_answer(tmp_path):
    machine = Machine(tmp_path)
    machine.sender = Sender(
        Settings(f"http://127.0.0.1:{free_port()}", "", None), 60.0, machine.spool, machine.said.append
    )
    machine.tell(1.0, run_id=0)
    began = time.monotonic()
    for n in range(1, 20):
        machine.tell(1.0, run_id=n)
    assert time.monotonic() - began < 1.0
    assert len(machine.waiting()) == 20
    assert len(machine.said) == 1


@pytest.mark.parametrize("event", [None, "text", ["w"], {"workflow": "w", "outcome": float("nan")}])
def test_tell_never_raises(monkeypatch, tmp_path, capsys, event):
    monkeypatch.setenv("TOCSIN_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("TOCSIN_URL", f"http://127.0.0.1:{free_port()}")
    assert tell(event) is False
    assert "could not be told" in capsys.readouterr().err


def test_tell_takes_what_json_does_not_know_as_text(monkeypatch, tmp_path):
    monkeypatch.setenv("TOCSIN_SPOOL", str(tmp_path / "spool"))
    with taking() as tocsin:
        monkeypatch.setenv("TOCSIN_URL", url_of(tocsin))
        assert tell({**EVENT, "path": Path("/tmp/x"), "half": "\ud83d"})
        [event] = events_of(tocsin.requests)
    assert (event["path"], event["half"]) == ("/tmp/x", "\ud83d")


def test_an_app_that_is_killed_while_it_tells_loses_nothing(tmp_path):
    program = "from tocsin_client import tell; tell({'workflow': 'w', 'outcome': 'failed', 'run_id': 'r'}, 60)"
    with HttpSink(default=Answer(202, delay=30)) as tocsin:
        environment = {
            **bare_environment(tmp_path),
            "TOCSIN_URL": url_of(tocsin),
            "TOCSIN_SPOOL": str(tmp_path / "spool"),
        }
        app = subprocess.Popen([sys.executable, "-c", program], env=environment)
        tocsin.wait_for(1)
        app.kill()
        app.wait(10)
    with taking() as tocsin:
        Machine(tmp_path, url_of(tocsin)).tell(run_id="next")
        assert run_ids(tocsin) == ["r", "next"]


@pytest.mark.parametrize(
    ("environ", "spool"),
    [
        ({"HOME": "/home/ann"}, Path("/home/ann/.local/state/tocsin")),
        ({"HOME": "/home/ann", "XDG_STATE_HOME": "/state"}, Path("/state/tocsin")),
        ({"HOME": "/home/ann", "XDG_STATE_HOME": "relative"}, Path("/home/ann/.local/state/tocsin")),
        ({"HOME": "/home/ann", "TOCSIN_SPOOL": "/var/spool/tocsin"}, Path("/var/spool/tocsin")),
    ],
)
def test_where_events_wait(environ, spool):
    assert from_environment(environ).spool == spool


def test_settings_never_show_the_key_or_the_address():
    shown = repr(from_environment({"TOCSIN_URL": "http://u:s3cret@h", "TOCSIN_INGEST_KEY": "s3cret", "HOME": "/h"}))
    assert "s3cret" not in shown

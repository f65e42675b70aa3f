"""Clients that are slow, endless, malformed or too many: each gets its answer, and costs nobody else one."""

import gzip
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from support.crowds import Client, ask, crowd, listen_to
from support.sender import Sender
from support.service import Service, proportional_megabytes

EVENT = {"workflow": "w", "run_id": "r", "outcome": "succeeded"}
PROTOBUF = "application/x-protobuf"
POST = b"POST /v1/traces HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-protobuf\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service("", tmp_path_factory.mktemp("hard")) as running:
        yield running
        assert running.get("/health")["status"] == "ok"
        assert "Traceback" not in running.log


def seconds_of_a_post(service):
    began = time.monotonic()
    assert service.post("/api/v1/events", EVENT)[0] == 202
    return time.monotonic() - began


def test_others_are_not_hurt_by_those_who_drip_and_these_are_cut_off(service):
    """A byte a second: a hundred never end their headers, a hundred their body; a hundred say nothing at all."""
    with crowd(service.port, 300) as clients:
        heads, bodies, silent = clients[:100], clients[100:200], clients[200:]
        for client in heads:
            client.say(POST + b"X-Slow: ")
        for client in bodies:
            client.say(POST + b"Content-Length: 100000\r\n\r\n")
        took = [seconds_of_a_post(service) for _ in range(100)]
        cut_after = listen_to(clients, 20, drip=b"x")
    assert sorted(took)[98] < 0.5
    assert cut_after > 5
    assert {client.status for client in heads + bodies} == {408}
    assert {client.status for client in silent} <= {0, 400}  # what one drips may be no request at all


def test_a_thousand_idle_connections_cost_nobody_an_answer(service):
    memory = proportional_megabytes(service.process.pid)
    with crowd(service.port, 1000) as clients:
        for client in clients:
            client.say(b"GET /health HTTP/1.1\r\nHost: t\r\n\r\n")
            client.listen()
        assert {client.status for client in clients} == {200}
        grown = proportional_megabytes(service.process.pid) - memory
        open_files = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
        sender = Sender([service.port], "idle", 300, 1)
        sender.start()
        sender.join(30)
        assert len(sender.acknowledged) == 300
    assert open_files >= 1000
    assert grown < 40


def test_more_connections_than_there_is_room_for_are_refused_and_the_rest_served(tmp_path):
    with Service("", tmp_path, wrap=("prlimit", "--nofile=228:228")) as few, crowd(few.port, 160) as clients:
        held = clients[0]
        held.say(b"GET /health HTTP/1.1\r\nHost: t\r\n\r\n")
        held.listen()
        few.wait_until(lambda: _heard(clients) >= 50, "refused")
        refused = [client for client in clients if client.status == 503]
        for client in clients[90:]:
            client.socket.close()
        few.wait_until(lambda: few.post("/api/v1/events", EVENT)[0] == 202, "taking in again", 10)
        few.wait_drained()
    assert len(refused) >= 50
    assert all(b"retry-after" in client.heard for client in refused)
    assert held.status == 200


def _heard(clients: list[Client]) -> int:
    for client in clients:
        if not client.is_cut and not client.heard:
            client.socket.settimeout(0.005)
            try:
                client.heard += client.socket.recv(1000)
            except OSError:
                continue
    return sum(bool(client.heard) for client in clients)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x00\xff\x16\x03\x01 nonsense\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: t\r\n\r\n", 400),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        (POST + b"Content-Length: -5\r\n\r\n", 400),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx", 400),
        (b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 100_000, 431),
        (b"GET /" + b"a" * 100_000, 431),
        (b"GET /" + b"\xff" * 10 + b" HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        (b"GET /%ff%fe HTTP/1.1\r\nHost: t\r\n\r\n", 404),
        (b"GET /api/v1/runs/%00 HTTP/1.1\r\nHost: t\r\n\r\n", 404),
        (b"GET /api/v1/runs?limit=%00&cursor=%ff HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200),
        (b"BREW /v1/traces HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        (b"DELETE /v1/traces HTTP/1.1\r\nHost: t\r\n\r\n", 405),
        (POST + b"Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_what_is_malformed_gets_a_clear_answer(service, said, status):
    client = ask(service.port, said)
    assert client.status == status
    seconds_of_a_post(service)


def test_a_body_without_end_is_refused_at_the_limit(service):
    client = Client(service.port)
    client.say(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b"100000\r\n" + bytes(1024 * 1024) + b"\r\n"
    for _ in range(70):
        client.say(piece)
    client.listen()
    assert client.status == 413
    assert proportional_megabytes(service.process.pid) < 350


def test_bombs_are_refused_before_memory_grows(service):
    packed = [zstandard.compress(bytes(200 * 1024 * 1024)), gzip.compress(bytes(100 * 1024 * 1024))]
    packed += [gzip.compress(os.urandom(400_000) + bytes(100 * 1024 * 1024))]  # large enough for a thread of its own
    with ThreadPoolExecutor(12) as together:
        sent = [
            together.submit(service.post, "/v1/traces", body, PROTOBUF, content_encoding=name)
            for body, name in zip(packed * 4, ["zstd", "gzip", "gzip"] * 4, strict=True)
        ]
        took = [seconds_of_a_post(service) for _ in range(20)]
        statuses = {each.result()[0] for each in sent}
    assert statuses == {413}
    assert sorted(took)[18] < 2
    assert peak_megabytes(service.process.pid) < 500


def test_large_bodies_of_many_at_once_are_put_off(service):
    """Each is allowed; all of them together would be more than a gigabyte. What is put off is told when to come."""
    with crowd(service.port, 20) as clients:
        for client in clients:
            client.say(POST + b"Content-Length: 60000000\r\n\r\n")
        senders = [threading.Thread(target=client.say, args=(bytes(59_000_000),)) for client in clients]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(30)
        refused = [client for client in clients if client.is_cut or _heard([client])]
        seconds_of_a_post(service)
    assert {client.status for client in refused} <= {0, 503}  # 0: it was still sending when the other side hung up
    assert 15 <= len(refused) <= 18
    assert peak_megabytes(service.process.pid) < 700


def peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))

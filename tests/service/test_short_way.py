"""Small bodies at doors go a shorter way than all else: what a client can tell by is the same."""

import json
import re

import pytest

from support.crowds import Client, ask
from support.service import Service

JSON = b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service("", tmp_path_factory.mktemp("short"), TOCSIN_INGEST_KEY="key") as running:
        yield running
        assert "Traceback" not in running.log


def event(name, pad=0):
    return json.dumps({"workflow": name, "run_id": name, "outcome": "succeeded", "labels": {"pad": "x" * pad}}).encode()


def post(body, headers=b"x-tocsin-key: key\r\n", path=b"/api/v1/events", version=b"1.1"):
    head = b"POST %b HTTP/%b\r\nHost: t\r\n%b%bContent-Length: %d\r\n\r\n" % (path, version, JSON, headers, len(body))
    return head + body


def chunked(body):
    head = b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nx-tocsin-key: key\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def answers(heard):
    """Status, headers and body of each that came over one connection."""
    found = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        size = int(headers["content-length"])
        found.append((int(lines[0].split()[1]), headers, rest[:size]))
        heard = rest[size:]
    return found


def test_many_requests_in_one_go_are_answered_in_their_order(service):
    """Small ones, one that is too large for the short way, one without a length, one with a fault, a page between."""
    page = b"GET /health HTTP/1.1\r\nHost: t\r\n\r\n"
    said = [post(event("a")), post(event("large", 200_000)), page, post(b"{"), chunked(event("b")), post(event("c"))]
    heard = answers(ask(service.port, b"".join(said)).heard)
    assert [status for status, _, _ in heard] == [202, 202, 200, 400, 202, 202]
    service.wait_drained()
    for workflow in ("a", "large", "b", "c"):
        assert len(service.get(f"/api/v1/runs?workflow={workflow}")["items"]) == 1


def test_an_answer_says_what_it_is_and_lets_no_browser_guess(service):
    ((status, headers, body),) = answers(ask(service.port, post(event("d"))).heard)
    assert (status, json.loads(body)) == (202, {"accepted": 1, "rejected": []})
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])


@pytest.mark.parametrize("headers", [b"", b"x-tocsin-key: other\r\n", b"Authorization: Bearer other\r\n"])
@pytest.mark.parametrize("path", [b"/api/v1/events", b"/v1/traces"])
def test_without_the_key_nothing_is_taken(service, headers, path):
    ((status, told, body),) = answers(ask(service.port, post(event("nobody"), headers, path)).heard)
    assert (status, b"ingest key" in body) == (401, True)
    assert told["content-type"] == "application/json"


def test_the_key_may_be_a_bearer(service):
    ((status, _, _),) = answers(ask(service.port, post(event("e"), b"Authorization: Bearer key\r\n")).heard)
    assert status == 202


@pytest.mark.parametrize("close", [post(event("f"), b"x-tocsin-key: key\r\nConnection: close\r\n"),
                                   post(event("f"), version=b"1.0")])  # fmt: skip
def test_who_wants_the_connection_to_end_has_it_ended(service, close):
    client = ask(service.port, close)
    assert client.is_cut
    assert client.status == 202


def test_one_who_waits_to_be_asked_for_the_body_is_asked(service):
    client = Client(service.port)
    body = event("g")
    client.say(post(body, b"x-tocsin-key: key\r\nExpect: 100-continue\r\n").removesuffix(body))
    client.listen()
    assert client.heard.startswith(b"HTTP/1.1 100 ")
    client.say(body)
    client.listen()
    assert b"HTTP/1.1 202 " in client.heard
    client.socket.close()


def test_a_body_that_comes_byte_by_byte_is_one_body(service):
    client = Client(service.port)
    for byte in post(event("h")):
        client.say(bytes([byte]))
    client.listen()
    assert client.status == 202
    client.socket.close()


def test_who_leaves_before_the_answer_costs_no_one_else_theirs(service):
    for _ in range(20):
        leaving = Client(service.port)
        leaving.say(post(event("left")))
        leaving.socket.close()
    assert answers(ask(service.port, post(event("i"))).heard)[0][0] == 202
    service.wait_drained()
    assert service.get("/api/v1/runs?workflow=i")["items"]

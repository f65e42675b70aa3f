"""A real HTTP server on loopback that remembers what it is sent and answers as it is told."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO


@dataclass
class Request:
    """``status`` and ``answered_at`` once it was answered in full; else 0."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    status: int = 0
    answered_at: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.parts.get("payload_json", self.body))

    @property
    def parts(self) -> dict[str, bytes]:
        """Of a body with files, by their names; {} of any other."""
        head = f"Content-Type: {self.headers.get('Content-Type', '')}\r\n\r\n".encode()
        mail = message_from_bytes(head + self.body, policy=HTTP) if b"multipart/" in head else EmailMessage()
        return {str(each.get_param("name", header="content-disposition")): each.get_payload(decode=True) or b""
                for each in mail.iter_parts()}  # fmt: skip


@dataclass
class Answer:
    """``delay`` in seconds before it; ``drop`` closes the connection without an answer; ``drip``, instead of all
    else, is how an answer begins that goes on with a byte every 20 ms until the client hangs up."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay: float = 0.0
    drop: bool = False
    drip: bytes = b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no fault here; silence keeps the test's own output readable."""


def _chunks(sent: BinaryIO) -> bytes:
    """A body whose sender did not tell its length beforehand, as Node's does."""
    body = b""
    while length := int(sent.readline().partition(b";")[0] or b"0", 16):
        body += sent.read(length)
        sent.readline()
    sent.readline()
    return body


class HttpSink:
    """``answers`` are given in order; after the last one, ``default``."""

    def __init__(
        self, answers: list[Answer] | None = None, default: Answer | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.requests: list[Request] = []
        self.answers = list(answers or [])
        self.default = default or Answer()
        self._arrived = threading.Condition()
        self._host = host
        self._server = _Server((host, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}/hook"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> "HttpSink":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Request]:
        """The requests once there are ``count`` of them; AssertionError when they do not come."""
        return self.wait_until(lambda requests: len(requests) >= count, seconds)

    def wait_until(self, enough: Callable[[list[Request]], bool], seconds: float = 10.0) -> list[Request]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: enough(self.requests), seconds), f"{len(self.requests)} requests came"
            return list(self.requests)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
                body = _chunks(self.rfile) if chunked else self.rfile.read(length)
                if len(body) < length:  # whoever sent it was killed: no receiver takes half a message for one
                    self.close_connection = True
                    return
                request = Request(self.command, self.path, dict(self.headers), body, time.time())
                answer = sink._take(request)
                if answer.delay:
                    time.sleep(answer.delay)
                if answer.drop or answer.drip:
                    self.close_connection = True
                    self._drip(answer.drip)
                else:
                    self._say(answer)
                    request.status, request.answered_at = answer.status, time.time()

            def _say(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "Content-Length" in answer.headers:  # a lie: the connection ends where the body does
                    self.close_connection = True
                else:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_GET = do_PUT = do_PATCH = handle_one  # noqa: N815

            def _drip(self, beginning: bytes) -> None:
                while beginning:
                    self.wfile.write(beginning)
                    beginning = b"x"
                    time.sleep(0.02)

            def log_message(self, *_: object) -> None:
                return

        return Handler

    def _take(self, request: Request) -> Answer:
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
            return self.answers.pop(0) if self.answers else self.default

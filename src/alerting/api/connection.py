"""How long may a client take, how much may it say before it asks for anything, and how many may come at once?

Uvicorn waits for ever for the rest of a request. Here whoever is slow, endless or one too many is told so and cut off,
and costs nobody else an answer.
"""

import asyncio
import resource
from functools import cache
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from alerting.api.doors import Door, ShortWay
from alerting.api.small import Small, is_small

WAIT_SECONDS = 10  # for all that comes before a body, and for the next part of one
LEAST_PART = 10 * 1024  # in that time
END_SECONDS = 1  # for the rest of a request when the receiver is asked to end
UNREAD_SECONDS = 30  # an answer of which nothing is read for so long is given up
LONGEST_HEAD = 64 * 1024
_FINAL = tuple(b"HTTP/1.1 %d" % kind for kind in (2, 3, 4, 5))  # an answer, not a word that goes before it
_AGAIN = b"retry-after: 2\r\n"
_FILES = 8192 + 128
_FOR_OTHERS = 128  # files of the stores, the doors themselves, what is read meanwhile


def raise_file_limit() -> None:
    """As many connections as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@cache
def most_connections() -> int:
    """So many that the stores can still open their files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _FILES if soft == resource.RLIM_INFINITY else min(_FILES, soft)
    return max(16, files - _FOR_OTHERS)


class _Whole:
    """A transport that keeps the head of an answer back until its body comes: one call of the system, not two."""

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._head = transport, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if data.startswith(_FINAL) and data.endswith(b"\r\n\r\n"):
            self._head = data
        else:
            self._transport.write(self._head + data if self._head else data)
            self._head = b""

    def flush(self) -> None:
        """What has a head alone is an answer, too."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        self.flush()
        self._transport.close()


class Connection(HttpToolsProtocol):
    """A timer runs only while something is awaited of the client, so that a request that came whole costs none."""

    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _awaited = True  # the first request, or the rest of one
    _in_body = False
    _received = 0
    _door: Door | None = None  # of the request that is being read, where its body is small

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Whole(transport))  # type: ignore[arg-type]
        self._short: ShortWay = self.app
        if len(self.connections) > most_connections():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; come again", _AGAIN)
        else:
            self._await()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._received += len(data)
        super().data_received(data)
        if not self._awaited:
            self._stop_waiting()
            if self.cycle is not None and self.cycle.response_complete:
                self._await()  # it was answered before it ended: Uvicorn's own timer has been stopped by its rest
        elif self._timer is None:
            self._await()
        elif not self._in_body and self._received > LONGEST_HEAD:
            said = f"what comes before the body has more than {LONGEST_HEAD} bytes"
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, said)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._awaited, self._in_body = True, False

    def on_headers_complete(self) -> None:
        self._in_body, self._received = True, 0
        self._door = self._door_of_small()
        if self._door is None:
            super().on_headers_complete()

    def on_response_complete(self) -> None:
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def on_message_complete(self) -> None:
        self._awaited = False
        if self._door is None:
            super().on_message_complete()
        else:
            self._start_asgi_task(self.cycle, self._door)  # type: ignore[arg-type]

    def _door_of_small(self) -> Door | None:
        """Where a body goes that is read whole before anything is begun; one that comes before those ahead of it have
        their answers waits with Uvicorn."""
        path, parser = self.url.decode("latin-1"), self.parser
        door = self._short.doors.get(path)
        if door is None or parser.get_method() != b"POST" or parser.get_http_version() != "1.1":
            return None
        headers = dict(self.headers)
        if (self.cycle is not None and not self.cycle.response_complete) or not is_small(headers):
            return None
        self.cycle = Small(  # type: ignore[assignment]
            self._short.context, path, headers, parser.should_keep_alive(),
            self.transport, self.server_state.default_headers, self.on_response_complete,
        )  # fmt: skip
        return door

    def shutdown(self) -> None:
        super().shutdown()
        if self._awaited and not self.transport.is_closing():
            said = "Tocsin is being ended; send it again"
            self._stop_waiting()
            self._timer = self.loop.call_later(END_SECONDS, self._refuse, HTTPStatus.SERVICE_UNAVAILABLE, said, _AGAIN)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def _await(self) -> None:
        self._received = 0
        self._timer = self.loop.call_later(WAIT_SECONDS, self._look)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """The time is over, but for a body that goes on fast enough. What comes after the answer is not waited for."""
        if self._in_body and self._received >= LEAST_PART and not self.cycle.response_complete:
            self._await()
        elif self._in_body or self._received:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, why: str, headers: bytes = b"") -> None:
        """In plain text: which door was meant is not known. A request that has an answer already gets no second one."""
        body = why.encode()
        head = f"HTTP/1.1 {status} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n".encode()
        head += f"content-length: {len(body)}\r\nconnection: close\r\n".encode()
        if not (self._in_body and self.cycle.response_started):
            self.transport.write(head + headers + b"\r\n" + body)
        self.transport.close()

"""What does a small body cost? It is read whole before anything is begun for it, and answered by one write.

Uvicorn still reads requests, keeps their order and ends connections. ``Small`` stands where its own
``RequestResponseCycle`` would, for a request at a door.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from alerting.api.answers import in_json
from alerting.api.context import ApiContext
from alerting.api.doors import Call, Door

log = logging.getLogger(__name__)
MOST_BYTES = HIGH_WATER_LIMIT  # so that reading is never put off, and memory is bounded by the number of connections
_OTHERWISE = frozenset({b"transfer-encoding", b"expect", b"upgrade"})
Header = tuple[bytes, bytes]


class Small(Call):
    """One request. Its attributes without an underscore are those by which Uvicorn's protocol knows a cycle."""

    __slots__ = (
        "_defaults",
        "_on_response",
        "_transport",
        "body",
        "disconnected",
        "keep_alive",
        "response_complete",
        "response_started",
    )
    message_event = threading.Event()  # nobody waits for it

    def __init__(
        self, context: ApiContext, path: str, headers: Mapping[bytes, bytes], keep_alive: bool,
        transport: asyncio.Transport, defaults: Iterable[Header], on_response: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(context, path, headers)
        self._transport, self._defaults, self._on_response = transport, defaults, on_response
        self.keep_alive, self.body = keep_alive, b""
        self.disconnected = self.response_started = self.response_complete = False

    async def read(self) -> bytes:
        return self.body

    async def run_asgi(self, door: Door) -> None:
        try:
            answer = await door.answer(self)
        except Exception:  # a fault of ours: whoever sends hears of it, and others are served
            log.exception("a request at %s", self.path)
            answer = in_json({"error": "Tocsin met a fault of its own, which is in its log"}, 500)
        if self.disconnected:
            return
        self.response_started = self.response_complete = True
        head = _head(answer.status, answer.headers(), tuple(self._defaults), self.keep_alive)
        self._transport.write(head + answer.body)
        if not self.keep_alive:
            self._transport.close()
        self._on_response()


def is_small(headers: Mapping[bytes, bytes]) -> bool:
    """Not one whose sender does not say how large it is, or wants to be told before it sends it."""
    size = headers.get(b"content-length", b"")
    return _OTHERWISE.isdisjoint(headers) and size.isdigit() and int(size) <= MOST_BYTES


@lru_cache(maxsize=256)
def _head(status: int, own: tuple[Header, ...], defaults: tuple[Header, ...], keep_alive: bool) -> bytes:
    """Few answers differ from one another within the second for which their date holds."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()]
    lines.extend(b"%b: %b\r\n" % header for header in (*defaults, *own))
    lines.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
    return b"".join(lines)

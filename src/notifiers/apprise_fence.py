"""What did Apprise do on the wire? A recorder around ``requests``, and loggers that tell no secret."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from notifiers import receipts
from notifiers.message import Receipt, Verdict
from notifiers.redaction import without

_MOST_ANSWER = 1_000_000  # of what a plugin may read
_MOST_TOLD = 2_000


@dataclass(slots=True)
class Seen:
    """The last request of a delivery: its answer (``code`` 0 while there is none), or why there is none.

    ``sent`` says that it may have been heard: it went out, and nothing says that it did not arrive.
    """

    seconds: float
    code: int = 0
    retry_after: str | None = None
    said: str = ""
    sent: bool = False
    trouble: str = ""
    over: bool = False
    _held: list[socket.socket] = field(default_factory=list)

    def hold(self, opened: socket.socket) -> None:
        """Keeps a second handle of a connection, by which it can be ended while a library waits for an answer."""
        self._held.append(opened.dup())
        if self.over:
            self.hang_up()

    def hang_up(self) -> None:
        """Whoever waits for an answer that comes byte by byte, and so never times out by itself, is told its end."""
        for each in self._held:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """No more of this delivery: neither on the connections there are, nor on new ones."""
        self.over = True
        self.hang_up()

    def release(self) -> None:
        for each in self._held:
            each.close()

    def begin(self) -> None:
        self.code, self.retry_after, self.said, self.sent, self.trouble = 0, None, "", True, ""

    def unsent(self, trouble: str) -> None:
        self.sent, self.trouble = False, trouble


_seen: ContextVar[Seen | None] = ContextVar("apprise_seen", default=None)
_installing = threading.Lock()
_LOGGERS = ("apprise", "requests", "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class _Silent(logging.Filter):
    """These write URLs with their tokens; what matters is in the receipt."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return False


def install() -> None:
    """Once for the process; all do nothing outside our own deliveries, but that nobody's URL is logged."""
    import requests
    import urllib3

    with _installing:
        adapter = requests.adapters.HTTPAdapter
        if getattr(adapter.send, "recorded_for_tocsin", False):
            return
        adapter.send = _recorded(adapter.send)  # type: ignore[method-assign]
        for module in (socket, urllib3.util.connection):
            module.create_connection = _held(module.create_connection)  # type: ignore[attr-defined]
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.setLevel(logging.INFO)
            logger.addFilter(_Silent())


def _held(connect: Any) -> Any:
    def held(*args: Any, **options: Any) -> Any:
        opened = connect(*args, **options)
        seen = _seen.get()
        if seen is not None:
            seen.hold(opened)
        return opened

    return held


def _recorded(send: Any) -> Any:
    def recorded(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        seen = _seen.get()
        if seen is None:
            return send(self, request, *args, **options)
        # The environment's proxy would be another way out than the one that is checked.
        options |= {"proxies": {}, "timeout": (seen.seconds, seen.seconds)}
        seen.begin()
        with _told(seen):
            answer = send(self, request, *args, **options)
        _read(answer, seen)
        seen.code, seen.retry_after = answer.status_code, answer.headers.get("Retry-After")
        seen.said = "" if answer.ok else answer.content[:_MOST_TOLD].decode("utf-8", "replace")
        if answer.is_redirect:
            answer.headers.pop("Location", None)  # where a redirect leads was not checked
        return answer

    recorded.recorded_for_tocsin = True  # type: ignore[attr-defined]
    return recorded


@contextlib.contextmanager
def _told(seen: Seen) -> Iterator[None]:
    """Notes why no answer came. Only a time-out while reading and a connection that broke leave it open."""
    import requests
    import urllib3

    try:
        yield
    except requests.exceptions.ReadTimeout:
        seen.trouble = "no answer came in time"
        raise
    except requests.exceptions.ConnectionError as error:
        if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
            seen.trouble = "the connection broke before an answer came"
        else:
            seen.unsent(_PRIVATE if "TOCSIN_ALLOW_PRIVATE" in str(error) else "could not connect")
        raise


def _read(answer: Any, seen: Seen) -> None:
    """A bounded part of the body, now: ``requests`` itself would read an endless one to its end."""
    import urllib3

    body = b""
    too_long = threading.Timer(seen.seconds, seen.hang_up)
    too_long.start()
    with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
        while len(body) < _MOST_ANSWER and (piece := answer.raw.read1(65_536, decode_content=True)):
            body += piece
    too_long.cancel()
    answer._content, answer._content_consumed = body, True
    answer.raw.close()


@contextlib.contextmanager
def recording(seen: Seen) -> Iterator[None]:
    token = _seen.set(seen)
    try:
        yield
    finally:
        _seen.reset(token)
        seen.release()


def receipt(heard: bool, seen: Seen, now: str, secrets: frozenset[str]) -> Receipt:
    """Apprise says yes or no; the wire says why. A redirect is a no, whatever Apprise made of it."""
    if seen.code and not (heard and seen.code < 300):
        found = receipts.of_status(seen.code, seen.retry_after, now, without(seen.said, secrets))
        return found if not found.delivered else Receipt(Verdict.REFUSED, seen.code, "the service refused the message")
    if heard:
        return Receipt(Verdict.DELIVERED, seen.code or None, f"HTTP {seen.code}" if seen.code else "handed over")
    return unheard(seen)


def unheard(seen: Seen) -> Receipt:
    verdict = Verdict.UNSURE if seen.sent else Verdict.UNREACHABLE
    return Receipt(verdict, detail=seen.trouble or _UNKNOWN)


_PRIVATE = "the service is at a private address; list its network in TOCSIN_ALLOW_PRIVATE to allow it"
_UNKNOWN = "the service could not be reached or refused the message; Apprise does not tell which"

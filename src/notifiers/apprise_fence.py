"""What did Apprise do on the wire? A recorder around ``requests``, and loggers that tell no secret."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from notifiers import receipts
from notifiers.message import Receipt, Verdict


@dataclass(slots=True)
class Seen:
    """The last answer of a delivery; 0 while there was none. ``sent`` says that a request went out."""

    code: int = 0
    retry_after: str | None = None
    sent: bool = False
    timed_out: bool = False
    refused: str = ""


_seen: ContextVar[Seen | None] = ContextVar("apprise_seen", default=None)
_installing = threading.Lock()
_LOGGERS = ("apprise", "urllib3", "requests")


class _Silent(logging.Filter):
    """Apprise writes URLs with their tokens; what matters is in the receipt."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return False


def install() -> None:
    """Once for the process; both do nothing outside our own deliveries, but that nobody's URL is logged."""
    import requests

    with _installing:
        adapter = requests.adapters.HTTPAdapter
        if getattr(adapter.send, "recorded_for_tocsin", False):
            return
        adapter.send = _recorded(adapter.send)  # type: ignore[method-assign]
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.setLevel(logging.INFO)
            logger.addFilter(_Silent())


def _recorded(send: Any) -> Any:
    import requests

    def recorded(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        seen = _seen.get()
        if seen is None:
            return send(self, request, *args, **options)
        seen.sent = True
        try:
            answer = send(self, request, *args, **options)
        except requests.exceptions.ReadTimeout:
            seen.timed_out = True
            raise
        except requests.exceptions.ConnectionError as error:
            seen.refused = "private address" if "TOCSIN_ALLOW_PRIVATE" in str(error) else "could not connect"
            raise
        seen.code, seen.retry_after = answer.status_code, answer.headers.get("Retry-After")
        if answer.is_redirect:
            answer.headers.pop("Location", None)  # where a redirect leads was not checked
        return answer

    recorded.recorded_for_tocsin = True  # type: ignore[attr-defined]
    return recorded


@contextlib.contextmanager
def recording() -> Iterator[Seen]:
    seen = Seen()
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


def receipt(heard: bool, seen: Seen, now: str) -> Receipt:
    """Apprise says yes or no; the wire says why. A redirect is a no, whatever Apprise made of it."""
    if seen.code and not (heard and seen.code < 300):
        found = receipts.of_status(seen.code, seen.retry_after, now)
        return found if not found.delivered else Receipt(Verdict.REFUSED, seen.code, "the service refused the message")
    if heard:
        return Receipt(Verdict.DELIVERED, seen.code or None, f"HTTP {seen.code}" if seen.code else "handed over")
    if seen.timed_out:
        return Receipt(Verdict.UNSURE, detail="no answer came in time")
    return Receipt(Verdict.UNREACHABLE, detail=_why(seen))


def _why(seen: Seen) -> str:
    if seen.refused == "private address":
        return "the service is at a private address; list its network in TOCSIN_ALLOW_PRIVATE to allow it"
    return seen.refused or "the service could not be reached or refused the message; Apprise does not tell which"


def failed(error: OSError) -> Receipt:
    return Receipt(Verdict.UNREACHABLE, detail=f"could not connect: {type(error).__name__}")


def not_understood() -> Receipt:
    return Receipt(
        Verdict.REFUSED, detail="Apprise does not understand this URL; look it up in Apprise's documentation"
    )

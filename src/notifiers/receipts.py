"""What does an answer mean? HTTP and SMTP codes, and failures on the way, as receipts."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from notifiers.message import Receipt, Verdict
from notifiers.wording import plain_line

_AGAIN = frozenset({408, 425, 429})
_MOST_DETAIL = 300
MOST_WAIT = 86_400.0


def of_status(code: int, retry_after: str | None, now: str, detail: str = "") -> Receipt:
    """``retry_after`` as the header has it, seconds or an HTTP date; ``now`` is RFC 3339."""
    text = plain_line(detail, _MOST_DETAIL) or ("redirects are not followed" if 300 <= code < 400 else "")
    said = f"HTTP {code}" + (f": {text}" if text else "")
    if 200 <= code < 300:
        return Receipt(Verdict.DELIVERED, code, said)
    if code in _AGAIN or code >= 500:
        return Receipt(Verdict.UNREACHABLE, code, said, seconds_to_wait(retry_after, now))
    return Receipt(Verdict.REFUSED, code, said)


def of_http_error(error: httpx2.HTTPError) -> Receipt:
    """A time-out while reading the answer leaves open whether the message was heard."""
    if isinstance(error, httpx2.ReadTimeout | httpx2.ReadError | httpx2.RemoteProtocolError):
        return Receipt(Verdict.UNSURE, detail=f"no answer came: {type(error).__name__}")
    return Receipt(Verdict.UNREACHABLE, detail=f"could not connect: {_reason(error)}")


def _reason(error: httpx2.HTTPError) -> str:
    """The refusal of the egress guard is worth telling; other texts may hold the URL with its secret."""
    text = str(error)
    return text if "TOCSIN_ALLOW_PRIVATE" in text else type(error).__name__


def of_smtp(code: int, text: str) -> Receipt:
    said = f"SMTP {code}: {plain_line(text, _MOST_DETAIL)}"
    if 200 <= code < 300:
        return Receipt(Verdict.DELIVERED, code, said)
    return Receipt(Verdict.REFUSED if code >= 500 else Verdict.UNREACHABLE, code, said)


def seconds_to_wait(retry_after: str | None, now: str) -> float | None:
    """At most a day. None for what is neither a number of seconds nor an HTTP date (RFC 9110, 10.2.3)."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(MOST_WAIT, float(text))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(MOST_WAIT, max(0.0, (at - datetime.fromisoformat(now)).total_seconds()))

"""What does an answer mean? HTTP and SMTP codes, and failures on the way, as receipts."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from notifiers.message import Receipt, Verdict

_AGAIN = frozenset({408, 425, 429})
_MOST_DETAIL = 300


def of_status(code: int, retry_after: str | None, now: str, detail: str = "") -> Receipt:
    """``retry_after`` as the header has it, seconds or an HTTP date; ``now`` is RFC 3339."""
    text = " ".join(detail.split())[:_MOST_DETAIL]
    said = f"HTTP {code}" + (f": {text}" if text else "")
    if 200 <= code < 300:
        return Receipt(Verdict.DELIVERED, code, said)
    if code in _AGAIN or code >= 500:
        return Receipt(Verdict.UNREACHABLE, code, said, _seconds(retry_after, now))
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
    said = f"SMTP {code}: {' '.join(text.split())[:_MOST_DETAIL]}"
    if 200 <= code < 300:
        return Receipt(Verdict.DELIVERED, code, said)
    return Receipt(Verdict.UNREACHABLE if 400 <= code < 500 else Verdict.REFUSED, code, said)


def _seconds(retry_after: str | None, now: str) -> float | None:
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(min(int(retry_after), 86_400))
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(86_400.0, max(0.0, (at - datetime.fromisoformat(now)).total_seconds()))

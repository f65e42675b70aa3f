"""What does Tocsin answer to one request? Never an exception, never longer than it was given, never the key in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_AGAIN = frozenset({408, 425, 429})
_BAD_EVENT = frozenset({400, 413, 415, 422})
_MOST_READ = 256 * 1024


class Verdict(Enum):
    """``NOT_NOW``: the same may be taken later. ``NOT_YOU``: the key or the address is wrong, whatever is sent."""

    TAKEN = "taken"
    NOT_NOW = "not now"
    NOT_YOU = "not you"
    BAD = "bad"


@dataclass(frozen=True)
class Answer:
    """``wait``: the seconds that were asked for. ``rejected``: what is wrong, by the place in what was sent."""

    verdict: Verdict
    said: str = ""
    wait: float = 0.0
    rejected: dict[int, str] = field(default_factory=dict)


def post(url: str, key: str, body: bytes, seconds: float) -> Answer:
    """In a thread: looking a name up, and a server that drips, know no time-out of their own."""
    answers: list[Answer] = []

    def ask() -> None:
        answers.append(_ask(url, key, body, seconds))

    asking = threading.Thread(target=ask, name="tocsin-post", daemon=True)
    asking.start()
    asking.join(seconds)
    return answers[0] if answers else Answer(Verdict.NOT_NOW, f"no answer within {seconds:.0f} s")


def _ask(url: str, key: str, body: bytes, seconds: float) -> Answer:
    from http.client import HTTPException  # 60 ms that a command which is watched need not wait for
    from urllib.error import HTTPError, URLError

    try:
        host = _host(url)
    except ValueError as error:
        return Answer(Verdict.NOT_NOW, str(error))
    try:
        with _opener(host)(_request(url, key, body), timeout=seconds) as taken:
            return _taken(taken.read(_MOST_READ))
    except HTTPError as refused:
        return _refused(refused)
    except URLError as error:
        return Answer(Verdict.NOT_NOW, _why(error.reason))
    except OSError as error:
        return Answer(Verdict.NOT_NOW, _why(error))
    except HTTPException as error:
        return Answer(Verdict.NOT_NOW, f"what answers there does not speak HTTP ({type(error).__name__})")
    except ValueError:  # its text would hold the key
        return Answer(Verdict.NOT_NOW, "TOCSIN_INGEST_KEY or TOCSIN_URL holds a character that cannot be sent")


def _host(url: str) -> str:
    """Raises ValueError, without what may be secret in the address."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, secret, _ = parts.hostname or "", parts.username is not None, parts.port
    except ValueError:
        raise ValueError("TOCSIN_URL is not an address; write it like http://127.0.0.1:4318") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("TOCSIN_URL is not an address; write it like http://127.0.0.1:4318")
    if secret:
        raise ValueError("TOCSIN_URL may not hold a user or password; put the key into TOCSIN_INGEST_KEY")
    return host


def _opener(host: str) -> Callable[..., Any]:
    """Follows nobody elsewhere with the key, and asks no proxy for this machine."""
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    here = host == "localhost" or host.startswith("127.") or host == "::1"
    return build_opener(Stay(), *([ProxyHandler({})] if here else [])).open


def _request(url: str, key: str, body: bytes) -> Any:
    from urllib.request import Request

    headers = {"Content-Type": "application/json", "User-Agent": "tocsin-client"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return Request(f"{url}/api/v1/events", body, headers, method="POST")


def _why(reason: object) -> str:
    return str(getattr(reason, "strerror", None) or reason or type(reason).__name__)[:200]


def _taken(body: bytes) -> Answer:
    said = _json(body)
    if "accepted" not in said:
        return Answer(Verdict.NOT_NOW, "something else than Tocsin answers there; correct TOCSIN_URL")
    return Answer(Verdict.TAKEN, rejected=_rejected(said))


def _refused(refused: Any) -> Answer:
    said = _json(_read(refused))
    what = str(said.get("error") or refused.reason or "")[:300]
    text = f"{refused.code} {what}".strip()
    if refused.code in _AGAIN or refused.code >= 500:
        return Answer(Verdict.NOT_NOW, text, _seconds(refused.headers.get("Retry-After")))
    if refused.code < 400:
        return Answer(Verdict.NOT_NOW, f"{refused.code}: the address leads elsewhere; correct TOCSIN_URL")
    if refused.code in _BAD_EVENT:
        return Answer(Verdict.BAD, text, rejected=_rejected(said))
    return Answer(Verdict.NOT_YOU, text)


def _read(refused: Any) -> bytes:
    try:
        return bytes(refused.read(_MOST_READ))
    except Exception:  # noqa: BLE001 - the status was told; why it was is a courtesy
        return b""


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _rejected(said: dict[str, Any]) -> dict[int, str]:
    told = said.get("rejected")
    found = told if isinstance(told, list) else []
    return {each["index"]: str(each.get("error"))[:300] for each in found if isinstance(each, dict) and "index" in each}


def _seconds(told: str | None) -> float:
    """RFC 9110, 10.2.3: seconds, or a date."""
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime

    if not told:
        return 0.0
    try:
        if told.strip().isdigit():
            return float(told)
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, TypeError):
        return 0.0

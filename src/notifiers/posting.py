"""One JSON body to one address, and what was answered: the way of the webhook, Slack and Discord channels."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import httpx2

from notifiers import receipts
from notifiers.context import ChannelContext
from notifiers.message import Receipt, Verdict
from notifiers.redaction import secrets_of, without

_MOST_TOLD = 4_096  # of a refusal
_MOST_ANSWER = 262_144  # of an answer that is wanted
_ANSWER_SECONDS = 2.0  # for reading an answer whose status is known
_LOGGERS = ("httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection")  # they log URLs, and those are secrets


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` and ``retry_after`` as they came, whatever the status; the body may be cut, and may hold secrets."""

    receipt: Receipt
    body: bytes = b""
    retry_after: str | None = None

    def fields(self) -> dict[str, Any]:
        """The JSON object of the body. {} where there is none that can be read."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class Poster:
    """Keeps its connections between messages. ``url`` is a secret, in part or as a whole; ``secrets`` are more."""

    def __init__(self, url: str, context: ChannelContext, secrets: frozenset[str] = frozenset()) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url, self._secrets = url, secrets_of(url) | secrets
        self._client = context.egress.client(context.timeout)
        self._longest = 3 * context.timeout  # the client's own time-out is for each step, and a byte begins a new one

    async def post(self, body: bytes, headers: Mapping[str, str], now: str) -> Receipt:
        return (await self._exchange("POST", self._url, body, headers, now, _MOST_TOLD)).receipt

    async def ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str], now: str) -> Answer:
        """For a service whose answer matters beyond its status."""
        return await self._exchange(method, url, body, headers, now, _MOST_ANSWER)

    def redacted(self, text: str) -> str:
        return without(text, self._secrets)

    async def _exchange(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], now: str, most: int
    ) -> Answer:
        try:
            async with (
                asyncio.timeout(self._longest),
                self._client.stream(method, url, content=body, headers={**_usual(), **headers}) as answer,
            ):
                return self._understood(answer, await _beginning(answer, most), now)
        except httpx2.HTTPError as error:
            return Answer(receipts.of_http_error(error))
        except TimeoutError:
            return Answer(Receipt(Verdict.UNSURE, detail=f"no whole answer came within {self._longest:g} s"))

    def _understood(self, answer: httpx2.Response, found: bytes, now: str) -> Answer:
        """A success needs no explanation."""
        wait = answer.headers.get("retry-after")
        told = "" if answer.is_success else self.redacted(found[:_MOST_TOLD].decode("utf-8", "replace"))
        return Answer(receipts.of_status(answer.status_code, wait, now, told), found, wait)

    async def aclose(self) -> None:
        await self._client.aclose()


def _usual() -> dict[str, str]:
    return {"Content-Type": "application/json", "User-Agent": _user_agent(), "Accept-Encoding": "identity"}


async def _beginning(answer: httpx2.Response, most: int) -> bytes:
    """What a success says is read too: the connection is used again.

    The status stands whatever becomes of the rest: a body that is cut, endless or slow only ends sooner.
    """
    found = bytearray()
    with contextlib.suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_ANSWER_SECONDS):
            async for piece in answer.aiter_raw():
                found += piece
                if len(found) >= most:
                    break
    return bytes(found[:most])


def json_body(value: Mapping[str, object]) -> bytes:
    """UTF-8. Half a character (a lone surrogate) becomes a question mark: the message matters more."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


@cache
def _user_agent() -> str:
    return f"Tocsin/{version('tocsin')}"

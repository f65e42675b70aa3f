"""One JSON body to one URL: the way of the webhook, Slack and Discord channels."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import httpx2

from notifiers import receipts
from notifiers.context import ChannelContext
from notifiers.message import Receipt, Verdict
from notifiers.redaction import secrets_of, without

_MOST_ANSWER = 4_096
_ANSWER_SECONDS = 2.0  # for reading an answer whose status is known
_LOGGERS = ("httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection")  # they log URLs, and those are secrets


class Poster:
    """Keeps its connections between messages. ``url`` is a secret, in part or as a whole."""

    def __init__(self, url: str, context: ChannelContext) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url, self._secrets = url, secrets_of(url)
        self._client = context.egress.client(context.timeout)
        self._longest = 3 * context.timeout  # the client's own time-out is for each step, and a byte begins a new one

    async def post(self, body: bytes, headers: Mapping[str, str], now: str) -> Receipt:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _user_agent(),
            "Accept-Encoding": "identity",
            **headers,
        }
        try:
            async with (
                asyncio.timeout(self._longest),
                self._client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                said = without(await _beginning(answer), self._secrets)
                return receipts.of_status(answer.status_code, answer.headers.get("retry-after"), now, said)
        except httpx2.HTTPError as error:
            return receipts.of_http_error(error)
        except TimeoutError:
            return Receipt(Verdict.UNSURE, detail=f"no whole answer came within {self._longest:g} s")

    async def aclose(self) -> None:
        await self._client.aclose()


async def _beginning(answer: httpx2.Response) -> str:
    """The first bytes of a refusal. A success needs no explanation, but is read too: the connection is used again.

    The status stands whatever becomes of the rest: a body that is cut, endless or slow only ends sooner.
    """
    found = b""
    with contextlib.suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_ANSWER_SECONDS):
            async for piece in answer.aiter_raw():
                found += piece
                if len(found) >= _MOST_ANSWER:
                    break
    return "" if answer.is_success else found[:_MOST_ANSWER].decode("utf-8", "replace")


def json_body(value: Mapping[str, object]) -> bytes:
    """UTF-8. Half a character (a lone surrogate) becomes a question mark: the message matters more."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


@cache
def _user_agent() -> str:
    return f"Tocsin/{version('tocsin')}"

"""One JSON body to one URL: the way of the webhook, Slack and Discord channels."""

import logging
from collections.abc import Mapping

import httpx2

from notifiers import receipts
from notifiers.egress import Egress
from notifiers.message import Receipt

USER_AGENT = "Tocsin/0.1"
_MOST_ANSWER = 4_096
_LOGGERS = ("httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection")  # they log URLs, and those are secrets


class Poster:
    """Keeps its connections between messages."""

    def __init__(self, egress: Egress, timeout: float) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = egress.client(timeout)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], now: str) -> Receipt:
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **headers}
        try:
            async with self._client.stream("POST", url, content=body, headers=headers) as answer:
                said = await _beginning(answer)
                return receipts.of_status(answer.status_code, answer.headers.get("retry-after"), now, said)
        except httpx2.HTTPError as error:
            return receipts.of_http_error(error)

    async def aclose(self) -> None:
        await self._client.aclose()


async def _beginning(answer: httpx2.Response) -> str:
    """The first bytes of a refusal. A success needs no explanation, but is read too: the connection is used again."""
    found = b""
    async for piece in answer.aiter_bytes(_MOST_ANSWER):
        found += piece
        if len(found) >= _MOST_ANSWER:
            break
    return "" if answer.is_success else found[:_MOST_ANSWER].decode("utf-8", "replace")

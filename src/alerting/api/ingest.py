"""The doors: a body is checked, made durable, and only then acknowledged. Plain Starlette, since every event passes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from alerting.api.context import context_of
from alerting.inbox.port import Entry, Overloaded
from alerting.ingest import otlp
from alerting.ingest.encoding import LIMIT, IngestError, TooLarge, decompress
from alerting.ingest.envelopes import check_events
from alerting.ingest.events import EventsCheck
from alerting.ingest.inngest import check_inngest
from alerting.ingest.otlp import Checked

_LARGE, _LARGE_UNPACKED = 256 * 1024, 1024 * 1024  # bodies larger than this are checked off the event loop
_RPC_CODES = {400: 3, 401: 16, 413: 8, 415: 3, 503: 14}  # google.rpc.Code
Check = Callable[[bytes, str], Checked]
T = TypeVar("T")


def routes() -> list[Route]:
    return [
        Route("/v1/traces", _otlp("traces", otlp.check_traces), methods=["POST"]),
        Route("/v1/logs", _otlp("logs", otlp.check_logs), methods=["POST"]),
        Route("/v1/metrics", _otlp("metrics", otlp.check_metrics), methods=["POST"]),
        Route("/api/v1/events", _events("events", check_events), methods=["POST"]),
        Route("/ingest/inngest", _events("inngest", check_inngest), methods=["POST"]),
    ]


def _otlp(signal: str, check: Check) -> Callable[[Request], Awaitable[Response]]:
    async def receive(request: Request) -> Response:
        media = otlp.JSON if "json" in request.headers.get("content-type", "") else otlp.PROTOBUF
        try:
            otlp.media_of(request.headers.get("content-type", ""))
            raw = await body_of(request)
            encoding = request.headers.get("content-encoding", "")
            checked = await checked_of(request, raw, encoding, lambda body: check(body, media))
            if checked.items and signal != "metrics":
                await context_of(request).append(Entry(signal, raw, media, encoding, checked.items))
        except (IngestError, Overloaded) as error:
            return refusal(request, media, error)
        if checked.message:
            context_of(request).turned_away.add(request.url.path, 200, checked.message)
        return Response(otlp.success_body(signal, media, checked), media_type=media)

    return receive


def _events(kind: str, check: Callable[[bytes], EventsCheck]) -> Callable[[Request], Awaitable[Response]]:
    async def receive(request: Request) -> Response:
        try:
            raw = await body_of(request)
            encoding = request.headers.get("content-encoding", "")
            checked = await checked_of(request, raw, encoding, check)
            if checked.accepted:
                await context_of(request).append(Entry(kind, raw, otlp.JSON, encoding, checked.accepted))
        except (IngestError, Overloaded) as error:
            return refusal(request, "", error)
        said = {"accepted": checked.accepted, "rejected": checked.rejected}
        if checked.rejected:
            context_of(request).turned_away.add(request.url.path, 202, str(checked.rejected[0]["error"]))
        nothing_taken = checked.rejected and not checked.accepted
        return _json(said, 400 if nothing_taken else 202)

    return receive


async def body_of(request: Request) -> bytes:
    """The body, read only up to the limit. Raises TooLarge, and Overloaded while too much else is being read."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > LIMIT:
        raise TooLarge(f"the body has {told} bytes, more than {LIMIT}; send smaller batches")
    pieces: list[bytes] = []
    size = 0
    with context_of(request).room.hold() as hold:
        try:
            async for piece in request.stream():
                size += len(piece)
                if size > LIMIT:
                    raise TooLarge(f"the body has more than {LIMIT} bytes; send smaller batches")
                hold(len(piece))
                pieces.append(piece)
        except ClientDisconnect:
            raise IngestError("the body ends too early") from None
        return b"".join(pieces)


async def checked_of(request: Request, raw: bytes, encoding: str, check: Callable[[bytes], T]) -> T:
    """What ``check`` says of the unpacked body; others are answered meanwhile if that takes long. Raises what ``check``
    raises, TooLarge and Overloaded."""
    if len(raw) <= _LARGE:
        with suppress(TooLarge):
            return check(decompress(raw, encoding, _LARGE_UNPACKED))
    room = context_of(request).room
    with room.hold() as hold:
        hold(len(raw))
        async with room.unpacking:
            return await asyncio.to_thread(lambda: check(decompress(raw, encoding, LIMIT)))


def refusal(request: Request, media: str, error: IngestError | Overloaded) -> Response:
    """In the protocol's own form: a Status for OTLP, ``{"error"}`` elsewhere."""
    status = error.status if isinstance(error, IngestError) else 503
    context_of(request).turned_away.add(request.url.path, status, str(error))
    # Exporters give up after ten seconds in all: a longer wait would be a loss.
    headers = {"Retry-After": str(random.randint(1, 4))} if status == 503 else {}
    if media:
        body = otlp.error_body(media, _RPC_CODES.get(status, 2), str(error))
        return Response(body, status, headers, media_type=media)
    return _json({"error": str(error)}, status, headers)


def _json(said: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(said), status, headers, media_type="application/json")

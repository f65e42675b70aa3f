"""The doors: a body is checked, made durable, and only then acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from starlette.requests import Request
from starlette.routing import Route

from alerting.api import doors
from alerting.api.answers import Answer, in_json, media_told, refused
from alerting.api.context import ApiContext, context_of
from alerting.api.doors import Call, Door
from alerting.inbox.port import Entry, Overloaded
from alerting.ingest import otlp
from alerting.ingest.encoding import LIMIT, IngestError, TooLarge, decompress
from alerting.ingest.envelopes import check_events
from alerting.ingest.events import EventsCheck
from alerting.ingest.inngest import check_inngest
from alerting.ingest.otlp import Checked

_LARGE, _LARGE_UNPACKED = 256 * 1024, 1024 * 1024  # bodies larger than this are checked off the event loop
Check = Callable[[bytes, str], Checked]
T = TypeVar("T")


def routes() -> list[Route]:
    return [Route(path, door, methods=["POST"]) for path, door in DOORS.items()]


def _otlp(signal: str, check: Check) -> Callable[[Call], Awaitable[Answer]]:
    async def receive(call: Call) -> Answer:
        told = call.header(b"content-type")
        media = media_told(call.path, told)
        try:
            otlp.media_of(told)
            raw = await call.read()
            encoding = call.header(b"content-encoding")
            checked = await checked_of(call.context, raw, encoding, lambda body: check(body, media))
            if checked.items and signal != "metrics":
                await call.context.append(Entry(signal, raw, media, encoding, checked.items))
        except (IngestError, Overloaded) as error:
            return refused(call.context, call.path, media, error)
        if checked.message:
            call.context.turned_away.add(call.path, 200, checked.message)
        return Answer(200, otlp.success_body(signal, media, checked), media)

    return receive


def _events(kind: str, check: Callable[[bytes], EventsCheck]) -> Callable[[Call], Awaitable[Answer]]:
    async def receive(call: Call) -> Answer:
        try:
            raw = await call.read()
            encoding = call.header(b"content-encoding")
            checked = await checked_of(call.context, raw, encoding, check)
            if checked.accepted:
                await call.context.append(Entry(kind, raw, otlp.JSON, encoding, checked.accepted))
        except (IngestError, Overloaded) as error:
            return refused(call.context, call.path, "", error)
        said = {"accepted": checked.accepted, "rejected": checked.rejected}
        if checked.rejected:
            call.context.turned_away.add(call.path, 202, str(checked.rejected[0]["error"]))
        nothing_taken = checked.rejected and not checked.accepted
        return in_json(said, 400 if nothing_taken else 202)

    return receive


DOORS = {
    "/v1/traces": Door(_otlp("traces", otlp.check_traces)),
    "/v1/logs": Door(_otlp("logs", otlp.check_logs)),
    "/v1/metrics": Door(_otlp("metrics", otlp.check_metrics)),
    "/api/v1/events": Door(_events("events", check_events)),
    "/ingest/inngest": Door(_events("inngest", check_inngest)),
}


async def body_of(request: Request) -> bytes:
    """The body, read only up to the limit. Raises TooLarge, IngestError, and Overloaded while too much is read."""
    return await doors.body_of(request.receive, request.headers.get("content-length", ""), context_of(request).room)


async def checked_of(context: ApiContext, raw: bytes, encoding: str, check: Callable[[bytes], T]) -> T:
    """What ``check`` says of the unpacked body; others are answered meanwhile if that takes long. Raises what ``check``
    raises, TooLarge and Overloaded."""
    if len(raw) <= _LARGE:
        with suppress(TooLarge):
            return check(decompress(raw, encoding, _LARGE_UNPACKED))
    room = context.room
    with room.hold() as hold:
        hold(len(raw))
        async with room.unpacking:
            return await asyncio.to_thread(lambda: check(decompress(raw, encoding, LIMIT)))

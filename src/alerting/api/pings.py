"""The door for whoever can only call an address: heartbeat pings in the form of Healthchecks."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerting.api.context import ApiContext, context_of
from alerting.api.starts import Starts
from alerting.configuration import Ping
from alerting.inbox.port import Entry
from alerting.ingest import otlp
from alerting.ingest.pings import LOG, Said, event_of, run_id_at, said
from rules.vocabulary import Outcome

MOST_KEPT = 100_000
MOST_SENT = 16 * 1024 * 1024
_RUN_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_METHODS = ["GET", "HEAD", "POST"]


class BadPing(Exception):
    """``status`` is the HTTP answer; the text says how to mend it, without the key."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes() -> list[Route]:
    receive = _door(Starts())
    return [Route("/ping/{key}", receive, methods=_METHODS), Route("/ping/{key}/{said}", receive, methods=_METHODS)]


def _door(starts: Starts) -> Callable[[Request], Awaitable[Response]]:
    async def receive(request: Request) -> Response:
        """Known keys and unknown ones go the same way up to the last step."""
        try:
            told = _said(request)
            rid = _run_id(request)
            body = await _end_of_body(request)
            ping = _known(context_of(request).active().pings, request.path_params["key"])
        except BadPing as bad:
            context_of(request).turned_away.add("/ping/…", bad.status, str(bad))
            return PlainTextResponse(str(bad), bad.status)
        await _take(context_of(request), starts, ping, told, rid, body)
        return PlainTextResponse("OK")

    return receive


async def _take(context: ApiContext, starts: Starts, ping: Ping, told: Said, rid: str, body: bytes) -> None:
    place = (ping.workflow, ping.environment)
    now = context.clock.now()
    open_run = "" if told.word == "start" or (rid and told.word != LOG) else await starts.latest(context, place)
    if told.word == LOG and (not open_run or rid not in {"", open_run}):
        return  # a sign of life of no run that is known
    run_id = rid or open_run or run_id_at(now)
    if told.word == "start":
        starts.begin(place, run_id)
    elif told.outcome is not Outcome.RUNNING:
        starts.end(place, run_id)
    event = event_of(told, ping.workflow, ping.environment, run_id, body, now)
    try:
        await context.append(Entry("events", msgspec.json.encode(event), otlp.JSON, "", 1))
    except BaseException:
        starts.reopen(place, open_run)  # it was not taken, and will be sent again
        raise


def _said(request: Request) -> Said:
    try:
        return said(request.path_params.get("said", ""))
    except ValueError as error:
        raise BadPing(400, str(error)) from None


def _run_id(request: Request) -> str:
    rid = request.query_params.get("rid", "")
    if rid and not _RUN_ID.fullmatch(rid):
        raise BadPing(400, "rid is not a UUID, such as 6e1b1f1c-6b1f-4a5e-9d0a-0d6c5f4b3a21; leave it out, or send one")
    return rid.lower()


async def _end_of_body(request: Request) -> bytes:
    """The last of what was sent; what goes wrong is told there."""
    kept, size = bytearray(), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_SENT:
                raise BadPing(413, f"the body has more than {MOST_SENT} bytes; send its last lines")
            kept += piece
            del kept[:-MOST_KEPT]
    except ClientDisconnect:
        raise BadPing(400, "the body ends too early") from None
    return bytes(kept)


def _known(pings: Mapping[str, Ping], key: str) -> Ping:
    """Each key is compared, in constant time: how long it takes says nothing of which is right."""
    found = [ping for known, ping in pings.items() if hmac.compare_digest(known.encode(), key.encode())]
    if not found:
        raise BadPing(404, "not found: add this key under pings: in tocsin.yaml, and start Tocsin again")
    return found[0]

"""Tocsin as an Inngest app: one function that every failed, finished or cancelled run calls, by Inngest's own SDK.

Imported only where a signing key or the dev server is set. The answer is given once the event is durable; where it
cannot be made so, the function fails, and Inngest calls again.
"""

import logging
from typing import Any
from urllib.parse import parse_qsl

import inngest
import inngest.fast_api
import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from alerting.api.context import ApiContext
from alerting.inbox.port import Entry
from alerting.ingest.encoding import LIMIT
from alerting.ingest.inngest import CANCELLED, FAILED, FINISHED, OWN_APP, OWN_FUNCTION, check_inngest
from alerting.ingest.otlp import JSON
from rules.instants import MINUTE, SECOND

PATH = "/api/inngest"
_REPLAY_WINDOW = 5 * MINUTE
_RETRIES = 20  # the most that Inngest allows: hours, by its back-off


def mount(app: FastAPI, context: ApiContext) -> None:
    """The SDK reads keys and mode from ``INNGEST_SIGNING_KEY``, ``INNGEST_SIGNING_KEY_FALLBACK``, ``INNGEST_DEV``."""
    production = not context.settings.inngest_dev
    log = logging.getLogger("alerting.inngest")
    client = inngest.Inngest(app_id=OWN_APP, is_production=production, logger=log)
    inner = FastAPI(openapi_url=None)
    inngest.fast_api.serve(inner, client, [_forward(client, context)], serve_origin=context.settings.public_url)
    app.router.routes.append(Route(PATH, _Fresh(inner, context), methods=["GET", "PUT", "POST"]))


class _Fresh:
    """The SDK checks whose signature it is, not how old: a call that was overheard must not be good for ever."""

    def __init__(self, inner: ASGIApp, context: ApiContext) -> None:
        self._inner, self._context = inner, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        refused = self._refusal(request)
        await (refused or self._inner)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > LIMIT:
            return JSONResponse({"message": f"the body has more than {LIMIT} bytes"}, 413)
        stamp = dict(parse_qsl(request.headers.get("x-inngest-signature", ""))).get("t", "")
        if not stamp or self._context.settings.inngest_dev:
            return None  # the SDK refuses what is not signed
        fresh = stamp.isascii() and stamp.isdigit() and len(stamp) <= 12
        if fresh and abs(self._context.clock.machine_now() - int(stamp) * SECOND) <= _REPLAY_WINDOW:
            return None
        return JSONResponse(
            {"message": "Unauthorized: the signature is older than five minutes; check the clocks"}, 401
        )


def _forward(client: inngest.Inngest, context: ApiContext) -> Any:
    @client.create_function(
        fn_id=OWN_FUNCTION,
        name="Tocsin",
        retries=_RETRIES,
        trigger=[inngest.TriggerEvent(event=event) for event in (FAILED, FINISHED, CANCELLED)],
    )
    async def forward(ctx: inngest.Context) -> str:
        body = msgspec.json.encode(_plain(ctx.event))
        if check_inngest(body).accepted:
            await context.append(Entry("inngest", body, JSON, "", 1))
        return "taken"

    return forward


def _plain(event: inngest.Event) -> dict[str, Any]:
    return {"name": event.name, "id": event.id, "ts": event.ts, "data": dict(event.data)}

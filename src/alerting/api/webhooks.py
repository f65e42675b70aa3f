"""The door for webhooks: is it signed, is it understood, is it durable? Then it is acknowledged."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alerting.active import Agreed
from alerting.api.answers import refusal
from alerting.api.context import ApiContext, context_of
from alerting.api.ingest import body_of, checked_of
from alerting.api.security import NO_KEY, has_key
from alerting.inbox.port import Entry, Overloaded
from alerting.ingest import events, jsontext, otlp
from alerting.ingest.encoding import BadBody, IngestError
from alerting.ingest.webhooks import SENDERS
from alerting.ingest.webhooks.sender import Sender, WrongSignature
from alerting.ingest.webhooks.signing import signed_as

_NOTHING = "understood, but it tells of no run, and of no change that was made"
_UNUSABLE = "the secret of this sender cannot be read: its environment variable is not set where Tocsin runs"


class UnknownSender(IngestError):
    status = 404


def routes() -> list[Route]:
    return [Route("/ingest/webhooks/{sender}", _receive, methods=["POST"])]


async def _receive(request: Request) -> Response:
    context, name = context_of(request), request.path_params["sender"]
    try:
        agreed, sender = _known(context, name)
        raw = await body_of(request)
        encoding = request.headers.get("content-encoding", "")
        _allow(context, request, name, sender, agreed, raw)
        body = await checked_of(context, raw, encoding, bytes)
        said = await _take(context, request, name, sender, agreed, body)
    except (IngestError, Overloaded) as error:
        return refusal(request, "", error)
    if "note" in said:
        context.turned_away.add(request.url.path, 202, _NOTHING)
    return JSONResponse(said, 202)


def _known(context: ApiContext, name: str) -> tuple[Agreed | None, Sender | None]:
    agreed, sender = context.active().webhooks.get(name), SENDERS.get(name)
    if sender is None and (agreed is None or agreed.map is None):
        known = ", ".join(sorted({*SENDERS, *context.active().webhooks}))
        raise UnknownSender(
            f"no sender is called {name!r}; known are {known}; map any other under webhooks: {name}: map:"
        )
    return agreed, sender


def _allow(
    context: ApiContext, request: Request, name: str, sender: Sender | None, agreed: Agreed | None, raw: bytes
) -> None:
    """A signature where a secret was agreed on, else the ingest key where there is one."""
    if agreed is None or agreed.secret == "":
        if not has_key(request, context.settings):
            raise WrongSignature(f"{NO_KEY}, or as ?key=KEY; or agree on a secret under webhooks: {name}:")
        return
    if agreed.secret is None:
        raise WrongSignature(_UNUSABLE)
    headers = {key.lower(): value for key, value in request.headers.items()}
    by = signed_as(agreed.signature, name) if sender is None or agreed.signature else sender
    by.check(agreed.secret, headers, raw, context.clock.now())


async def _take(
    context: ApiContext, request: Request, name: str, sender: Sender | None, agreed: Agreed | None, body: bytes
) -> dict[str, Any]:
    found = jsontext.read(body, "send the webhook as JSON, not as a form")
    if agreed is not None and agreed.map is not None:
        return await _mapped(context, agreed.map.event(found))
    if name == "cloudevents" and "ce-specversion" in request.headers:
        found = _structured(request, found)
        body = msgspec.json.encode(found)
    assert sender is not None
    try:
        now = context.clock.now()
        told = [*sender.read(found, now), *sender.changes(found, now)]
    except ValueError as error:
        raise BadBody(str(error)) from None
    if not told:
        return {"accepted": 0, "rejected": [], "note": _NOTHING}
    await context.append(Entry(f"webhook:{name}", body, otlp.JSON, "", 1))
    return {"accepted": 1, "rejected": []}


async def _mapped(context: ApiContext, event: dict[str, Any]) -> dict[str, Any]:
    try:
        events.read(event)
    except ValueError as error:
        raise BadBody(f"by the map this becomes {msgspec.json.encode(event).decode()[:300]}: {error}") from None
    await context.append(Entry("events", msgspec.json.encode(event), otlp.JSON, "", 1))
    return {"accepted": 1, "rejected": []}


def _structured(request: Request, data: Any) -> dict[str, Any]:
    """Binary mode has the attributes in headers (CloudEvents, "HTTP Protocol Binding", 3.1)."""
    told = {key[3:]: value for key, value in request.headers.items() if key.startswith("ce-")}
    return {**told, "data": data}

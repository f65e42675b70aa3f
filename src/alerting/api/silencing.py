"""Which alerts is nobody told about, for how long, and what would a silence hide now? ``/api/v1/silences``."""

import uuid
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import JSONResponse

from alerting import wire
from alerting.api.changing import object_of, provided_by, put, refuse, remove
from alerting.api.context import ApiContext, context_of
from alerting.api.security import who
from alerting.configuration.overlay import MAINTENANCE, SILENCES, Object, Overlay
from alerting.moments import ahead
from alerting.storage.alerts import decode_state
from alerting.storage.schema import AlertRow, table
from rules.instants import Instant, format_instant, parse_instant
from rules.matchers import Match, compile_match
from rules.quiet import Maintenance, SilenceConfig
from rules.suppression import alert_fields
from rules.vocabulary import AlertStatus

router = APIRouter(prefix="/api/v1")
_KINDS = {"silence": SILENCES, "maintenance": MAINTENANCE}


@router.get("/silences")
def silences(request: Request) -> dict[str, Any]:
    """Of the file and of people, those that are over among them as long as they stand there."""
    context = context_of(request)
    configuration, now = context.active().configuration, context.clock.now()
    found: list[SilenceConfig | Maintenance] = [*configuration.quiet.silences, *configuration.quiet.maintenance]
    return {"items": [_wire(each, configuration.made, now) for each in found], "next": None}


def _wire(quiet: SilenceConfig | Maintenance, made: Overlay, now: Instant) -> dict[str, Any]:
    kind = "silence" if isinstance(quiet, SilenceConfig) else "maintenance"
    return {
        "id": quiet.id,
        "kind": kind,
        "state": "pending" if quiet.starts > now else "expired" if quiet.until and quiet.until <= now else "active",
        "match": quiet.match,
        "starts": wire.time_or_none(quiet.starts),
        "until": wire.time_or_none(quiet.until),
        "until_resolved": isinstance(quiet, SilenceConfig) and quiet.until_resolved,
        "comment": quiet.comment,
        "by": quiet.by if isinstance(quiet, SilenceConfig) else "",
        "provided_by": provided_by(made, _KINDS[kind], quiet.id),
    }


@router.post("/silences", status_code=202)
async def post_silence(request: Request) -> JSONResponse:
    """``until`` and ``starts``: RFC 3339, or a duration from now."""
    return JSONResponse(await make(request, await object_of(request)), 202)


async def make(request: Request, body: Object) -> Object:
    """The silence, in force. Raises Refused."""
    context = context_of(request)
    kind, told = body.pop("kind", "silence"), body.pop("by", "")
    if kind not in _KINDS:
        raise refuse("kind", f"{kind!r} is not a kind; write silence or maintenance")
    if not isinstance(told, str):
        raise refuse("by", "must be text: who makes it")
    if not isinstance(body.get("comment"), str) or not body["comment"].strip():
        raise refuse("comment", "is missing; say why, for whoever wonders later")
    by = who(request, context.settings, told)
    made = _dated({**body, "id": uuid.uuid4().hex, **({"by": by} if kind == "silence" else {})}, context.clock.now())
    made.setdefault("starts", format_instant(context.clock.now()))  # what was before it is not silenced in a replay
    await put(request, _KINDS[kind], made["id"], made, by, is_new=True)
    return {**made, "kind": kind, "by": by, "provided_by": "api"}


def _dated(body: Object, now: Instant) -> Object:
    """With times for durations. Raises Refused for an end that is over."""
    for key in ("starts", "until"):
        if isinstance(body.get(key), str):
            body[key] = format_instant(_instant(key, body[key], now))
    if isinstance(body.get("until"), str) and parse_instant(body["until"]) <= now:
        raise refuse("until", "lies in the past")
    return body


def _instant(key: str, told: str, now: Instant) -> Instant:
    try:
        return ahead(told, now)
    except ValueError as error:
        raise refuse(key, f"{error}, or a duration from now such as 2h") from None


@router.delete("/silences/{silence}", status_code=202)
async def delete_silence(request: Request, silence: str, by: str = "") -> JSONResponse:
    made = context_of(request).active().configuration.made
    is_maintenance = made.get(MAINTENANCE, silence) is not None
    await remove(request, MAINTENANCE if is_maintenance else SILENCES, silence, by)
    return JSONResponse({"id": silence}, 202)


@router.post("/silences/preview")
async def preview(request: Request) -> dict[str, Any]:
    """The open alerts that ``match`` would hide now."""
    body = await object_of(request)
    wanted = body.get("match", {})
    if not isinstance(wanted, dict):
        raise refuse("match", "must be a mapping of fields to patterns")
    for field, patterns in wanted.items():
        try:
            compile_match({field: patterns})
        except ValueError as error:
            raise refuse(f"match.{field}", str(error)) from None
    return {"items": _matching(context_of(request), compile_match(wanted)), "next": None}


def _matching(context: ApiContext, match: Match) -> list[dict[str, Any]]:
    alert = table(AlertRow)
    is_open = alert.c.state != AlertStatus.RESOLVED.value
    statement = select(alert).where(is_open).order_by(alert.c.last_at.desc(), alert.c.id)
    with context.store.read() as connection:
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    return [wire.alert_wire(row) for row in rows if match.matches(alert_fields(decode_state(row["body"])))]

"""What was sent, what waits, what died, and what was never sent and why? ``/api/v1/notifications``, ``/deliveries``."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse

from alerting import wire
from alerting.api.acting import By
from alerting.api.context import ApiContext, context_of
from alerting.api.reading import DELIVERIES, NOTIFICATIONS, Asked, Filters, Listing, items, listed
from alerting.api.security import who
from alerting.moments import BadQuery
from alerting.storage import audit, messages
from alerting.storage import deliveries as storage
from alerting.storage.audit import Audited
from alerting.storage.schema import DecisionRow, table

router = APIRouter(prefix="/api/v1")
SUPPRESSED = "suppressed"
_STATUSES = ("queued", "sent", "dead", SUPPRESSED)
UNSENT = Listing(table(DecisionRow), "at", ("rule", "reason", "because"))


@router.get("/notifications")
def notifications(request: Request, filters: Asked) -> dict[str, Any]:
    """``status``: of suppressed ones, which are no messages, only where they are asked for."""
    context = context_of(request)
    wanted = (filters.status or "").split(",") if filters.status else []
    if unknown := set(wanted) - set(_STATUSES):
        raise BadQuery(f"status: {min(unknown)!r} is none; use {', '.join(_STATUSES)}")
    if SUPPRESSED in wanted:
        if len(wanted) > 1:
            raise BadQuery(f"status: ask for {SUPPRESSED} alone, it is a list of its own")
        return _unsent(context, filters)
    is_it = [] if filters.notification is None else [NOTIFICATIONS.rows.c.id == filters.notification]
    found = listed(context, NOTIFICATIONS, filters, *is_it, *_about(NOTIFICATIONS, "id", filters))
    with context.store.read() as connection:
        owed = storage.owed(connection, [row["id"] for row in found.rows])
    return items(found, lambda row: _with_waiting(row, owed.get(row["id"], [])))


@router.get("/deliveries")
def deliveries(request: Request, filters: Asked) -> dict[str, Any]:
    """Every try."""
    about = _about(DELIVERIES, "notification", filters)
    return items(listed(context_of(request), DELIVERIES, filters, *about), wire.delivery_wire)


@router.post("/notifications/{notification}/retry", status_code=202)
async def retry(request: Request, notification: str, by: By = "") -> JSONResponse:
    """A dead letter, to everybody of its channel who has not heard it: said as it stands when it is sent."""
    context = context_of(request)
    await asyncio.to_thread(_send_again, context, notification, who(request, context.settings, by))
    return JSONResponse({"id": notification}, 202)


def _send_again(context: ApiContext, notification: str, by: str) -> None:
    now = context.clock.now()
    with context.store.write() as connection:
        row = storage.locked(connection, notification)
        if row is None:
            raise HTTPException(404, f"there is no notification {notification!r}")
        try:
            storage.send_again(connection, row, _targets_of(context, row["channel"]), now)
        except storage.NotDead as error:
            raise HTTPException(409, f"notification {notification!r}: {error}") from None
        was, becomes = {"status": row["status"]}, {"status": "queued"}
        audit.record(connection, now, Audited(by, "retry", f"notification {notification}", was, becomes))


def _targets_of(context: ApiContext, name: str) -> tuple[str, ...]:
    channel = context.active().channels.get(name)
    if channel is None:
        raise HTTPException(409, f"the configuration has no channel {name!r} any more")
    return channel.targets


def _unsent(context: ApiContext, filters: Filters) -> dict[str, Any]:
    columns = UNSENT.rows.c
    of_alert = [] if filters.alert is None else [columns.alert == filters.alert]
    filters.status = None
    return items(listed(context, UNSENT, filters, columns.kind == "silent", *of_alert), wire.unsent_wire)


def _about(listing: Listing, key: str, filters: Filters) -> list[Any]:
    return [] if filters.alert is None else [listing.rows.c[key].in_(storage.about(filters.alert))]


def _with_waiting(row: dict[str, Any], owed: list[dict[str, Any]]) -> dict[str, Any]:
    upcoming = owed[0]["next_attempt_at"] if owed else None
    return wire.notification_wire(row, upcoming) | {"waiting": [wire.waiting_wire(each) for each in owed]}


def standing_of_channels(context: ApiContext) -> Callable[[str], dict[str, Any]]:
    """How each does: ``ok``, ``ill`` (its last message died), ``paused`` (its receiver asked for that), ``new``."""
    now = context.clock.now()
    with context.store.read() as connection:
        health = messages.health(connection)
        activity = storage.activity(connection, context.active().channels, now)

    def standing(name: str) -> dict[str, Any]:
        known, active = health.get(name), activity[name]
        paused = known["paused_until"] if known and known["paused_until"] > now else 0
        state = "new" if known is None else "ill" if not known["healthy"] else "paused" if paused else "ok"
        return {
            "state": state,
            "detail": known["detail"] if known else "",
            "paused_until": wire.time_or_none(paused),
            "last_delivered_at": wire.time_or_none(active.last_delivered_at),
            "waiting": active.waiting,
            "waiting_since": wire.time_or_none(active.waiting_since),
            "dead_24h": active.dead,
        }

    return standing

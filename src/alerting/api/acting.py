"""What may a person do? Acknowledge and resolve: into the inbox like everything else, done by the worker."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Request
from starlette.responses import JSONResponse

from alerting.api.context import ApiContext, context_of
from alerting.api.reading import ALERTS, one
from alerting.api.security import who
from alerting.inbox.port import ACTION, Entry
from alerting.storage import audit
from alerting.storage.audit import Audited

router = APIRouter()
_WAIT_SECONDS = 1.0
_STEP_SECONDS = 0.02
_AFTER: dict[str, Callable[[str], dict[str, str]]] = {
    "acknowledge": lambda by: {"acknowledged_by": by},
    "resolve": lambda _: {"state": "resolved"},
}


@router.post("/api/v1/alerts/{alert}/acknowledge", status_code=202)
async def acknowledge(request: Request, alert: str, by: Annotated[str, Body(embed=True)] = "") -> JSONResponse:
    return JSONResponse({"id": await act(request, "acknowledge", alert, by)}, 202)


@router.post("/api/v1/alerts/{alert}/resolve", status_code=202)
async def resolve(request: Request, alert: str, by: Annotated[str, Body(embed=True)] = "") -> JSONResponse:
    return JSONResponse({"id": await act(request, "resolve", alert, by)}, 202)


async def act(request: Request, action: str, alert: str, by: str) -> str:
    """Put the action into the inbox; its id once it is durable. 404 for an alert that is not there."""
    context = context_of(request)
    before = await asyncio.to_thread(one, context, ALERTS, alert)
    action_id, told = uuid.uuid4().hex, who(request, context.settings, by)
    said: dict[str, Any] = {"id": action_id, "action": action, "alert": alert, "by": told}
    await context.append(Entry(ACTION, msgspec.json.encode(said)))
    await asyncio.to_thread(
        _audit, context, Audited(told, action, f"alert {alert}", _state(before), _AFTER[action](told))
    )
    return action_id


def _state(row: dict[str, Any]) -> dict[str, str]:
    return {"state": row["state"], "acknowledged_by": row["acknowledged_by"]}


def _audit(context: ApiContext, audited: Audited) -> None:
    with context.store.write() as connection:
        audit.record(connection, context.clock.now(), audited)


async def act_and_wait(request: Request, action: str, alert: str, by: str) -> None:
    """For pages: until the effect shows, at most a second."""
    context = context_of(request)
    before = await asyncio.to_thread(one, context, ALERTS, alert)
    await act(request, action, alert, by)
    for _ in range(int(_WAIT_SECONDS / _STEP_SECONDS)):
        if await asyncio.to_thread(one, context, ALERTS, alert) != before:
            return
        await asyncio.sleep(_STEP_SECONDS)

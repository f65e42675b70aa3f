"""What may a person do? Acknowledge and resolve: into the inbox like everything else, done by the worker."""

import asyncio
import uuid
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Request
from starlette.responses import JSONResponse

from alerting.api.context import ApiContext, context_of
from alerting.api.reading import ALERTS, one
from alerting.inbox.port import ACTION, Entry

router = APIRouter()
_WAIT_SECONDS = 1.0
_STEP_SECONDS = 0.02


@router.post("/api/v1/alerts/{alert}/acknowledge", status_code=202)
async def acknowledge(request: Request, alert: str, by: Annotated[str, Body(embed=True)] = "api") -> JSONResponse:
    return JSONResponse({"id": await act(context_of(request), "acknowledge", alert, by)}, 202)


@router.post("/api/v1/alerts/{alert}/resolve", status_code=202)
async def resolve(request: Request, alert: str, by: Annotated[str, Body(embed=True)] = "api") -> JSONResponse:
    return JSONResponse({"id": await act(context_of(request), "resolve", alert, by)}, 202)


async def act(context: ApiContext, action: str, alert: str, by: str) -> str:
    """Put the action into the inbox; its id once it is durable. 404 for an alert that is not there."""
    await asyncio.to_thread(one, context, ALERTS, alert)
    action_id = uuid.uuid4().hex
    said: dict[str, Any] = {"id": action_id, "action": action, "alert": alert, "by": by[:200]}
    await context.append(Entry(ACTION, msgspec.json.encode(said)))
    return action_id


async def act_and_wait(context: ApiContext, action: str, alert: str, by: str) -> None:
    """For pages: until the effect shows, at most a second."""
    before = await asyncio.to_thread(one, context, ALERTS, alert)
    await act(context, action, alert, by)
    for _ in range(int(_WAIT_SECONDS / _STEP_SECONDS)):
        if await asyncio.to_thread(one, context, ALERTS, alert) != before:
            return
        await asyncio.sleep(_STEP_SECONDS)

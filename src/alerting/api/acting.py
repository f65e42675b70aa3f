"""What may a person do to an alert or an error group? Into the inbox like everything else, done by the worker."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Request
from starlette.responses import JSONResponse

from alerting.api.context import ApiContext, context_of
from alerting.api.reading import ALERTS, GROUPS, Listing, one
from alerting.api.security import who
from alerting.inbox.port import ACTION, RESOLVE_GROUP, Entry
from alerting.ingest.text import NAME, clean
from alerting.moments import moment_ahead
from alerting.storage import audit
from alerting.storage.audit import Audited
from rules.instants import Instant

router = APIRouter()
_WAIT_SECONDS = 1.0
_STEP_SECONDS = 0.02
_AFTER: dict[str, Callable[[str], dict[str, str]]] = {
    "acknowledge": lambda by: {"acknowledged_by": by},
    "unacknowledge": lambda _: {"acknowledged_by": ""},
    "resolve": lambda _: {"state": "resolved"},
}


By = Annotated[str, Body(embed=True)]


@router.post("/api/v1/alerts/{alert}/acknowledge", status_code=202)
async def acknowledge(request: Request, alert: str, by: By = "", until: By = "") -> JSONResponse:
    """``until``: a time, or a duration from now; else for as long as the policy says."""
    ends = moment_ahead("until", until, context_of(request).clock.now()) if until else 0
    return JSONResponse({"id": await act(request, "acknowledge", alert, by, ends)}, 202)


@router.post("/api/v1/alerts/{alert}/unacknowledge", status_code=202)
async def unacknowledge(request: Request, alert: str, by: By = "") -> JSONResponse:
    return JSONResponse({"id": await act(request, "unacknowledge", alert, by)}, 202)


@router.post("/api/v1/alerts/{alert}/resolve", status_code=202)
async def resolve(request: Request, alert: str, by: By = "") -> JSONResponse:
    return JSONResponse({"id": await act(request, "resolve", alert, by)}, 202)


@router.post("/api/v1/error-groups/{group}/resolve", status_code=202)
async def resolve_group(request: Request, group: str, by: By = "", version: By = "") -> JSONResponse:
    """Its next failure, in ``version`` or later where one is given, is a regression."""
    return JSONResponse({"id": await mend(request, group, version, by)}, 202)


async def mend(request: Request, group: str, version: str, by: str) -> str:
    """Somebody says that an error group is mended: the action's id once it is durable. 404 where it is not there."""
    context = context_of(request)
    before = await asyncio.to_thread(one, context, GROUPS, group)
    told = who(request, context.settings, by)
    version = clean(version.strip(), NAME)
    said = {"action": RESOLVE_GROUP, "group": group, "version": version, "by": told}
    was = {"state": before["state"], "resolved_version": before["resolved_version"]}
    becomes = {"state": "resolved", "resolved_version": version}
    return await _do(context, said, Audited(told, "resolve", f"group {group}", was, becomes))


async def act(request: Request, action: str, alert: str, by: str, until: Instant = 0) -> str:
    """Put the action into the inbox; its id once it is durable. 404 for an alert that is not there."""
    context = context_of(request)
    before = await asyncio.to_thread(one, context, ALERTS, alert)
    told = who(request, context.settings, by)
    said: dict[str, Any] = {"action": action, "alert": alert, "by": told, "until": until}
    return await _do(context, said, Audited(told, action, f"alert {alert}", _state(before), _AFTER[action](told)))


async def _do(context: ApiContext, said: dict[str, Any], audited: Audited) -> str:
    action_id = uuid.uuid4().hex
    await context.append(Entry(ACTION, msgspec.json.encode({"id": action_id, **said})))
    await asyncio.to_thread(_audit, context, audited)
    return action_id


def _state(row: dict[str, Any]) -> dict[str, str]:
    return {"state": row["state"], "acknowledged_by": row["acknowledged_by"]}


def _audit(context: ApiContext, audited: Audited) -> None:
    with context.store.write() as connection:
        audit.record(connection, context.clock.now(), audited)


async def act_and_wait(request: Request, action: str, alert: str, by: str) -> None:
    """For pages: until the effect shows, at most a second."""
    await _until_changed(request, ALERTS, alert, lambda: act(request, action, alert, by))


async def mend_and_wait(request: Request, group: str, version: str, by: str) -> None:
    """The same for an error group."""
    await _until_changed(request, GROUPS, group, lambda: mend(request, group, version, by))


async def _until_changed(request: Request, listing: Listing, key: str, doing: Callable[[], Awaitable[str]]) -> None:
    context = context_of(request)
    before = await asyncio.to_thread(one, context, listing, key)
    await doing()
    for _ in range(int(_WAIT_SECONDS / _STEP_SECONDS)):
        if await asyncio.to_thread(one, context, listing, key) != before:
            return
        await asyncio.sleep(_STEP_SECONDS)

"""Which rules and channels are in force, and who may change them? ``/api/v1/rules``, ``/channels``, ``/reload``."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from alerting.api.changing import (
    Refused,
    object_of,
    problems_of,
    provided_by,
    put,
    refuse,
    remove,
    shown,
    until_followed,
)
from alerting.api.context import context_of
from alerting.api.delivering import standing_of_channels
from alerting.api.security import who
from alerting.configuration import Invalid
from alerting.configuration.overlay import CHANNELS, RULES, Object

router = APIRouter(prefix="/api/v1")


@router.get("/rules")
def rules(request: Request) -> dict[str, Any]:
    configuration = context_of(request).active().configuration
    found = [
        {
            **rule.model_dump(mode="json", by_alias=True),
            "provided_by": provided_by(configuration.made, RULES, rule.name),
        }
        for rule in configuration.rules
    ]
    return {"items": found, "next": None}


@router.get("/channels")
def channels(request: Request) -> dict[str, Any]:
    """Names, kinds, recipients and how they do; never an address that holds a secret."""
    context = context_of(request)
    active, standing = context.active(), standing_of_channels(context)
    found = [
        {
            "name": name,
            "type": channel.kind,
            "targets": list(channel.targets),
            "fallback": active.fallbacks.get(name),
            "provided_by": provided_by(active.configuration.made, CHANNELS, name),
            **standing(name),
        }
        for name, channel in active.channels.items()
    ]
    return {"items": found, "next": None}


@router.post("/rules", status_code=202)
async def post_rule(request: Request, by: str = "") -> JSONResponse:
    body = await object_of(request)
    return await _put(request, RULES, body, body.get("name"), by, is_new=True)


@router.put("/rules/{name}", status_code=202)
async def put_rule(request: Request, name: str, by: str = "") -> JSONResponse:
    body = {"name": name, **await object_of(request)}
    if body["name"] != name:
        raise refuse("name", f"is not the {name!r} of the address; to rename a rule, make another and delete this one")
    return await _put(request, RULES, body, name, by)


@router.delete("/rules/{name}", status_code=202)
async def delete_rule(request: Request, name: str, by: str = "") -> JSONResponse:
    await remove(request, RULES, name, by)
    return JSONResponse({"id": name}, 202)


@router.post("/channels", status_code=202)
async def post_channel(request: Request, by: str = "") -> JSONResponse:
    body = await object_of(request)
    return await _put(request, CHANNELS, body, body.pop("name", None), by, is_new=True)


@router.put("/channels/{name}", status_code=202)
async def put_channel(request: Request, name: str, by: str = "") -> JSONResponse:
    return await _put(request, CHANNELS, await object_of(request), name, by)


@router.delete("/channels/{name}", status_code=202)
async def delete_channel(request: Request, name: str, by: str = "") -> JSONResponse:
    await remove(request, CHANNELS, name, by)
    return JSONResponse({"id": name}, 202)


async def _put(request: Request, section: str, body: Object, name: Any, by: str, is_new: bool = False) -> JSONResponse:
    if not isinstance(name, str):
        raise refuse("name", "is missing; add it" if name is None else "must be text")
    await put(request, section, name, body, by, is_new)
    return JSONResponse({"id": name, **(shown(section, body) or {}), "name": name, "provided_by": "api"}, 202)


@router.post("/reload")
async def reload(request: Request, by: str = "") -> JSONResponse:
    """Read the file again, at once; it is looked at every two seconds anyway."""
    context = context_of(request)
    try:
        changed = await asyncio.to_thread(context.in_force.reload, who(request, context.settings, by))
    except Invalid as invalid:
        raise Refused(problems_of(invalid.problems)) from None
    await until_followed(context)
    return JSONResponse({"status": "reloaded" if changed else "unchanged"})

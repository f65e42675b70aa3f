"""What was changed when? ``/api/v1/changes``: marked by those who change things, through the inbox like all else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from alerting import wire
from alerting.api.answers import refusal
from alerting.api.context import ApiContext, context_of
from alerting.api.ingest import body_of, checked_of
from alerting.api.paging import MOST, Page, cursor_of
from alerting.api.reading import Asked, Filters, Listing, items, listed
from alerting.inbox.port import Entry, Overloaded
from alerting.ingest import otlp
from alerting.ingest.changes import DOOR, Change, ChangesCheck, check, packed
from alerting.ingest.encoding import IngestError
from alerting.moments import BadQuery
from alerting.storage.schema import ChangeRow, table
from rules.matchers import compile_glob

router = APIRouter()
CHANGES = Listing(table(ChangeRow), "at", ("title", "version", "source"))
_WAIT_SECONDS = 1.0
_STEP_SECONDS = 0.02
Keep = Callable[[dict[str, Any]], bool]


@router.post("/api/v1/changes", status_code=202)
async def post_changes(request: Request) -> Response:
    """One change or an array of them. 400 where none of them is right."""
    try:
        found = await _taken(request)
    except (IngestError, Overloaded) as error:
        return refusal(request, "", error)
    if found.rejected:
        context_of(request).turned_away.add(request.url.path, 202, str(found.rejected[0]["error"]))
    said = {"accepted": len(found.accepted), "rejected": found.rejected, "ids": [each.id for each in found.accepted]}
    return JSONResponse(said, 400 if found.rejected and not found.accepted else 202)


async def _taken(request: Request) -> ChangesCheck:
    context = context_of(request)
    raw, encoding, now = await body_of(request), request.headers.get("content-encoding", ""), context.clock.now()
    found = await checked_of(context, raw, encoding, lambda body: check(body, now))
    await mark(context, found.accepted)
    return found


async def mark(context: ApiContext, changes: list[Change]) -> None:
    """Returns once they are durable. Raises Overloaded."""
    if changes:
        await context.append(Entry(DOOR, packed(changes), otlp.JSON, "", len(changes)))


async def mark_and_wait(context: ApiContext, change: Change) -> None:
    """For pages: until it shows, at most a second."""
    await mark(context, [change])
    for _ in range(int(_WAIT_SECONDS / _STEP_SECONDS)):
        if await asyncio.to_thread(_is_there, context, change.id):
            return
        await asyncio.sleep(_STEP_SECONDS)


def _is_there(context: ApiContext, change: str) -> bool:
    return bool(listed(context, CHANGES, Filters(limit=1), CHANGES.rows.c.id == change).rows)


@router.get("/api/v1/changes")
def changes(request: Request, filters: Asked) -> dict[str, Any]:
    return items(found_changes(context_of(request), filters), wire.change_wire)


def found_changes(context: ApiContext, filters: Filters) -> Page:
    """One page of them. Those of a ``workflow`` are those that concern all, too. Raises BadQuery."""
    if not filters.workflow:
        return listed(context, CHANGES, filters)
    keep, rows, cursor = _concerns(filters.workflow), list[dict[str, Any]](), filters.cursor
    while len(rows) <= filters.limit:
        found = listed(context, CHANGES, replace(filters, cursor=cursor, limit=MOST))
        rows += [row for row in found.rows if keep(row)]
        cursor = found.next
        if cursor is None:
            break
    last = rows[filters.limit - 1] if len(rows) > filters.limit else None
    return Page(rows[: filters.limit], cursor_of(last["at"], last["id"]) if last else None)


def _concerns(workflow: str) -> Keep:
    """``workflow`` is a name, or a glob that stands for names."""
    try:
        asked = compile_glob(workflow)
    except ValueError as error:
        raise BadQuery(f"workflow: {error}") from None

    def keep(row: dict[str, Any]) -> bool:
        globs = wire.globs_of(row)
        return not globs or any(compile_glob(glob)(workflow) or asked(glob) for glob in globs)

    return keep

"""The pages on which people say that something was changed, or is mended."""

import asyncio
import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.acting import mend_and_wait
from alerting.api.changes import found_changes, mark_and_wait
from alerting.api.context import context_of
from alerting.api.reading import Asked, Filters
from alerting.api.security import who
from alerting.ingest.changes import KINDS, read
from alerting.pages.rendering import render
from alerting.wire import globs_of

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]
_MEMBERS = ("title", "kind", "version", "workflow", "environment")


@router.get("/changes")
def changes(request: Request, filters: Asked) -> HTMLResponse:
    return _page(request, filters, dict.fromkeys(_MEMBERS, ""), "", 200)


@router.post("/changes")
async def mark(
    request: Request, title: Field = "", kind: Field = "", version: Field = "", workflow: Field = "",
    environment: Field = "",
) -> Response:  # fmt: skip
    """``workflow``: globs between commas. What is not right comes back with what was written."""
    context = context_of(request)
    written = dict(zip(_MEMBERS, (title, kind, version, workflow, environment), strict=True))
    globs = [glob.strip() for glob in workflow.split(",") if glob.strip()]
    source = who(request, context.settings, "page")
    try:
        change = read({**written, "workflow": globs, "id": uuid.uuid4().hex, "source": source}, context.clock.now())
    except ValueError as error:
        return await asyncio.to_thread(_page, request, Filters(), written, str(error), 400)
    await mark_and_wait(context, change)
    return RedirectResponse("/changes", 303)


def _page(request: Request, filters: Filters, written: dict[str, str], wrong: str, status: int) -> HTMLResponse:
    found = found_changes(context_of(request), filters)
    more = str(request.url.include_query_params(cursor=found.next)) if found.next else None
    values = {"written": written, "wrong": wrong, "kinds": KINDS, "globs_of": globs_of}
    return render(request, "changes.html", status, found=found, filters=filters, more=more, **values)


@router.post("/groups/{group}/resolve")
async def resolve(request: Request, group: str, version: Field = "") -> Response:
    await mend_and_wait(request, group, version, "page")
    return RedirectResponse(f"/groups/{group}", 303)

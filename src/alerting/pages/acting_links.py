"""What comes of following a link of a message? First a page that changes nothing, then what its form asks for.

Mail scanners and chat previews follow every link: nothing happens before somebody presses the button.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import HTMLResponse

from alerting.api.acting import act_and_wait
from alerting.api.context import context_of
from alerting.api.reading import ALERTS, one
from alerting.api.silenced_alert import match_of
from alerting.api.silencing import make
from alerting.links import ACKNOWLEDGE, SILENCE, BadLink, Link
from alerting.pages.rendering import render
from alerting.storage.alerts import decode_state

router = APIRouter(include_in_schema=False)
UNTIL_RESOLVED = "resolved"
_PERIODS = {"1h": "1 hour", "4h": "4 hours", "1d": "1 day", UNTIL_RESOLVED: "until it is resolved"}
_NOT_KEPT = {"cache-control": "no-store", "x-robots-tag": "noindex"}
_LONGEST_NAME = 100


@router.api_route("/act/{token}", methods=["GET", "HEAD"])
def asked(request: Request, token: str) -> HTMLResponse:
    try:
        link, row = _open(request, token)
    except BadLink as error:
        return _over(request, error)
    if link.action == ACKNOWLEDGE and row["acknowledged_by"]:
        return _shown(request, row, f"It is acknowledged already, by {row['acknowledged_by']}.")
    matched = match_of(context_of(request), decode_state(row["body"])) if link.action == SILENCE else {}
    return _shown(request, row, action=link.action, matched=matched)


@router.post("/act/{token}")
async def act(
    request: Request, token: str, by: Annotated[str, Form()] = "", until: Annotated[str, Form()] = "1h"
) -> HTMLResponse:
    try:
        link, row = await asyncio.to_thread(_open, request, token)
    except BadLink as error:
        return _over(request, error)
    name = " ".join(by.split())[:_LONGEST_NAME] or "link"
    if link.action == SILENCE:
        done = await _silence(request, row, name, until if until in _PERIODS else "1h")
    else:
        done = await _acknowledge(request, row, name)
    return _shown(request, await asyncio.to_thread(one, context_of(request), ALERTS, link.alert), done)


async def _acknowledge(request: Request, row: dict[str, Any], by: str) -> str:
    if row["acknowledged_by"]:
        return f"It is acknowledged already, by {row['acknowledged_by']}."
    await act_and_wait(request, ACKNOWLEDGE, row["id"], by)
    after = await asyncio.to_thread(one, context_of(request), ALERTS, row["id"])
    if after["acknowledged_by"]:
        return f"Acknowledged by {after['acknowledged_by']}. Nobody is reminded of it until it gets worse or is back."
    return "Your acknowledgement is on its way."


async def _silence(request: Request, row: dict[str, Any], by: str, until: str) -> str:
    ends = {"until_resolved": True} if until == UNTIL_RESOLVED else {"until": until}
    match = await asyncio.to_thread(match_of, context_of(request), decode_state(row["body"]))
    said = {"match": match, "comment": f"by a link in a message about {row['workflow'] or row['rule']}", "by": by}
    made = await make(request, {**said, **ends})
    end = "until it is resolved" if until == UNTIL_RESOLVED else f"for {_PERIODS[until]}"
    return f"Silenced {end}, by {made['by']}. To end it earlier: tocsin unsilence {made['id']}"


def _open(request: Request, token: str) -> tuple[Link, dict[str, Any]]:
    """What the link is for, and its alert, which fires. Raises BadLink."""
    context = context_of(request)
    link = context.links.read(token, context.clock.now())
    try:
        row = one(context, ALERTS, link.alert)
    except HTTPException:
        raise BadLink("The alert is so old that it is not kept any more.") from None
    if row["state"] != "firing":
        raise BadLink(f"The alert of {row['workflow'] or row['rule']} is over already: there is nothing left to do.")
    return link, row


def _shown(
    request: Request, row: dict[str, Any], done: str = "", action: str = "", matched: dict[str, str] | None = None
) -> HTMLResponse:
    values = {"done": done, "action": action, "matched": matched or {}, "periods": _PERIODS}
    return _private(render(request, "act.html", alert=row, example=decode_state(row["body"]).example, **values))


def _over(request: Request, error: BadLink) -> HTMLResponse:
    return _private(render(request, "link_over.html", 410, message=str(error)))


def _private(page: HTMLResponse) -> HTMLResponse:
    page.headers.update(_NOT_KEPT)
    return page

"""The pages: overview, runs, error groups, alerts, deliveries, and the forms on them."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import func, select
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from alerting.api import reading
from alerting.api.acting import act_and_wait
from alerting.api.context import ApiContext, context_of
from alerting.api.explaining import explained
from alerting.api.reading import Filters, Listing
from alerting.api.security import COOKIE, SESSION_SECONDS, is_password, sessions
from alerting.api.sources import advised
from alerting.api.status import wrong_now
from alerting.ingest.spans import SpanRecord
from alerting.pages.rendering import FOLDER, render
from alerting.storage.alerts import decode_state
from alerting.storage.groups import latest_version
from alerting.storage.schema import DeliveryRow, NotificationRow, RunRow, ToldRow, table

router = APIRouter(include_in_schema=False)
Asked = Annotated[Filters, Depends()]


@router.get("/")
def overview(request: Request) -> HTMLResponse:
    context = context_of(request)
    firing = reading.listed(context, reading.ALERTS, Filters(state="firing", limit=20))
    bad = reading.listed(context, reading.RUNS, Filters(outcome="bad", limit=12))
    groups = reading.listed(context, reading.GROUPS, Filters(limit=10))
    return render(
        request,
        "overview.html",
        firing=firing.rows,
        bad=bad.rows,
        groups=groups.rows,
        counts=_counts(context),
        listen=context.settings.public_url,
        sources=advised(context),
        turned_away=context.turned_away.listed(),
        ill=wrong_now(context),
    )


def _counts(context: ApiContext) -> dict[str, int]:
    run = table(RunRow)
    since = context.clock.now() - 24 * 3_600_000_000
    statement = select(run.c.outcome, func.count()).where(run.c.ended_at >= since).group_by(run.c.outcome)
    with context.store.read() as connection:
        found = {row[0]: row[1] for row in connection.execute(statement)}
        everything = connection.execute(select(func.count()).select_from(run)).scalar_one()
    return {**found, "all": everything}


@router.get("/sources")
def sources(request: Request) -> HTMLResponse:
    context = context_of(request)
    turned_away = context.turned_away.listed()
    listen = context.settings.public_url
    return render(request, "sources.html", sources=advised(context), turned_away=turned_away, listen=listen)


@router.get("/runs")
def runs(request: Request, filters: Asked) -> HTMLResponse:
    return _list(request, "runs.html", reading.RUNS, filters)


@router.get("/runs/{run}")
def run(request: Request, run: str) -> HTMLResponse:
    context = context_of(request)
    row = reading.find_run(context, run)
    detail = json.loads(row["detail"] or "{}")
    stack = detail.get("stack") or (detail.get("told") or ["", "", ""])[2]
    spans = context.spans_of_run(row["id"])
    return render(
        request,
        "run.html",
        run=row,
        stack=stack,
        labels=detail.get("labels", {}),
        bars=_bars(spans),
        spans=spans,
        why=explained(context, row),
    )


def _bars(spans: list[SpanRecord]) -> list[dict[str, Any]]:
    """Each span's place in the whole, in hundredths, and how deep it lies."""
    if not spans:
        return []
    start, end = min(span.started_at for span in spans), max(span.ended_at for span in spans)
    whole = max(1, end - start)
    parents = {span.span_id: span.parent_span_id for span in spans}
    return [
        {
            "span": span,
            "depth": _depth(span.span_id, parents),
            "left": round(100 * (span.started_at - start) / whole, 2),
            "width": max(0.4, round(100 * (span.ended_at - span.started_at) / whole, 2)),
        }
        for span in spans
    ]


def _depth(span: str, parents: dict[str, str]) -> int:
    depth = 0
    while (parent := parents.get(span, "")) in parents and depth < 12:
        span, depth = parent, depth + 1
    return depth


@router.get("/groups")
def groups(request: Request, filters: Asked) -> HTMLResponse:
    return _list(request, "groups.html", reading.GROUPS, filters)


@router.get("/groups/{group}")
def group(request: Request, group: str) -> HTMLResponse:
    context = context_of(request)
    row = reading.one(context, reading.GROUPS, group)
    runs_of = reading.RUNS.rows.c.error_group == group
    alerts_of = reading.ALERTS.rows.c.error_group == group
    return render(
        request,
        "group.html",
        group=row,
        components=json.loads(row["components"] or "[]"),
        runs=reading.listed(context, reading.RUNS, Filters(limit=20), runs_of).rows,
        alerts=reading.listed(context, reading.ALERTS, Filters(limit=20), alerts_of).rows,
        history=reading.history_of(context, group),
        version=_latest_version(context, row),
    )


def _latest_version(context: ApiContext, group: dict[str, Any]) -> str:
    with context.store.read() as connection:
        return latest_version(connection, group["id"], group["workflow"])


@router.get("/alerts")
def alerts(request: Request, filters: Asked) -> HTMLResponse:
    return _list(request, "alerts.html", reading.ALERTS, filters)


@router.get("/alerts/{alert}")
def alert(request: Request, alert: str) -> HTMLResponse:
    context = context_of(request)
    row = reading.one(context, reading.ALERTS, alert)
    return render(
        request,
        "alert.html",
        alert=row,
        state=decode_state(row["body"]),
        messages=_messages(context, alert),
        decisions=reading.decisions_about(context, alert),
    )


def _messages(context: ApiContext, alert: str) -> list[dict[str, Any]]:
    notification, delivery, told = table(NotificationRow), table(DeliveryRow), table(ToldRow)
    joined = select(notification).join(told, told.c.notification == notification.c.id)
    about = joined.where(told.c.alert == alert).order_by(notification.c.number.desc()).limit(50)
    with context.store.read() as connection:
        found = [dict(row) for row in connection.execute(about).mappings()]
        for row in found:
            tries = select(delivery).where(delivery.c.notification == row["id"]).order_by(delivery.c.id)
            row["tries"] = [dict(each) for each in connection.execute(tries).mappings()]
    return found


@router.post("/alerts/{alert}/{action}")
async def act(request: Request, alert: str, action: str) -> Response:
    if action not in {"acknowledge", "unacknowledge", "resolve"}:
        return RedirectResponse(f"/alerts/{alert}", 303)
    await act_and_wait(request, action, alert, "page")
    return RedirectResponse(f"/alerts/{alert}", 303)


@router.get("/deliveries")
def deliveries(request: Request, filters: Asked) -> HTMLResponse:
    return _list(request, "deliveries.html", reading.DELIVERIES, filters)


def _list(request: Request, template: str, listing: Listing, filters: Filters) -> HTMLResponse:
    found = reading.listed(context_of(request), listing, filters)
    more = str(request.url.include_query_params(cursor=found.next)) if found.next else None
    return render(request, template, found=found, filters=filters, more=more)


@router.get("/login")
def login_page(request: Request, next: str = "/") -> HTMLResponse:  # noqa: A002 - the parameter's name in the URL
    return render(request, "login.html", next=_local(next), wrong=False)


@router.post("/login")
def login(
    request: Request,
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the field's name in the form
) -> Response:
    settings = context_of(request).settings
    if not is_password(settings, password):
        return render(request, "login.html", 401, next=_local(next), wrong=True)
    answer = RedirectResponse(_local(next), 303)
    secure = request.url.scheme == "https"
    token = sessions(settings).dumps("admin")
    answer.set_cookie(COOKIE, token, SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return answer


def _local(target: str) -> str:
    """Only a path of this site: a login page must not lead elsewhere."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


@router.get("/static/{name}")
def static(name: str) -> Response:
    files = {path.name: path for path in (FOLDER / "static").iterdir()}
    if name not in files:
        return Response("there is no such file", 404)
    return FileResponse(files[name], headers={"cache-control": "public, max-age=3600"})

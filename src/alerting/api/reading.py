"""The reading API: runs, failures, error groups and alerts, with the same filters everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from sqlalchemy import Select, Table, or_, select

from alerting import wire
from alerting.api.context import ApiContext, context_of
from alerting.api.paging import MOST, USUAL, Page, page
from alerting.database.globs import like_glob
from alerting.moments import moment
from alerting.storage import groups
from alerting.storage.schema import (
    AlertRow,
    DecisionRow,
    DeliveryRow,
    ErrorGroupRow,
    FailureRow,
    NotificationRow,
    RunRow,
    table,
)
from rules.instants import Instant
from rules.vocabulary import BAD

router = APIRouter(prefix="/api/v1")


@dataclass(slots=True)
class Filters:
    """What a reader asks for. ``since`` and ``until``: RFC 3339, Unix milliseconds, or a duration meaning "ago"."""

    workflow: str | None = None
    engine: str | None = None
    outcome: str | None = None
    severity: str | None = None
    state: str | None = None
    status: str | None = None
    channel: str | None = None
    alert: str | None = None
    notification: str | None = None
    since: str | None = None
    until: str | None = None
    q: str | None = None
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL
    cursor: str | None = None


Asked = Annotated[Filters, Depends()]


@dataclass(slots=True, frozen=True)
class Listing:
    """One kind of thing: its table, the column of its time, its key, and the columns that ``q`` searches."""

    rows: Table
    time: str
    searched: tuple[str, ...] = ()
    key: str = "id"


RUNS = Listing(table(RunRow), "ended_at", ("workflow", "run_id", "error_type", "error_message"))
FAILURES = Listing(table(FailureRow), "occurred_at", ("workflow", "run_id", "error_type", "error_message"))
GROUPS = Listing(table(ErrorGroupRow), "last_seen", ("workflow", "error_type", "error_message"))
ALERTS = Listing(table(AlertRow), "last_at", ("workflow", "rule"))
NOTIFICATIONS = Listing(table(NotificationRow), "created_at", ("title", "channel"))
DELIVERIES = Listing(table(DeliveryRow), "at", ("channel", "detail"))


def listed(context: ApiContext, listing: Listing, filters: Filters, *also: Any) -> Page:
    """One page of a listing. Raises BadQuery."""
    columns = listing.rows.c
    statement = _filtered(select(listing.rows).where(*also), columns, listing, filters, context.clock.now())
    with context.store.read() as connection:
        if filters.workflow and "workflow" in columns:
            statement = statement.where(like_glob(connection, columns.workflow, filters.workflow))
        return page(connection, statement, columns[listing.time], columns[listing.key], filters.cursor, filters.limit)


def _filtered(statement: Select[Any], columns: Any, listing: Listing, filters: Filters, now: Instant) -> Select[Any]:
    for name in ("engine", "severity", "state", "status", "channel", "notification"):
        wanted = getattr(filters, name)
        if wanted and name in columns:
            statement = statement.where(columns[name].in_(wanted.split(",")))
    if filters.outcome and "outcome" in columns:
        statement = statement.where(columns.outcome.in_(_outcomes(filters.outcome)))
    if filters.since:
        statement = statement.where(columns[listing.time] >= moment("since", filters.since, now))
    if filters.until:
        statement = statement.where(columns[listing.time] < moment("until", filters.until, now))
    if filters.q:
        searched = [columns[name].contains(filters.q, autoescape=True) for name in listing.searched]
        statement = statement.where(or_(*searched))
    return statement


def _outcomes(wanted: str) -> list[str]:
    """``bad`` stands for every bad outcome."""
    return sorted(outcome.value for outcome in BAD) if wanted == "bad" else wanted.split(",")


def items(found: Page, shape: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return {"items": [shape(row) for row in found.rows], "next": found.next}


@router.get("/runs")
def runs(request: Request, filters: Asked) -> dict[str, Any]:
    return items(listed(context_of(request), RUNS, filters), wire.run_wire)


@router.get("/failures")
def failures(request: Request, filters: Asked) -> dict[str, Any]:
    return items(listed(context_of(request), FAILURES, filters), wire.failure_wire)


@router.get("/error-groups")
def error_groups(request: Request, filters: Asked) -> dict[str, Any]:
    return items(listed(context_of(request), GROUPS, filters), wire.group_wire)


@router.get("/alerts")
def alerts(request: Request, filters: Asked) -> dict[str, Any]:
    return items(listed(context_of(request), ALERTS, filters), wire.alert_wire)


@router.get("/runs/{run}")
def run_detail(request: Request, run: str) -> dict[str, Any]:
    """By Tocsin's id or the engine's run id: the run, its spans, and the steps among them."""
    context = context_of(request)
    row = find_run(context, run)
    spans = context.spans_of_run(row["id"])
    trace = [{name: getattr(span, name) for name in span.__struct_fields__} for span in spans]
    steps = [span for span in trace if span["parent_span_id"]]
    return {**wire.run_wire(row), "steps": steps, "trace": trace}


@router.get("/error-groups/{group}")
def group_detail(request: Request, group: str) -> dict[str, Any]:
    """With its ``history``: when it was new, resolved and back, latest first."""
    context = context_of(request)
    row = one(context, GROUPS, group)
    return {**wire.group_wire(row), "history": [wire.group_event_wire(each) for each in history_of(context, group)]}


def history_of(context: ApiContext, group: str) -> list[dict[str, Any]]:
    with context.store.read() as connection:
        return groups.history(connection, group)


@router.get("/alerts/{alert}")
def alert_detail(request: Request, alert: str) -> dict[str, Any]:
    return wire.alert_wire(one(context_of(request), ALERTS, alert))


def one(context: ApiContext, listing: Listing, key: str) -> dict[str, Any]:
    with context.store.read() as connection:
        row = connection.execute(select(listing.rows).where(listing.rows.c.id == key)).mappings().first()
    if row is None:
        raise HTTPException(404, f"there is no {listing.rows.name.replace('_', ' ')} {key!r}")
    return dict(row)


def find_run(context: ApiContext, run: str) -> dict[str, Any]:
    columns = RUNS.rows.c
    statement = select(RUNS.rows).where(or_(columns.id == run, columns.run_id == run)).order_by(columns.ended_at.desc())
    with context.store.read() as connection:
        row = connection.execute(statement.limit(1)).mappings().first()
    if row is None:
        raise HTTPException(404, f"there is no run {run!r}; it may not have ended, or be older than what is kept")
    return dict(row)


def decisions_about(context: ApiContext, alert: str) -> list[dict[str, Any]]:
    decision = table(DecisionRow)
    statement = select(decision).where(decision.c.alert == alert).order_by(decision.c.id.desc()).limit(100)
    with context.store.read() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]

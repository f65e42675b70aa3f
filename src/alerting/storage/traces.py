"""The traces that are kept: of bad runs and of the good ones nearest to them; and which good run is nearest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, delete, func, or_, select

from alerting.database.globs import like_glob
from alerting.database.port import Connection
from alerting.database.statements import Row, upsert
from alerting.ingest.spans import SpanRecord
from alerting.storage.runs import record_of
from alerting.storage.schema import RunRow, TraceRow, table
from alerting.tracking.record import RunRecord
from rules.instants import Instant
from rules.vocabulary import BAD, Outcome

_BAD_OF_A_GROUP, _GOOD_OF_A_GROUP = 5, 2
_LOOKED_THROUGH = 5_000  # good runs of a workflow, on each side of a bad one
_MOST_NEAR = 3
_run, _trace = table(RunRow), table(TraceRow)
# Few runs have one. Where it stands, times are expressions: no index on them is to lead through all runs.
_IS_KEPT = _run.c.id.in_(select(_trace.c.run))


@dataclass(slots=True)
class KeptTrace:
    run: RunRecord
    bad: bool
    spans: list[SpanRecord]


def keep(connection: Connection, run: str, group: str, at: Instant, spans: list[SpanRecord]) -> None:
    """A copy for an error group: of a run that failed so, or of a good one beside it."""
    row = {"run": run, "error_group": group, "at": at, "body": msgspec.msgpack.encode(spans)}
    upsert(connection, _trace, [row])
    _evict(connection, group)


def _evict(connection: Connection, group: str) -> None:
    """The first bad run of a group stays, of the others the latest few; of the good ones beside them the latest."""
    copies = select(_trace.c.run, _run.c.outcome).outerjoin(_run, _run.c.id == _trace.c.run)
    found = connection.execute(copies.where(_trace.c.error_group == group).order_by(_trace.c.at, _trace.c.run)).all()
    good = [row.run for row in found if row.outcome == Outcome.SUCCEEDED]
    bad = [row.run for row in found if row.outcome != Outcome.SUCCEEDED]
    gone = [*bad[1 : -(_BAD_OF_A_GROUP - 1)], *good[:-_GOOD_OF_A_GROUP]]
    if gone:
        connection.execute(delete(_trace).where(_trace.c.run.in_(gone)))


def forget(connection: Connection, before: Instant) -> None:
    connection.execute(delete(_trace).where(_trace.c.at < before))


def kept_spans(connection: Connection, run: str) -> list[SpanRecord]:
    """[] where no copy is kept."""
    body = connection.execute(select(_trace.c.body).where(_trace.c.run == run)).scalar()
    return _spans(body) if body else []


def kept_traces(
    connection: Connection,
    since: Instant,
    until: Instant,
    most: int,
    workflows: Sequence[str] = (),
    environment: str = "",
) -> list[KeptTrace]:
    """Of runs that ended from ``since`` until before ``until``: up to ``most`` bad ones and as many good ones, the
    latest of each. ``workflows`` are globs, any of which matches; none of them: every workflow."""
    at = _run.c.ended_at + 0
    wanted = select(_run).where(_IS_KEPT, at >= since, at < until)
    if workflows:
        wanted = wanted.where(or_(*(like_glob(connection, _run.c.workflow, glob) for glob in workflows)))
    if environment:
        wanted = wanted.where(_run.c.environment == environment)
    latest = wanted.order_by(at.desc(), _run.c.id).limit(most)
    bad = _run.c.outcome.in_(sorted(outcome.value for outcome in BAD))
    found = [
        *_rows(connection, latest.where(bad)),
        *_rows(connection, latest.where(_run.c.outcome == Outcome.SUCCEEDED.value)),
    ]
    return [KeptTrace(run, run.bad, kept_spans(connection, run.id)) for run in map(record_of, found)]


def _spans(body: bytes) -> list[SpanRecord]:
    return msgspec.msgpack.decode(body, type=list[SpanRecord])


def good_runs_near(connection: Connection, bad: RunRecord, raw_since: Instant) -> list[RunRecord]:
    """Good runs to lay beside a bad one, best first: same engine, workflow, environment and version, nearest in time;
    after them those of other versions that came before it. Each has a trace that is kept, or that may still be among
    the raw bodies, which reach back to ``raw_since``."""
    rows = _nearest([*_kept(connection, bad, True), *_raw(connection, bad, True, raw_since)], bad)
    if bad.version:
        rows += _nearest([*_kept(connection, bad, False), *_raw(connection, bad, False, raw_since)], bad)
    return [record_of(row) for row in {row["id"]: row for row in rows}.values()]


def _nearest(rows: list[Row], bad: RunRecord) -> list[Row]:
    return sorted(rows, key=lambda row: (abs(row["ended_at"] - bad.ended_at), row["id"]))[:_MOST_NEAR]


def _kept(connection: Connection, bad: RunRecord, same: bool) -> list[Row]:
    away = _run.c.ended_at - bad.ended_at
    wanted = select(_run).where(_IS_KEPT, *_alike(_run.c, bad), _version(_run.c, bad, same))
    if not same:
        wanted = wanted.where(away <= 0)
    return _rows(connection, wanted.order_by(func.abs(away), _run.c.id).limit(_MOST_NEAR))


def _raw(connection: Connection, bad: RunRecord, same: bool, since: Instant) -> list[Row]:
    at = _run.c.ended_at
    of = _run.c.workflow == bad.workflow, _run.c.environment == bad.environment
    good = select(_run).where(*of, at >= since, _run.c.outcome == Outcome.SUCCEEDED.value)
    sides = [good.where(at <= bad.ended_at).order_by(at.desc())]
    if same:
        sides.append(good.where(at > bad.ended_at).order_by(at))
    found: list[Row] = []
    for side in sides:
        near = side.limit(_LOOKED_THROUGH).subquery()
        wanted = select(near).where(*_alike(near.c, bad), _version(near.c, bad, same), near.c.trace_id != "")
        found += _rows(connection, wanted.limit(_MOST_NEAR))
    return found


def _alike(columns: Any, bad: RunRecord) -> tuple[ColumnElement[bool], ...]:
    return (
        columns.engine == bad.engine,
        columns.workflow == bad.workflow,
        columns.environment == bad.environment,
        columns.outcome == Outcome.SUCCEEDED.value,
    )


def _version(columns: Any, bad: RunRecord, same: bool) -> ColumnElement[bool]:
    told: ColumnElement[bool] = columns.version == bad.version if same else columns.version.not_in([bad.version, ""])
    return told


def _rows(connection: Connection, statement: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]

"""Runs and loose evidence: read for a batch, written back after it."""

from collections.abc import Iterable
from operator import itemgetter

import msgspec
from sqlalchemy import bindparam, delete, select, update

from alerting.database.port import Connection, is_postgresql
from alerting.database.statements import Row, chunks, insert_new, rows_where, upsert
from alerting.storage.schema import LooseRow, RunRow, table
from alerting.tracking.record import Detail, Evidence, RunRecord
from rules.identity import digest
from rules.instants import SECOND, Duration, Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_run = table(RunRow)
_loose = table(LooseRow)
_encoder = msgspec.json.Encoder()
_detail = msgspec.json.Decoder(Detail)
_evidence = msgspec.json.Decoder(Evidence)
_PLAIN = (
    "id", "engine", "workflow", "run_id", "severity", "error_group", "failing_step", "attempts", "max_attempts",
    "started_at", "ended_at", "received_at", "heard_at", "environment", "version", "parent_run_id", "url", "trace_id",
    "told_by_event", "evaluated",
)  # fmt: skip
LOOK_AFTER: Duration = SECOND // 2
_NO_DETAIL = "{}"


def load_runs(connection: Connection, run_ids: Iterable[str], traces: Iterable[str]) -> list[RunRecord]:
    """Every run with one of these engine run ids, or that is known by one of these traces."""
    traces = set(traces)
    by_run = rows_where(connection, _run, "run_id", traces.union(run_ids))
    by_trace = rows_where(connection, _run, "trace_id", traces, unlike="run_id")
    return [record_of(row) for row in {row["id"]: row for row in [*by_run, *by_trace]}.values()]


def load_children(connection: Connection, run_ids: Iterable[str]) -> list[RunRecord]:
    """The runs that were started by one of these, by what their engine told."""
    return [record_of(row) for row in rows_where(connection, _run, "parent_run_id", run_ids)]


def load_by_id(connection: Connection, runs: Iterable[str]) -> list[RunRecord]:
    return [record_of(row) for row in rows_where(connection, _run, "id", runs)]


def load_run(connection: Connection, run: str) -> RunRecord | None:
    return next(iter(load_by_id(connection, [run])), None)


def record_of(row: Row) -> RunRecord:
    error = ErrorInfo(row["error_type"], row["error_message"], "", row["cause_type"])
    record = RunRecord(**{name: row[name] for name in _PLAIN}, outcome=Outcome(row["outcome"]), error=error)
    record.detail = _detail.decode(row["detail"] or _NO_DETAIL)
    stack = record.detail.stack or (record.detail.told[2] if record.bad else "")
    record.error = ErrorInfo(error.type, error.message, stack, error.cause_type)
    record.stored = row
    return record


def row_of(record: RunRecord) -> Row:
    row: Row = {name: getattr(record, name) for name in _PLAIN}
    record.detail.stack = record.error.stack if record.error.stack != record.detail.told[2] else ""
    row["outcome"] = record.outcome.value
    row["counted"] = 1
    row["error_type"] = record.error.type
    row["error_message"] = record.error.message
    row["cause_type"] = record.error.cause_type
    row["detail"] = _encoder.encode(record.detail).decode()
    return row


def save_runs(connection: Connection, rows: list[Row]) -> None:
    upsert(connection, _run, rows)


def load_loose(connection: Connection, keys: Iterable[str]) -> list[tuple[str, Evidence]]:
    """What waits under ``keys``, locked where others could take it too."""
    if not is_postgresql(connection):
        waiting = sorted(rows_where(connection, _loose, "key", keys), key=itemgetter("id"))
        return [(row["key"], _evidence.decode(row["body"])) for row in waiting]
    found: list[tuple[str, Evidence]] = []
    for piece in chunks(sorted(set(keys))):
        statement = select(_loose.c.key, _loose.c.body).where(_loose.c.key.in_(piece)).order_by(_loose.c.id)
        rows = connection.execute(statement.with_for_update())
        found.extend((row.key, _evidence.decode(row.body)) for row in rows)
    return found


def save_loose(
    connection: Connection, loose: list[tuple[str, Evidence]], received_at: Instant, look_at: Instant = 0
) -> None:
    """``look_at``: when to look for a run that others may have recorded meanwhile."""
    rows = [
        {"id": _loose_id(key, evidence), "key": key, "body": _encoder.encode(evidence).decode(),
         "received_at": received_at, "look_at": look_at}
        for key, evidence in loose
    ]  # fmt: skip
    insert_new(connection, _loose, rows)


def loose_to_look_at(connection: Connection, now: Instant, most: int) -> list[tuple[str, Evidence]]:
    """Evidence that it is time to look at again; the next time is ten times as long after it came, thrice in all."""
    statement = select(_loose).where(_loose.c.look_at > 0, _loose.c.look_at <= now).order_by(_loose.c.look_at)
    rows = connection.execute(statement.limit(most).with_for_update(skip_locked=True)).all()
    later = update(_loose).where(_loose.c.id == bindparam("a_id")).values(look_at=bindparam("a_later"))
    if rows:
        connection.execute(later, [{"a_id": row.id, "a_later": _later(row.received_at, row.look_at)} for row in rows])
    return [(row.key, _evidence.decode(row.body)) for row in rows]


def _later(received_at: Instant, looked_at: Instant) -> Instant:
    waited = 10 * max(looked_at - received_at, LOOK_AFTER)
    return received_at + waited if waited <= 100 * LOOK_AFTER else 0


def delete_loose(connection: Connection, loose: list[tuple[str, Evidence]]) -> None:
    if loose:
        ids = [{"gone": _loose_id(key, evidence)} for key, evidence in loose]
        connection.execute(delete(_loose).where(_loose.c.id == bindparam("gone")), ids)


def forget_loose(connection: Connection, before: Instant, most: int) -> None:
    """What came before ``before``, and the oldest beyond ``most``: the spans of failed requests never find a run."""
    newest_first = select(_loose.c.received_at).order_by(_loose.c.received_at.desc())
    oldest_kept = connection.execute(newest_first.offset(most - 1).limit(1)).scalar() or 0
    connection.execute(delete(_loose).where(_loose.c.received_at < max(before, oldest_kept)))


def _loose_id(key: str, evidence: Evidence) -> str:
    return digest(key, evidence.key, str(evidence.at))

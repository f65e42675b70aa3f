"""What may go, and what must be kept before it goes? Expired segments, old evidence, and the traces of bad runs."""

import msgspec
from sqlalchemy import Table, delete, select

from alerting.cluster.partitions import EVERYTHING, Owned
from alerting.configuration import Configuration
from alerting.consumer.recording import KEEP_TRACE
from alerting.database.port import Connection, Store
from alerting.database.statements import upsert
from alerting.inbox.port import Archive, Position
from alerting.scrub import Scrubber
from alerting.storage import alerts, changes, messages, runs, sources
from alerting.storage.forgetting import forget_idle
from alerting.storage.schema import DecisionRow, DeliveryRow, FailureRow, RunRow, TraceRow, table
from alerting.traces import raw_spans
from rules.instants import DAY, MINUTE, Duration, Instant

EVERY: Duration = 5 * MINUTE
LOOSE_KEPT: Duration = DAY
MOST_LOOSE = 100_000
_COPIES_OF_A_GROUP = 5
_AT_ONCE = 2_000
_EVICTED = (
    (RunRow, "heard_at", "runs"),
    (FailureRow, "occurred_at", "failures"),
    (DecisionRow, "at", "failures"),
    (DeliveryRow, "at", "failures"),
)
_trace = table(TraceRow)


def expire(store: Store, archive: Archive, done: Position, now: Instant, configuration: Configuration) -> None:
    """Drop raw bodies that are past their time and worked on; forget evidence whose run never came."""
    kept = configuration.retention
    archive.expire(now - kept.raw, done)
    with store.write() as connection:
        runs.forget_loose(connection, now - LOOSE_KEPT, MOST_LOOSE)
        messages.forget_threads(connection, now - kept.failures)
        sources.forget(connection, now - kept.failures)
        changes.forget(connection, now)
        connection.execute(delete(_trace).where(_trace.c.at < now - kept.traces))
        forget_idle(connection, now - kept.failures, _AT_ONCE)
        for rows, time, retention in _EVICTED:
            _forget_some(connection, table(rows), time, now - getattr(kept, retention))


def _forget_some(connection: Connection, rows: Table, time: str, before: Instant) -> None:
    """A piece at a time: ingest never waits for it. Rollups stay, so that reports reach further back than runs."""
    key = next(iter(rows.primary_key))
    old = select(key).where(rows.c[time] < before).limit(_AT_ONCE)
    connection.execute(delete(rows).where(key.in_(old)))


def keep_traces(store: Store, archive: Archive, now: Instant, scrubber: Scrubber, owned: Owned = EVERYTHING) -> None:
    """Copy the spans of the first and latest failures of a group out of the raw bodies, scrubbed."""
    with store.read() as connection:
        due = [each for each in alerts.due_deadlines(connection, now, owned) if each.kind == KEEP_TRACE]
    for each in due:
        with store.read() as connection:
            record = runs.load_run(connection, each.owner)
        spans = raw_spans(archive, record, scrubber) if record else []
        with store.write() as connection:
            if record and spans:
                body = msgspec.msgpack.encode(spans)
                row = {"run": record.id, "error_group": record.error_group, "at": now, "body": body}
                upsert(connection, _trace, [row])
                _evict(connection, record.error_group)
            alerts.save_deadlines(connection, {(each.kind, each.owner, each.detail): None})


def _evict(connection: Connection, group: str) -> None:
    """The first copy of a group stays; of the others the latest few."""
    copies = connection.execute(select(_trace.c.run).where(_trace.c.error_group == group).order_by(_trace.c.at))
    middle = copies.scalars().all()[1 : -(_COPIES_OF_A_GROUP - 1)]
    if middle:
        connection.execute(delete(_trace).where(_trace.c.run.in_(middle)))

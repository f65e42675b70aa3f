"""What may go, and what must be kept before it goes? Expired segments, old evidence, and the traces of bad runs."""

from sqlalchemy import Table, delete, select

from alerting.active import Active
from alerting.cluster.partitions import EVERYTHING, Owned
from alerting.configuration import Configuration
from alerting.consumer.recording import KEEP_TRACE
from alerting.database.port import Connection, Store
from alerting.inbox.port import Archive, Position
from alerting.ingest.members import FURTHEST_AHEAD
from alerting.ingest.spans import SpanRecord
from alerting.storage import alerts, changes, messages, packs, reports, runs, sources, traces
from alerting.storage.forgetting import forget_idle
from alerting.storage.schema import DecisionRow, DeliveryRow, FailureRow, RunRow, table
from alerting.traces.reading import raw_spans
from alerting.tracking.record import RunRecord
from rules.instants import DAY, MINUTE, Duration, Instant

EVERY: Duration = 5 * MINUTE
LOOSE_KEPT: Duration = DAY
MOST_LOOSE = 100_000
_GOOD_TRIED = 2
_AT_ONCE = 2_000
_EVICTED = (
    (RunRow, "heard_at", "runs"),
    (FailureRow, "occurred_at", "failures"),
    (DecisionRow, "at", "failures"),
    (DeliveryRow, "at", "failures"),
)


def expire(store: Store, archive: Archive, done: Position, now: Instant, configuration: Configuration) -> None:
    """Drop raw bodies that are past their time and worked on; forget evidence whose run never came."""
    kept = configuration.retention
    archive.expire(now - kept.raw, done)
    with store.write() as connection:
        runs.forget_loose(connection, now - LOOSE_KEPT, MOST_LOOSE)
        messages.forget_threads(connection, now - kept.failures)
        sources.forget(connection, now - kept.failures)
        changes.forget(connection, now)
        traces.forget(connection, now - kept.traces)
        reports.forget(connection, now - kept.failures)
        forget_idle(connection, now - kept.failures, _AT_ONCE)
        for rows, time, retention in _EVICTED:
            # What is told of a run again is refused by its end, which may lie so far after it was heard of.
            _forget_some(connection, table(rows), time, now - getattr(kept, retention) - FURTHEST_AHEAD)
    packs.pack(store, now)


def _forget_some(connection: Connection, rows: Table, time: str, before: Instant) -> None:
    """A piece at a time: ingest never waits for it. Rollups stay, so that reports reach further back than runs."""
    key = next(iter(rows.primary_key))
    old = select(key).where(rows.c[time] < before).limit(_AT_ONCE)
    connection.execute(delete(rows).where(key.in_(old)))


def keep_traces(store: Store, archive: Archive, now: Instant, active: Active, owned: Owned = EVERYTHING) -> None:
    """Copy the spans of the first and latest failures of a group out of the raw bodies, scrubbed, and of the good run
    nearest to each."""
    raw_since = now - active.configuration.retention.raw
    with store.read() as connection:
        due = [each for each in alerts.due_deadlines(connection, now, owned) if each.kind == KEEP_TRACE]
    for each in due:
        with store.read() as connection:
            record = runs.load_run(connection, each.owner)
        spans = raw_spans(archive, record, active.scrubber) if record else []
        beside = _good_beside(store, archive, record, raw_since, active) if record and spans else None
        with store.write() as connection:
            if record and spans:
                traces.keep(connection, record.id, record.error_group, now, spans)
            if record and beside:
                traces.keep(connection, beside[0], record.error_group, now, beside[1])
            alerts.save_deadlines(connection, {(each.kind, each.owner, each.detail): None})


def _good_beside(
    store: Store, archive: Archive, bad: RunRecord, raw_since: Instant, active: Active
) -> tuple[str, list[SpanRecord]] | None:
    """The nearest good run of which there are spans, and those. Only a few are looked at: each is a search."""
    with store.read() as connection:
        near = traces.good_runs_near(connection, bad, raw_since)[:_GOOD_TRIED]
        kept = {run.id: traces.kept_spans(connection, run.id) for run in near}
    for run in near:
        spans = kept[run.id] or raw_spans(archive, run, active.scrubber)
        if spans:
            return run.id, spans
    return None

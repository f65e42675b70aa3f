"""What may go, and what must be kept before it goes? Expired segments, old evidence, and the traces of bad runs."""

from collections.abc import Callable, Iterator
from itertools import islice

from sqlalchemy import ColumnElement, Table, and_, delete, select

from alerting.active import Active
from alerting.cluster.partitions import EVERYTHING, Owned
from alerting.configuration import Configuration
from alerting.consumer.timed import KEEP_TRACE
from alerting.database.port import Store
from alerting.inbox.port import Archive, Position
from alerting.ingest.members import FURTHEST_AHEAD
from alerting.ingest.spans import SpanRecord
from alerting.scrub import Scrubber
from alerting.storage import alerts, changes, messages, packs, reports, runs, sources, traces
from alerting.storage.forgetting import forget_idle
from alerting.storage.schema import DecisionRow, DeliveryRow, FailureRow, RunRow, table
from alerting.traces.reading import raw_spans_of, searched_since
from alerting.tracking.record import RunRecord
from rules.inputs import Due
from rules.instants import DAY, MINUTE, Duration, Instant

EVERY: Duration = 5 * MINUTE
LOOSE_KEPT: Duration = DAY
MOST_LOOSE = 100_000
_GOOD_TRIED = 2
_TRACES, _SEARCHES = 500, 20  # at once
_TOGETHER: Duration = 2 * MINUTE
_AT_ONCE = 2_000
_run, _failure, _decision, _delivery = (table(each) for each in (RunRow, FailureRow, DecisionRow, DeliveryRow))
# What goes, by which time, and how long it is kept. Each is led by an index: nothing looks through all rows.
_EVICTED: tuple[tuple[Table, Callable[[Instant], ColumnElement[bool]], str], ...] = (
    (_run, lambda before: and_(_run.c.ended_at > 0, _run.c.ended_at < before), "runs"),
    (_run, lambda before: and_(_run.c.ended_at == 0, _run.c.heard_at < before), "runs"),
    (_failure, lambda before: _failure.c.occurred_at < before, "failures"),
    (_decision, lambda before: _decision.c.at < before, "failures"),
    (_delivery, lambda before: _delivery.c.at < before, "failures"),
)


def expire(store: Store, archive: Archive, done: Position, now: Instant, configuration: Configuration) -> bool:
    """Drop raw bodies that are past their time and worked on; forget evidence whose run never came. Whether a next step
    would find more to do."""
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
    packs.pack(store, now)
    return forget_some(store, now, configuration)


def forget_some(store: Store, now: Instant, configuration: Configuration) -> bool:
    """A piece at a time: ingest never waits for it. Rollups stay, so that reports reach further back than runs. Whether
    there may be more."""
    kept, more = configuration.retention, False
    with store.write() as connection:
        for rows, is_old, retention in _EVICTED:
            key = next(iter(rows.primary_key))
            # What is told of a run again is refused by its end, which may lie so far after it was heard of.
            old = select(key).where(is_old(now - getattr(kept, retention) - FURTHEST_AHEAD)).limit(_AT_ONCE)
            more |= connection.execute(delete(rows).where(key.in_(old))).rowcount >= _AT_ONCE
    return more


def keep_traces(store: Store, archive: Archive, now: Instant, active: Active, owned: Owned = EVERYTHING) -> None:
    """Copy the spans of the first and latest failures of a group out of the raw bodies, scrubbed, and of the good run
    nearest to each. As many as lie near each other in time, looking into each body once; the others stay due."""
    due, records = _failed_lately(store, now, owned)
    spans = raw_spans_of(archive, list(records.values()), active.scrubber)
    found = [record for record in records.values() if spans[record.id]]
    beside = _good_beside(store, archive, found, now - active.configuration.retention.raw, active.scrubber)
    with store.write() as connection:
        for record in found:
            traces.keep(connection, record.id, record.error_group, now, spans[record.id])
            if record.id in beside:
                traces.keep(connection, beside[record.id][0], record.error_group, now, beside[record.id][1])
        alerts.save_deadlines(connection, {(each.kind, each.owner, each.detail): None for each in due})


def _failed_lately(store: Store, now: Instant, owned: Owned) -> tuple[list[Due], dict[str, RunRecord]]:
    """The deadlines to see to at once, and the runs that they are about, as far as those are still there."""
    with store.read() as connection:
        due = [each for each in alerts.due_deadlines(connection, now, owned) if each.kind == KEEP_TRACE][:_TRACES]
        known = {each.id: each for each in runs.load_by_id(connection, [each.owner for each in due])}
    near = {each.id: each for each in next(_near_each_other(list(known.values())), [])}
    return [each for each in due if each.owner in near or each.owner not in known], near


def _good_beside(
    store: Store, archive: Archive, bad: list[RunRecord], raw_since: Instant, scrubber: Scrubber
) -> dict[str, tuple[str, list[SpanRecord]]]:
    """For each bad run the nearest good one of which there are spans, and those. Only a few are looked for."""
    near: dict[str, list[RunRecord]] = {}
    known: dict[str, list[SpanRecord]] = {}
    with store.read() as connection:
        for record in bad:
            near[record.id] = traces.good_runs_near(connection, record, raw_since)[:_GOOD_TRIED]
        good = {run.id: run for runs_ in near.values() for run in runs_}
        for run in good:
            known[run] = traces.kept_spans(connection, run)
    for together in islice(_near_each_other([run for run in good.values() if not known[run.id]]), _SEARCHES):
        known |= raw_spans_of(archive, together, scrubber)
    told = {bad_run: [run.id for run in runs_ if known[run.id]] for bad_run, runs_ in near.items()}
    return {bad_run: (ids[0], known[ids[0]]) for bad_run, ids in told.items() if ids}


def _near_each_other(records: list[RunRecord]) -> Iterator[list[RunRecord]]:
    """The earliest, with those that one search finds as well; then the rest."""
    left = sorted(records, key=searched_since)
    while left:
        latest = searched_since(left[0]) + _TOGETHER
        piece = [each for each in left if searched_since(each) <= latest]
        left = left[len(piece) :]
        yield piece

"""How does a history get into a store fast? As the worker writes its rows, in big transactions."""

from collections.abc import Iterable
from typing import Any

from alerting.consumer.describing import described, failure_row, occurrence_of
from alerting.database.port import Store
from alerting.database.statements import Row, chunks
from alerting.demo.history.records import grouped, record_of
from alerting.demo.history.world import PlayedRun
from alerting.storage import groups
from alerting.storage import runs as stored
from alerting.storage.rollups import Differences
from alerting.tracking.record import RunRecord
from rules.model import Fingerprint

AT_ONCE = 20_000


def fill(store: Store, runs: Iterable[PlayedRun], at_once: int = AT_ONCE) -> int:
    """Runs, failures, error groups and rollups of ``runs``; how many there were."""
    count, known = 0, dict[str, Row]()
    for piece in chunks(runs, at_once):
        _write(store, piece, known)
        count += len(piece)
    with store.write() as connection:
        groups.save_groups(connection, list(known.values()))
    return count


def _write(store: Store, runs: list[PlayedRun], known: dict[str, Row]) -> None:
    differences, rows, failures = Differences(), [], []
    for run in runs:
        record = record_of(run)
        print_ = grouped(record)
        if print_ is not None:
            record.detail.occurrence = occurrence_of(record)
            failures.append(failure_row(record, print_.cause, record.received_at))
            _count(known, record, print_)
        row = stored.row_of(record)
        differences.change(None, row)
        rows.append(row)
    with store.write() as connection:
        stored.save_runs(connection, rows)
        groups.save_failures(connection, failures)
        differences.save(connection)


def _count(known: dict[str, Row], record: RunRecord, print_: Fingerprint) -> None:
    at = record.ended_at
    group: dict[str, Any] = known.setdefault(
        print_.group,
        {"id": print_.group, "cause": print_.cause, "version": print_.version, "count": 0, "first_seen": at,
         "last_seen": at, "state": "ongoing", "resolved_at": 0, "resolved_version": "", **described(record, print_)},
    )  # fmt: skip
    group["count"] += 1
    group["first_seen"], group["last_seen"] = min(group["first_seen"], at), max(group["last_seen"], at)

"""How does a history get into a store fast? As the worker writes its rows, in big transactions."""

from collections.abc import Iterable
from typing import Any

from alerting.consumer.describing import described, failure_row, occurrence_of
from alerting.database.port import Connection, Store
from alerting.database.statements import Row, chunks
from alerting.demo.history.records import grouped, record_of
from alerting.demo.history.world import PlayedRun
from alerting.storage import groups
from alerting.storage import runs as stored
from alerting.storage.rollups import Differences
from alerting.tracking.record import RunRecord
from rules.model import Fingerprint

AT_ONCE = 20_000


class _Groups:
    """The error groups so far, and when each was new."""

    def __init__(self) -> None:
        self._known: dict[str, Row] = {}
        self._new: dict[str, Row] = {}

    def count(self, record: RunRecord, print_: Fingerprint) -> None:
        at, about = record.ended_at, described(record, print_)
        group: dict[str, Any] = self._known.setdefault(
            print_.group,
            {"id": print_.group, "cause": print_.cause, "version": print_.version, "count": 0, "first_seen": at,
             "last_seen": at, "state": "ongoing", "resolved_at": 0, "resolved_version": "", **about},
        )  # fmt: skip
        if at <= group["first_seen"]:
            self._new[print_.group] = groups.event(print_.group, at, "new", record.version)
        group["count"] += 1
        group["first_seen"], group["last_seen"] = min(group["first_seen"], at), max(group["last_seen"], at)

    def save(self, connection: Connection) -> None:
        groups.save_groups(connection, list(self._known.values()))
        groups.save_events(connection, list(self._new.values()))


def fill(store: Store, runs: Iterable[PlayedRun], at_once: int = AT_ONCE) -> int:
    """Runs, failures, error groups and rollups of ``runs``; how many there were."""
    count, found = 0, _Groups()
    for piece in chunks(runs, at_once):
        _write(store, piece, found)
        count += len(piece)
    with store.write() as connection:
        found.save(connection)
    return count


def _write(store: Store, runs: list[PlayedRun], found: _Groups) -> None:
    differences, rows, failures = Differences(), [], []
    for run in runs:
        record = record_of(run)
        print_ = grouped(record)
        if print_ is not None:
            record.detail.occurrence = occurrence_of(record)
            failures.append(failure_row(record, print_.cause, record.received_at))
            found.count(record, print_)
        row = stored.row_of(record)
        differences.change(None, row)
        rows.append(row)
    with store.write() as connection:
        stored.save_runs(connection, rows)
        groups.save_failures(connection, failures)
        differences.save(connection)

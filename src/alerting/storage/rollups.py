"""What did a run add to the counts of its quarter hour? Kept by difference: a change applies new − old."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from alerting.database.port import Connection
from alerting.database.statements import Row, upsert
from alerting.storage.schema import RollupDurationRow, RollupGroupRow, RollupRunRow, table
from reports.sketch import duration_bin
from rules.drills import LABEL, is_drill
from rules.instants import MINUTE
from rules.vocabulary import BAD, TERMINAL, Outcome

BUCKET = 15 * MINUTE
_run = table(RollupRunRow)
_duration = table(RollupDurationRow)
_group = table(RollupGroupRow)
_FAULTS = BAD - {Outcome.MISSED}  # one that never began is bad for alerts, and no bad run of a report
_TIMED = _FAULTS | {Outcome.SUCCEEDED}
NOT_RUNS = frozenset({"tocsin", "alertmanager", "sentry"})  # they raise alerts, and are no runs of a workflow


class Differences:
    """The cells that a batch changed, and by how much."""

    def __init__(self) -> None:
        self.runs: Counter[tuple[Any, ...]] = Counter()
        self.durations: Counter[tuple[Any, ...]] = Counter()
        self.groups: Counter[tuple[Any, ...]] = Counter()

    def change(self, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
        if old is not None:
            self._count(old, -1)
        self._count(new, +1)

    def save(self, connection: Connection) -> None:
        upsert(connection, _run, _rows(self.runs, _RUN), adding=("n",))
        upsert(connection, _duration, _rows(self.durations, _DURATION), adding=("n",))
        upsert(connection, _group, _rows(self.groups, _GROUP), adding=("n",))

    def _count(self, row: Mapping[str, Any], by: int) -> None:
        outcome = Outcome(row["outcome"])
        if outcome not in TERMINAL or not row["ended_at"] or row["engine"] in NOT_RUNS or _is_drill(row["detail"]):
            return
        bucket = row["ended_at"] - row["ended_at"] % BUCKET
        self.runs[bucket, row["engine"], row["workflow"], row["environment"], row["severity"], outcome.value] += by
        if row["started_at"] and outcome in _TIMED:
            took = duration_bin(row["ended_at"] - row["started_at"])
            self.durations[bucket, row["engine"], row["workflow"], outcome not in BAD, took] += by
        if row["error_group"] and outcome in _FAULTS:
            self.groups[bucket, row["error_group"], row["workflow"]] += by


def _is_drill(detail: str) -> bool:
    """Looked into only where the label's name is in it: nearly every run is none."""
    return LABEL in detail and is_drill(json.loads(detail).get("labels", {}))


_RUN = ("bucket", "engine", "workflow", "environment", "severity", "outcome")
_DURATION = ("bucket", "engine", "workflow", "good", "bin")
_GROUP = ("bucket", "error_group", "workflow")


def _rows(cells: Counter[tuple[Any, ...]], names: tuple[str, ...]) -> list[Row]:
    return [{**dict(zip(names, cell, strict=True)), "n": n} for cell, n in cells.items() if n]

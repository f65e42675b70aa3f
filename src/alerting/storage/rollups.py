"""What did a run add to the counts of its quarter hour? Kept by difference: a change applies new − old."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from alerting.database.port import Connection
from alerting.database.statements import Row, upsert
from alerting.storage.schema import RollupDurationRow, RollupGroupRow, RollupRunRow, RollupTryRow, table
from alerting.storage.tries import Told, Try, tries_of, waste_of
from alerting.tracking.record import Detail
from reports.sketch import duration_bin
from rules.drills import LABEL, is_drill
from rules.instants import MINUTE, SECOND
from rules.vocabulary import BAD, TERMINAL, Outcome

BUCKET = 15 * MINUTE
NOT_RUNS = frozenset({"tocsin", "alertmanager", "sentry"})  # they raise alerts, and are no runs of a workflow
FAULTS = BAD - {Outcome.MISSED}  # one that never began is bad for alerts, and no bad run of a report
_TIMED = FAULTS | {Outcome.SUCCEEDED}
_TIMED_BEFORE = BAD | {Outcome.SUCCEEDED}
_LATE, _SKEWED = MINUTE, SECOND
_CELL = ("bucket", "engine", "workflow", "environment", "version", "severity")
_detail = msgspec.json.Decoder(Detail)
Cells = dict[tuple[Any, ...], list[int]]


class Rollup:
    """One table of counts: what names a cell, and what is counted in it."""

    def __init__(self, kind: str, model: Any, names: tuple[str, ...], counted: tuple[str, ...]) -> None:
        self.kind, self.names, self.counted = kind, (*_CELL, *names), counted
        self.table = table(model)
        self.columns = (*self.names, *counted)

    def cells(self) -> Cells:
        return defaultdict(lambda: [0] * len(self.counted))


RUNS = Rollup("runs", RollupRunRow, ("outcome",), ("n", "healed", "late", "skewed", "busy", "waste"))
DURATIONS = Rollup("durations", RollupDurationRow, ("good", "bin"), ("n",))
GROUPS = Rollup("groups", RollupGroupRow, ("error_group",), ("n", "waste"))
TRIES = Rollup("tries", RollupTryRow, ("step", "error_type", "attempt", "then"), ("n", "waste", "delay"))
ROLLUPS = (RUNS, DURATIONS, GROUPS, TRIES)


class Differences:
    """The cells that a batch changed, and by how much."""

    def __init__(self) -> None:
        self.cells: dict[str, Cells] = {each.kind: each.cells() for each in ROLLUPS}

    def change(self, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
        if old is not None:
            if old["counted"]:
                self._count(old, -1)
            else:
                self._take_back(old)
        self._count(new, +1)

    def save(self, connection: Connection) -> None:
        for rollup in ROLLUPS:
            upsert(connection, rollup.table, _rows(rollup, self.cells[rollup.kind]), adding=rollup.counted)

    def _count(self, row: Mapping[str, Any], by: int) -> None:
        outcome = _counts_as(row)
        if outcome is None:
            return
        cell = _cell(row)
        if outcome not in _TIMED:
            self._add(RUNS, (*cell, outcome.value), by, 1)
            return
        ended, good = row["ended_at"], outcome not in FAULTS
        took = max(0, ended - row["started_at"]) if row["started_at"] else 0
        tries, waste = _tries(row, not good, took)
        healed = good and row["attempts"] > 1
        late, skewed = row["received_at"] - ended > _LATE, ended - row["heard_at"] > _SKEWED
        self._add(RUNS, (*cell, outcome.value), by, 1, healed, late, skewed, took, waste)
        if row["started_at"]:
            self._add(DURATIONS, (*cell, good, duration_bin(ended - row["started_at"])), by, 1)
        if row["error_group"]:
            self._add(GROUPS, (*cell, row["error_group"]), by, 1, waste)
        for one in tries:
            self._add(TRIES, (*cell, one.step, one.error_type, one.attempt, one.then), by, 1, one.waste, one.delay)

    def _take_back(self, row: Mapping[str, Any]) -> None:
        """Out of the cells of the first version, which knew less of a run."""
        outcome = _counts_as(row)
        if outcome is None:
            return
        bucket, engine, workflow, environment, _, severity = _cell(row)
        self._add(RUNS, (bucket, engine, workflow, environment, "", severity, outcome.value), -1, 1)
        if row["started_at"] and outcome in _TIMED_BEFORE:
            took = duration_bin(row["ended_at"] - row["started_at"])
            self._add(DURATIONS, (bucket, engine, workflow, "", "", "", outcome not in BAD, took), -1, 1)
        if row["error_group"]:
            self._add(GROUPS, (bucket, "", workflow, "", "", "", row["error_group"]), -1, 1)

    def _add(self, rollup: Rollup, cell: tuple[Any, ...], by: int, *counted: int) -> None:
        sums = self.cells[rollup.kind][cell]
        for place, number in enumerate(counted):
            sums[place] += by * number


def _counts_as(row: Mapping[str, Any]) -> Outcome | None:
    """How a run that ended did so; None for what is not counted."""
    outcome = Outcome(row["outcome"])
    counted = outcome in TERMINAL and row["ended_at"] and row["engine"] not in NOT_RUNS and not _is_drill(row["detail"])
    return outcome if counted else None


def _cell(row: Mapping[str, Any]) -> tuple[Any, ...]:
    bucket = row["ended_at"] - row["ended_at"] % BUCKET
    return bucket, row["engine"], row["workflow"], row["environment"], row["version"], row["severity"]


def _tries(row: Mapping[str, Any], bad: bool, took: int) -> tuple[list[Try], int]:
    """Looked into only where there can be any: nearly every run is good at once."""
    has_evidence = '"evidence":' in row["detail"]
    if not (bad or has_evidence or row["attempts"] > 1):
        return [], 0
    error = row["cause_type"] or row["error_type"]
    told = Told(row["engine"], bad, error, row["failing_step"], row["attempts"], took)
    tries = tries_of(told, _detail.decode(row["detail"]) if has_evidence else None)
    return tries, waste_of(told, tries)


def _is_drill(detail: str) -> bool:
    """Looked into only where the label's name is in it: nearly every run is none."""
    return LABEL in detail and is_drill(json.loads(detail).get("labels", {}))


def _rows(rollup: Rollup, cells: Cells) -> list[Row]:
    return [dict(zip(rollup.columns, (*cell, *sums), strict=True)) for cell, sums in cells.items() if any(sums)]

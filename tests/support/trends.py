"""Frames out of runs that a test makes up, so that it knows the truth."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from reports.counting import counts
from reports.frames import frames_of
from reports.period import DAY, Filters, Period
from reports.sections.context import Context

HOUR = 3_600_000_000
QUARTER = 900_000_000
BAD = {"failed", "timed_out", "crashed", "lost"}
ELIGIBLE = BAD | {"succeeded"}


def instant(*parts, zone=UTC):
    return int(datetime(*parts, tzinfo=zone).timestamp()) * 1_000_000


NOW = instant(2026, 11, 23, 12)
WEEK = Period(NOW - 7 * DAY, NOW, "UTC", NOW)


@dataclass(frozen=True)
class Run:
    """``took`` and ``waste`` in µs."""

    at: int
    workflow: str = "pay"
    outcome: str = "succeeded"
    environment: str = ""
    version: str = ""
    group: str = ""
    took: int = 0
    waste: int = 0
    healed: bool = False

    @property
    def cell(self):
        severity = "high" if self.outcome in BAD else ""
        return self.at - self.at % QUARTER, "otel", self.workflow, self.environment, self.version, severity


def frames_from(runs, **more):
    cells, groups = {}, Counter()
    for run in runs:
        add = (1, run.healed, 0, 0, run.took, run.waste)
        key = (*run.cell, run.outcome)
        cells[key] = tuple(a + b for a, b in zip(cells.get(key, (0,) * 6), add, strict=True))
        if run.group:
            groups[(*run.cell, run.group)] += 1
    return frames_of(
        [(*key, *values) for key, values in cells.items()], groups=[(*key, n, 0) for key, n in groups.items()], **more
    )


def context_of(runs, period=WEEK, filters=None, **more):
    frames, filters = frames_from(runs, **more), filters or Filters()
    return Context(counts(frames, period, filters), counts(frames, period.previous(), filters), frames, filters)


def many(n, bad, at, workflow="pay", outcome="failed", **more):
    """``n`` runs at one instant, ``bad`` of them bad."""
    return [Run(at, workflow, outcome if place < bad else "succeeded", **more) for place in range(n)]

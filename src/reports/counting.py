"""How many? The frames cut to a period and filters, and the sums every section needs."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from reports.frames import Frames
from reports.period import Filters, Period
from reports.statistics import Share

OWN_FAULT, TIMEOUT, SYSTEM = ("failed",), ("timed_out",), ("crashed", "lost")
BAD = (*OWN_FAULT, *TIMEOUT, *SYSTEM)
GOOD = ("succeeded",)
ELIGIBLE = (*GOOD, *BAD)


def suspected(runs: pd.DataFrame, since: int) -> list[tuple[str, str]]:
    """Each workflow and environment whose latest run may be a bad one: counts know the quarter hour of it. ``runs``
    are those of the frames."""
    known = runs[(runs.bucket >= since) & (runs.n > 0)]
    bad, good = (
        known[known.outcome.isin(outcomes)].groupby(["workflow", "environment"], observed=True).bucket.max()
        for outcomes in (BAD, GOOD)
    )
    return [(str(workflow), str(where)) for workflow, where in bad.index[bad >= good.reindex(bad.index, fill_value=0)]]


@dataclass
class Counts:
    """One period of the frames, cut by the filters. Rows of ``runs`` are eligible: cancelled, skipped and missed ones
    are shown apart."""

    period: Period
    all_runs: pd.DataFrame
    durations: pd.DataFrame
    groups: pd.DataFrame
    tries: pd.DataFrame

    @cached_property
    def runs(self) -> pd.DataFrame:
        return self.all_runs[self.all_runs.outcome.isin(ELIGIBLE)]

    @cached_property
    def bad(self) -> pd.DataFrame:
        return self.runs[self.runs.outcome.isin(BAD)]

    def share(self) -> Share:
        return Share(int(self.bad.n.sum()), int(self.runs.n.sum()))

    def shares(self) -> dict[str, Share]:
        """By workflow."""
        runs = self.runs.groupby("workflow", observed=True).n.sum()
        bad = self.bad.groupby("workflow", observed=True).n.sum()
        return {str(name): Share(int(bad.get(name, 0)), int(n)) for name, n in runs.items()}

    def number(self, *outcomes: str) -> int:
        return int(self.all_runs[self.all_runs.outcome.isin(outcomes)].n.sum())

    def per_bucket(
        self, rows: pd.DataFrame, column: str = "n", edges: Sequence[int] = ()
    ) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """The sum of a column in each of the period's buckets, or between other ``edges``, which do not fall."""
        edges = edges or self.period.edges
        if rows.empty:
            return np.zeros(len(edges) - 1, dtype=np.int64)
        places = np.searchsorted(edges, rows.bucket.to_numpy(), side="right") - 1
        inside = (places >= 0) & (places < len(edges) - 1)
        weights = rows[column].to_numpy()[inside]
        return np.bincount(places[inside], weights=weights, minlength=len(edges) - 1).astype(np.int64)


def counts(frames: Frames, period: Period, filters: Filters) -> Counts:
    """Good runs have no severity: with one asked for, all of them are the denominator."""
    runs = _cut(frames.runs, period, filters)
    durations = _cut(frames.durations, period, filters)
    groups, tries = _cut(frames.groups, period, filters), _cut(frames.tries, period, filters)
    if filters.severity:
        runs = runs[(runs.severity == filters.severity) | ~runs.outcome.isin(BAD)]
        durations = durations[(durations.severity == filters.severity) | (durations.good == 1)]
        groups = groups[groups.severity == filters.severity]
    return Counts(period, runs, durations, groups, tries)


def _cut(frame: pd.DataFrame, period: Period, filters: Filters) -> pd.DataFrame:
    return chosen(frame[(frame.bucket >= period.first) & (frame.bucket < period.until)], filters)


def chosen(rows: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Those of the workflows, the environment and the version that are asked for."""
    for name in ("environment", "version"):
        if wanted := getattr(filters, name):
            rows = rows[rows[name] == wanted]
    if not filters.workflows:
        return rows
    named = {name for name in rows.workflow.unique() if any(fnmatch.fnmatchcase(name, g) for g in filters.workflows)}
    return rows[rows.workflow.isin(named)]

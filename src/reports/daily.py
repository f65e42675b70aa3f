"""On which days did the share of bad runs change, and of which workflow? Daily counts and their change points."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.counting import BAD, Counts
from reports.hours import day_edges
from reports.statistics import LEAST_BAD, benjamini_hochberg
from reports.statistics.changepoints import ALPHA, Changepoint, changepoints, strongest

ALL = ""  # the name of the series of all workflows together
_MOST_WORKFLOWS = 30
Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Days:
    """``bad`` of ``runs`` on each day; ``workflow`` "" is all of them together."""

    workflow: str
    bad: Ints
    runs: Ints


@dataclass(slots=True, frozen=True)
class Change:
    """``start``: the first instant (µs) of the day ``point.day``; ``q`` is that of the series."""

    days: Days
    point: Changepoint
    start: int
    q: float

    @property
    def worse(self) -> bool:
        return self.point.after.rate > self.point.before.rate

    @property
    def moved(self) -> float:
        """By how many bad runs: those after it that would not have been, or would, at the share before."""
        return abs(self.point.after.rate - self.point.before.rate) * self.point.after.runs


def days_of(counts: Counts) -> list[Days]:
    """The thirty workflows with most bad runs, and all together if there are several, on local days that are over."""
    edges = day_edges(counts.period)
    places = np.searchsorted(edges, counts.runs.bucket.to_numpy(), side="right") - 1
    inside = (places >= 0) & (places < len(edges) - 1)
    names = worst_workflows(counts, _MOST_WORKFLOWS)
    rows = counts.runs[inside]
    series = places_of(rows.workflow, names)
    runs = _table(series, places[inside], rows, len(names), len(edges) - 1)
    ill = rows.outcome.isin(BAD).to_numpy()
    bad = _table(series[ill], places[inside][ill], rows[ill], len(names), len(edges) - 1)
    each = [Days(str(name), bad[place], runs[place]) for place, name in enumerate(names)]
    everything = Days(ALL, bad.sum(axis=0), runs.sum(axis=0))
    return [*each, everything] if runs[-1].any() or len(each) != 1 else each


def worst_workflows(counts: Counts, most: int) -> list[str]:
    """Those with most bad runs."""
    bad = counts.bad.groupby("workflow", observed=True).n.sum()
    return [str(name) for name in bad[bad > 0].nlargest(most).index]


def places_of(workflows: "pd.Series[str]", names: list[str]) -> Ints:
    """The place of each row's workflow (a categorical) among the names; their number where it is none of them."""
    places = {name: place for place, name in enumerate(names)}
    by_code = np.array([places.get(str(name), len(names)) for name in workflows.cat.categories], dtype=np.int64)
    return by_code[workflows.cat.codes.to_numpy()] if len(workflows) else np.zeros(0, dtype=np.int64)


def _table(series: Ints, days: Ints, rows: pd.DataFrame, names: int, width: int) -> Ints:
    cells = np.bincount(series * width + days, weights=rows.n.to_numpy(), minlength=(names + 1) * width)
    return cells.astype(np.int64).reshape(names + 1, width) if width else np.zeros((names + 1, 0), dtype=np.int64)


def changes_of(series: list[Days], edges: list[int]) -> list[Change]:
    """Changes of the series whose likeliest one has q ≤ 1 % over all series (Benjamini-Hochberg), by how many bad runs
    they moved, workflows first. None is told of that has fewer than five bad runs on both sides."""
    asked = [each for each in series if each.bad.sum() >= LEAST_BAD]
    likeliest = [strongest(each.bad, each.runs) for each in asked]
    qs = benjamini_hochberg([each.p if each else 1.0 for each in likeliest])
    found = [
        Change(days, point, edges[point.day], q)
        for days, q in zip(asked, qs, strict=True)
        if q <= ALPHA
        for point in changepoints(days.bad, days.runs)
        if max(point.before.bad, point.after.bad) >= LEAST_BAD
    ]
    return sorted(found, key=lambda each: (each.days.workflow == ALL, -each.moved, each.start))

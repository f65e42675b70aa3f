"""On which days did the share of bad runs change, and of which workflow? Daily counts and their change points."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.stats import binom, mannwhitneyu

from reports.counting import BAD, Counts
from reports.hours import day_edges
from reports.statistics import LEAST_BAD, Share, benjamini_hochberg
from reports.statistics.changepoints import ALPHA, LEAST_DAYS, Changepoint, changepoints, strongest

ALL = ""  # the name of the series of all workflows together
_MOST_WORKFLOWS = 30
_OUTBURST = 1e-4
Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Days:
    """``bad`` of ``runs`` on each day; ``workflow`` "" is all of them together. ``outbursts`` are days of it
    that no change is looked for in."""

    workflow: str
    bad: Ints
    runs: Ints
    outbursts: tuple[int, ...] = ()


@dataclass(slots=True, frozen=True)
class Change:
    """``start``: the first instant (µs) of the day ``point.day``; ``q`` is that of the series. Its shares are without
    outbursts."""

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
    they moved, workflows first. None is told of that has fewer than five bad runs on both sides.

    The scan takes runs to fail each for itself. Those that fail together would pass for a change, so outbursts are left
    out first, and the days on both sides of a change must differ as days too.
    """
    marked = [replace(days, outbursts=outbursts(days)) for days in series if days.bad.sum() >= LEAST_BAD]
    asked = [(days, _without(days)) for days in marked]
    likeliest = [strongest(kept.bad, kept.runs) for _, kept in asked]
    qs = benjamini_hochberg([each.p if each else 1.0 for each in likeliest])
    found = [
        Change(days, point, edges[point.day], q)
        for (days, kept), q in zip(asked, qs, strict=True)
        if q <= ALPHA
        for point in _lasting(kept, changepoints(kept.bad, kept.runs))
        if max(point.before.bad, point.after.bad) >= LEAST_BAD
    ]
    return sorted(found, key=lambda each: (each.days.workflow == ALL, -each.moved, each.start))


def outbursts(days: Days) -> tuple[int, ...]:
    """The days on which far more failed (binomial, p < 0.01 %) than the median share of the five days around and the
    share of all days allow: a change lasts three days or more, which moves that median."""
    share = np.divide(days.bad, days.runs, out=np.zeros(len(days.runs)), where=days.runs > 0)
    around = median_filter(share, size=2 * LEAST_DAYS - 1, mode="mirror")
    usual = np.maximum(around, days.bad.sum() / max(int(days.runs.sum()), 1))
    burst = binom.sf(days.bad - 1, days.runs, usual) < _OUTBURST
    return tuple(np.flatnonzero(burst).tolist())


def _without(days: Days) -> Days:
    """Without runs on the days of outbursts."""
    kept = ~np.isin(np.arange(len(days.runs)), days.outbursts)
    return replace(days, bad=days.bad * kept, runs=days.runs * kept)


def _lasting(days: Days, points: list[Changepoint]) -> list[Changepoint]:
    """Those between whose sides the daily shares differ too (Mann and Whitney 1947); the weakest that does not is
    dropped, and the segments beside it become one, until all do."""
    places = [point.day for point in points]
    while places:
        ps = [_days_p(days, *bounds) for bounds in _bounds(places, len(days.runs))]
        weakest = int(np.argmax(ps))
        if ps[weakest] <= ALPHA:
            break
        del places[weakest]
    by_day = {point.day: point.p for point in points}
    return [
        Changepoint(day, by_day[day], _share(days, start, day), _share(days, day, end))
        for start, day, end in _bounds(places, len(days.runs))
    ]


def _bounds(places: list[int], length: int) -> list[tuple[int, int, int]]:
    """For each place where the segment before it begins, and where that after it ends."""
    edges = [0, *places, length]
    return list(zip(edges, edges[1:], edges[2:], strict=False))


def _days_p(days: Days, start: int, day: int, end: int) -> float:
    before, after = _daily(days, start, day), _daily(days, day, end)
    return float(mannwhitneyu(before, after).pvalue) if len(before) and len(after) else 1.0


def _daily(days: Days, start: int, end: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    runs = days.runs[start:end]
    return np.asarray(days.bad[start:end][runs > 0] / runs[runs > 0])


def _share(days: Days, start: int, end: int) -> Share:
    return Share(int(days.bad[start:end].sum()), int(days.runs[start:end].sum()))

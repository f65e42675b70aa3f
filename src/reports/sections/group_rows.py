"""What did each error group cost, and what will it cost if it goes on? Counts of the period, by group."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.counting import chosen
from reports.period import DAY, Period
from reports.sections.context import Context
from reports.statistics.arrays import Floats, Ints
from reports.statistics.returns import expected_loss

SPARK_DAYS = 28
_RATE_DAYS = 56  # eight half-lives of the rate: what is older weighs nothing
Row = dict[str, Any]


@dataclass(slots=True)
class Costs:
    """Arrays by group, those to be fixed first before others. ``waste`` and ``expected_waste`` (of next week) in µs;
    ``daily`` [group, day] bad runs of the last 28 local days that were read."""

    ids: list[str]
    runs: Ints
    before: Ints
    waste: Ints
    expected_runs: Floats
    expected_waste: Floats
    workflows: Ints
    new: Ints
    daily: Ints

    def __len__(self) -> int:
        return len(self.ids)


def costs(context: Context) -> Costs:
    """Of the groups with bad runs in the period. Sorted by what they are expected to waste next week: the rate of
    their runs, with a half-life of 7 days, times the mean waste of one; then by runs expected, then by runs."""
    now = _grouped(context.now.groups)
    size = len(now.error_group.cat.categories)
    runs, waste, before = _sums(now, size, "n"), _sums(now, size, "waste"), _sums(context.before.groups, size, "n")
    expected = _expected(context, size)
    wasted = expected * waste / np.maximum(runs, 1)
    names = np.array(now.error_group.cat.categories, dtype=object)
    order = [int(place) for place in np.lexsort((names.astype(str), -runs, -expected, -wasted)) if runs[place] > 0]
    ids = [str(name) for name in names[order]]
    return Costs(
        ids, runs[order], before[order], waste[order], expected[order], wasted[order], _workflows(now, size)[order],
        _new(context, ids), _daily(context, size)[order],
    )  # fmt: skip


def told(context: Context, found: Costs, place: int) -> Row:
    """Everything that is known of one group, for programs: durations in µs."""
    group = found.ids[place]
    info = context.group_info
    known = info.loc[group].to_dict() if group in info.index else {}
    rows = context.now.groups[(context.now.groups.error_group == group) & (context.now.groups.n > 0)]
    versions = rows.groupby("version", observed=True).bucket.min().sort_values(kind="stable").index
    return {
        "id": group,
        "error_type": known.get("error_type") or "failed without a type",
        "error_message": known.get("error_message", ""),
        "workflow": known.get("workflow", ""),
        "step": known.get("step", ""),
        "runs": int(found.runs[place]),
        "before": int(found.before[place]),
        "waste": int(found.waste[place]),
        "expected_runs": float(found.expected_runs[place]),
        "expected_waste": float(found.expected_waste[place]),
        "workflows": int(found.workflows[place]),
        "versions": [str(version) for version in versions if version],
        "first_seen": known.get("first_seen"),
        "last_seen": known.get("last_seen"),
        "new": bool(found.new[place]),
        "state": known.get("state", ""),
        "daily": found.daily[place].tolist(),
    }


def _grouped(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.error_group != ""]


def _sums(rows: pd.DataFrame, size: int, column: str) -> Ints:
    rows = _grouped(rows)
    codes = rows.error_group.cat.codes.to_numpy()
    return np.bincount(codes, weights=rows[column].to_numpy(), minlength=size).astype(np.int64)


def _workflows(rows: pd.DataFrame, size: int) -> Ints:
    """How many workflows each group has bad runs in."""
    names = max(len(rows.workflow.cat.categories), 1)
    pairs = rows.error_group.cat.codes.to_numpy().astype(np.int64) * names + rows.workflow.cat.codes.to_numpy()
    pair, where = np.unique(pairs, return_inverse=True)
    left = np.bincount(where, weights=rows.n.to_numpy(), minlength=len(pair)) > 0
    return np.bincount(pair[left] // names, minlength=size)


def _new(context: Context, ids: list[str]) -> Ints:
    seen = context.group_info.first_seen.reindex(ids).fillna(-1).to_numpy()
    return (seen >= context.period.since).astype(np.int64)


def _expected(context: Context, size: int) -> Floats:
    """Bad runs of each group in the week after the period, from everything that was read."""
    read = context.period.until - context.before.period.first
    days = int(min(_RATE_DAYS, max(1, read // DAY)))
    rows = _read(context, context.period.until - days * DAY)
    age = (context.period.until - 1 - rows.bucket.to_numpy()) // DAY
    counts = _table(rows, days - 1 - age, size, days)
    per_day = np.array([expected_loss(day, 1.0) for day in np.eye(days, dtype=np.int64)])  # it is linear in the counts
    expected: Floats = counts @ per_day
    return expected


def _daily(context: Context, size: int) -> Ints:
    period = context.period
    first = max(period.until - SPARK_DAYS * DAY, context.before.period.first)
    edges = np.array(Period(min(first, period.until - 4 * DAY), period.until, period.timezone, period.now).edges)
    rows = _read(context, int(edges[0]))
    days = len(edges) - 1
    counts = _table(rows, np.searchsorted(edges, rows.bucket.to_numpy(), side="right") - 1, size, days)
    return counts[:, -SPARK_DAYS:]


def _read(context: Context, since: int) -> pd.DataFrame:
    """Rows of groups up to the end of the period, of the period before and between the two as well."""
    groups = context.frames.groups
    rows = chosen(groups[(groups.bucket >= since) & (groups.bucket < context.period.until)], context.filters)
    if context.filters.severity:
        rows = rows[rows.severity == context.filters.severity]
    return _grouped(rows)


def _table(rows: pd.DataFrame, days: Ints, size: int, width: int) -> Ints:
    """[group, day]"""
    flat = rows.error_group.cat.codes.to_numpy().astype(np.int64) * width + np.clip(days, 0, width - 1)
    counts = np.bincount(flat, weights=rows.n.to_numpy(), minlength=size * width).astype(np.int64)
    return counts.reshape(size, width)

"""What is slow, and is slowness part of the failures? Median and 95th percentile, good and bad runs apart."""

import math
from collections import Counter
from typing import Any

import pandas as pd

from reports.charts.colours import BLUE, RED
from reports.charts.spec import ChartSpec, Series
from reports.model import Section, Table
from reports.sections.context import Context
from reports.sketch import bin_value, quantile
from reports.wording import duration

_MOST = 20
LEAST = {0.5: 10, 0.95: 100}  # n ≥ 5 / (1 − q)


def build(context: Context) -> Section:
    rows = _rows(context)
    finding = _finding(rows)
    return Section(
        key="durations",
        heading="What is slow, and is slowness part of the failures?",
        finding=finding,
        charts=[_chart(rows, finding)] if rows else [],
        tables=[_table(rows)],
        data={"workflows": rows},
    )


Bins = dict[tuple[str, bool], dict[int, int]]


def _rows(context: Context) -> list[dict[str, Any]]:
    now, before = _bins(context.now.durations), _bins(context.before.durations)
    totals: Counter[str] = Counter()
    for (workflow, _), bins in now.items():
        totals[workflow] += sum(bins.values())
    return [
        {
            "workflow": workflow,
            "good": good,
            **_of(now[workflow, good]),
            "before": _of(before.get((workflow, good), {})),
        }
        for workflow, _ in totals.most_common(_MOST)
        for good in (True, False)
        if (workflow, good) in now
    ]


def _bins(durations: pd.DataFrame) -> Bins:
    """(workflow, good) → bin → number, summed over time; only what is left after corrections."""
    found: Bins = {}
    summed = durations.groupby(["workflow", "good", "bin"], as_index=False, observed=True).n.sum()
    for row in summed[summed.n > 0].itertuples(index=False):
        found.setdefault((str(row.workflow), bool(row.good)), {})[int(row.bin)] = int(row.n)
    return found


def _of(bins: dict[int, int]) -> dict[str, Any]:
    """n, and in µs the quantiles that so many runs allow; the longest run where they do not allow p95."""
    n = sum(bins.values())
    return {
        "n": n,
        "p50": quantile(bins, 0.5) if n else None,
        "p95": quantile(bins, 0.95) if n >= LEAST[0.95] else None,
        "max": bin_value(max(bins)) if n else None,
    }


def _finding(rows: list[dict[str, Any]]) -> str:
    good = [row for row in rows if row["good"] and row["n"] >= LEAST[0.5]]
    if not good:
        return "Too few runs with a known start have ended to speak of durations."
    slowest = max(good, key=lambda row: row["p50"])
    bad = {row["workflow"]: row for row in rows if not row["good"] and row["n"] >= LEAST[0.5]}
    slower = [
        row["workflow"] for row in good if row["workflow"] in bad and bad[row["workflow"]]["p50"] > 2 * row["p50"]
    ]
    said = f"{slowest['workflow']} takes longest: half of its good runs take more than {duration(slowest['p50'])}."
    if slower:
        return f"{said} Bad runs take more than twice as long as good ones in {', '.join(slower[:4])}."
    return f"{said} In no workflow do bad runs take twice as long as good ones."


def _chart(rows: list[dict[str, Any]], finding: str) -> ChartSpec:
    series = []
    for good, name, colour in ((True, "good runs", BLUE), (False, "bad runs", RED)):
        shown = [row for row in rows if row["good"] is good][:12]
        middle = [row["p50"] / 1e6 for row in shown]
        top = [(row["p95"] or row["max"]) / 1e6 for row in shown]
        title = f"{name}: median, and up to p95 (or longest)"
        names = [row["workflow"] for row in shown]
        series.append(Series("points", title, middle, names, colour, low=list(middle), high=top))
    return ChartSpec("Durations", finding, series, horizontal=True, log=True, x_title="seconds")


def _table(rows: list[dict[str, Any]]) -> Table:
    shown = [
        [row["workflow"], "good" if row["good"] else "bad", row["n"], _said(row["p50"]), _p95(row),
         _said(row["before"]["p50"]), _p95(row["before"])]
        for row in rows
    ]  # fmt: skip
    columns = ["Workflow", "Runs", "Number", "Median", "95th percentile", "Median before", "95th before"]
    return Table("How long runs took, within 1 %", columns, shown)


def _said(value: float | None) -> str:
    return duration(math.nan if value is None else value)


def _p95(row: dict[str, Any]) -> str:
    """p95 of fewer than a hundred runs would be a guess; the longest is a fact."""
    if row["p95"] is not None:
        return _said(row["p95"])
    return f"longest {_said(row['max'])}" if row["n"] else "–"

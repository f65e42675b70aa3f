"""When did it happen? Bad runs by workflow, and the share of bad runs with its interval."""

import math
from typing import Any

from reports.charts.colours import GREY, RED
from reports.charts.spec import ChartSpec, Series
from reports.counting import OWN_FAULT, SYSTEM, TIMEOUT, Counts
from reports.model import Section, Table
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS, Share
from reports.wording import label, number, said

_MOST_SERIES = 7


def build(context: Context) -> Section:
    now = context.now
    edges = context.period.edges
    labels = [label(context.period.local(edge), context.period.width) for edge in edges[:-1]]
    runs, bad = now.per_bucket(now.runs), now.per_bucket(now.bad)
    shares = [Share(int(b), int(n)) for b, n in zip(bad, runs, strict=True)]
    finding = _finding(labels, shares, context)
    return Section(
        key="over_time",
        heading="When did it happen?",
        finding=finding,
        charts=[_chart(context, labels, shares, finding)] if sum(bad) else [],
        tables=[_table(context, labels, shares)],
        data={"bucket": context.period.width, "series": _data(context, edges, shares)},
    )


def _finding(labels: list[str], shares: list[Share], context: Context) -> str:
    worst = max(range(len(shares)), key=lambda index: shares[index].bad)
    if not shares[worst].bad:
        return "No run ended badly in this period."
    many = sum(share.bad > 0 for share in shares)
    width = context.period.width
    return (
        f"Most bad runs ended in the {width} of {labels[worst]}: {said(shares[worst])}. "
        f"{number(many, width)} of {len(shares)} had any."
    )


def _chart(context: Context, labels: list[str], shares: list[Share], finding: str) -> ChartSpec:
    series = [Series("bar", name, labels, values, colour) for colour, (name, values) in enumerate(_stacks(context.now))]
    before = context.before.per_bucket(context.before.bad)[: len(labels)]
    if before.any():
        series.append(
            Series("line", "bad runs the period before", labels, before.tolist(), GREY, dash="dot", markers=False)
        )
    enough = [share if share.runs >= LEAST_RUNS else None for share in shares]
    if any(share is not None for share in enough):
        low = [100 * share.interval[0] if share else None for share in enough]
        high = [100 * share.interval[1] if share else None for share in enough]
        rate = [100 * share.rate if share else None for share in enough]
        series.append(Series("band", "interval", labels, [], RED, low=low, high=high, second=True, legend=False))
        series.append(Series("line", "share of bad runs, %", labels, rate, RED, dash="dash", second=True))
    return ChartSpec("Bad runs over time", finding, series, stacked=True, y_title="bad runs", second_title="share, %")


def _stacks(counts: Counts) -> list[tuple[str, list[int]]]:
    """The workflows with most bad runs, each by bucket, the rest together."""
    totals = counts.bad.groupby("workflow", observed=True).n.sum().sort_values(ascending=False)
    shown = list(totals.index[:_MOST_SERIES])
    stacks = [(str(name), counts.per_bucket(counts.bad[counts.bad.workflow == name]).tolist()) for name in shown]
    rest = counts.bad[~counts.bad.workflow.isin(shown)]
    return [*stacks, ("other workflows", counts.per_bucket(rest).tolist())] if len(rest) else stacks


def _kinds(counts: Counts) -> list[list[int]]:
    return [
        counts.per_bucket(counts.bad[counts.bad.outcome.isin(kind)]).tolist() for kind in (OWN_FAULT, TIMEOUT, SYSTEM)
    ]


def _table(context: Context, labels: list[str], shares: list[Share]) -> Table:
    own, timeout, system = _kinds(context.now)
    before = context.before.per_bucket(context.before.bad).tolist()
    rows = []
    for index, (name, share) in enumerate(zip(labels, shares, strict=True)):
        last = context.incomplete and index == len(labels) - 1
        previous = before[index] if index < len(before) else 0
        rows.append([f"{name} (not over)" if last else name, share.runs, share.bad, own[index], timeout[index],
                     system[index], said(share) if share.runs else "–", previous])  # fmt: skip
    columns = [
        context.period.width.capitalize(),
        "Runs",
        "Bad",
        "Own fault",
        "Timeout",
        "System",
        "Share (95 %)",
        "Bad before",
    ]
    return Table("Runs that ended, by their end", columns, rows)


def _data(context: Context, edges: list[int], shares: list[Share]) -> list[dict[str, Any]]:
    return [
        {
            "start": context.period.local(edge).isoformat(),
            "runs": share.runs,
            "bad": share.bad,
            "rate": None if math.isnan(share.rate) else share.rate,
            "interval": share.interval,
        }
        for edge, share in zip(edges, shares, strict=False)
    ]

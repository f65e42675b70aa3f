"""What is slow, and is slowness part of the failures? Quantiles of good and bad runs apart, how they moved, and the
steps on the critical path."""

from typing import Any

import numpy as np

from reports.charts.colours import BLUE, GREY, RED
from reports.charts.spec import ChartSpec, Number, Series
from reports.counting import Counts
from reports.distributions import LEAST, histograms, quantiles
from reports.links import runs_page
from reports.model import Section, Table
from reports.sections import critical_path
from reports.sections.context import Context
from reports.sections.spreads import NAMES, TOO_FEW, Row, rows, slowdowns, speedups
from reports.statistics.arrays import Ints
from reports.wording import duration, label

_MOST_SHOWN = 12


def build(context: Context) -> Section:
    found, paths = rows(context), critical_path.rows(context)
    finding = " ".join([_finding(found), *critical_path.sentences(paths)])
    over_time = _over_time(context, found)
    charts = [*_overview(context, found), *over_time[0], *critical_path.charts(paths)]
    return Section(
        key="durations",
        heading="What is slow, and is slowness part of the failures?",
        finding=finding,
        charts=charts,
        tables=[_table(context, found), *over_time[1], *critical_path.tables(paths)],
        data={"workflows": found, "critical_path": paths},
        notes=critical_path.notes(paths),
        pending=not context.frames.complete,
    )


def _finding(found: list[Row]) -> str:
    good = [row for row in found if row["good"] and row["p50"] is not None]
    if not good:
        return "Too few runs with a known start have ended to speak of durations."
    slowest = max(good, key=lambda row: row["p50"])
    said = f"{slowest['workflow']} takes longest: half of its good runs take more than {duration(slowest['p50'])}."
    return " ".join([said, *_moved(found), *_beside(good, found)])


def _moved(found: list[Row]) -> list[str]:
    slower, faster = slowdowns(found), speedups(found)
    said = [_change(rows, word) for rows, word in ((slower, "slower"), (faster, "faster")) if rows]
    able = any(row["drift"]["verdict"] != TOO_FEW for row in found if row["good"])
    if said or not able:
        return said
    return ["No workflow shows evidence that its good runs became slower or faster."]


def _change(rows: list[Row], word: str) -> str:
    row = rows[0]
    which = row["drift"]["quantile"]
    name = "median" if which == "p50" else "95th percentile"
    others = f", and so did {len(rows) - 1} more" if len(rows) > 1 else ""
    return (
        f"{row['workflow']} became {word}: the {name} of its good runs is {duration(row[which])}, "
        f"before {duration(row['before'][which])}{others}."
    )


def _beside(good: list[Row], found: list[Row]) -> list[str]:
    """Whether bad runs take longer: said only where both sides have enough runs."""
    bad = {row["workflow"]: row for row in found if not row["good"] and row["p50"] is not None}
    pairs = [(row, bad[row["workflow"]]) for row in good if row["workflow"] in bad]
    if not pairs:
        return ["There are too few bad runs to compare their durations."]
    slow = [row["workflow"] for row, other in pairs if other["p50"] > 2 * row["p50"]]
    if slow:
        more = " and others" if len(slow) > 4 else ""
        return [f"Bad runs take more than twice as long as good ones in {', '.join(slow[:4])}{more}."]
    return ["In no workflow with enough of both do bad runs take twice as long as good ones."]


def _overview(context: Context, found: list[Row]) -> list[ChartSpec]:
    if not found:
        return []
    names = list(dict.fromkeys(row["workflow"] for row in found))[:_MOST_SHOWN]
    series = []
    for good, name, colour in ((True, "good runs", BLUE), (False, "bad runs", RED)):
        shown = [row for row in found if row["good"] is good and row["workflow"] in names and row["p50"] is not None]
        if shown:
            series.append(_dots(context, shown, f"{name}: median, and up to the 95th percentile (or longest)", colour))
    if not series:
        return []
    return [ChartSpec("Durations", _finding(found), series, horizontal=True, log=True, x_title="seconds")]


def _dots(context: Context, shown: list[Row], title: str, colour: int) -> Series:
    middle: list[Number] = [_seconds(row["p50"]) for row in shown]
    top = [_seconds(row["p95"] if row["p95"] is not None else row["max"]) for row in shown]
    links = [_page(context, row) for row in shown]
    names = [row["workflow"] for row in shown]
    return Series("points", title, list(middle), names, colour, low=middle, high=top, links=links)


def _page(context: Context, row: Row) -> str:
    return runs_page(context.period, row["workflow"], "succeeded" if row["good"] else "bad")


def _seconds(value: float | None) -> Number:
    """Above nothing: the axis is logarithmic."""
    return None if value is None else max(value, 1.0) / 1e6


def _table(context: Context, found: list[Row]) -> Table:
    shown = [
        [row["workflow"], "good" if row["good"] else "bad", row["n"], _said(row["p50"]), _p95(row), _said(row["p99"]),
         _said(row["before"]["p50"]), _p95(row["before"]), row["drift"]["verdict"]]
        for row in found
    ]  # fmt: skip
    columns = ["Workflow", "Runs", "Number", "Median", "95th percentile", "99th percentile", "Median before",
               "95th before", "Against before"]  # fmt: skip
    return Table("How long runs took, within 1 %", columns, shown, [_page(context, row) for row in found])


def _said(value: float | None) -> str:
    return "–" if value is None else duration(value)


def _p95(row: Row) -> str:
    """p95 of fewer than a hundred runs would be a guess; the longest is a fact."""
    if row["p95"] is not None:
        return _said(row["p95"])
    return f"longest {_said(row['max'])}" if row["n"] else "–"


def _over_time(context: Context, found: list[Row]) -> tuple[list[ChartSpec], list[Table]]:
    """Of the workflow that became slower most, else of the slowest one: its good runs, bucket by bucket."""
    able = [row for row in found if row["good"] and row["p50"] is not None]
    if not able:
        return [], []
    told = next(iter(slowdowns(found)), max(able, key=lambda row: row["p50"]))
    name = told["workflow"]
    labels = [label(context.period.local(edge), context.period.width) for edge in context.period.edges[:-1]]
    now, before = _buckets(context.now, name), _buckets(context.before, name)
    p50, p95 = _of(now, 0.5), _of(now, 0.95)
    series = [
        *_band(labels, p50, p95),
        Series("line", "median", labels, p50, BLUE),
        Series("line", "95th percentile", labels, p95, RED, dash="dash"),
    ]
    earlier = (_of(before, 0.5) + [None] * len(labels))[: len(labels)]
    if any(value is not None for value in earlier):
        series.append(Series("line", "median the period before", labels, earlier, GREY, dash="dot", markers=False))
    chart = ChartSpec(f"Good runs of {name} over time", _summary(told), series, y_title="seconds")
    return [chart], [_bucket_table(context, name, labels, now, p50, p95, earlier)]


def _band(labels: list[str], p50: list[Number], p95: list[Number]) -> list[Series]:
    """Only without a gap: one would be filled as if it were known."""
    known = [place for place, value in enumerate(p95) if value is not None]
    if len(known) < 2 or known[-1] - known[0] >= len(known):
        return []
    inside = slice(known[0], known[-1] + 1)
    name = "from the median to the 95th percentile"
    return [Series("band", name, labels[inside], [], BLUE, low=p50[inside], high=p95[inside])]


def _summary(row: Row) -> str:
    known = [f"{NAMES[q]} {duration(row[NAMES[q]])}" for q in LEAST if row[NAMES[q]] is not None]
    return f"Good runs of {row['workflow']} over the whole period: {', '.join(known)}."


def _buckets(counts: Counts, name: str) -> Ints:
    """Good runs of a workflow by bucket of the period, and bin of their duration."""
    edges = np.array(counts.period.edges)
    rows = counts.durations[(counts.durations.workflow == name) & (counts.durations.good == 1)]
    places = np.searchsorted(edges, rows.bucket.to_numpy(), side="right") - 1
    places[places >= len(edges) - 1] = -1
    return histograms(places, len(edges) - 1, rows["bin"].to_numpy(), rows.n.to_numpy())


def _of(counts: Ints, q: float) -> list[Number]:
    enough = counts.sum(axis=1) >= LEAST[q]
    return [float(value) / 1e6 if able else None for value, able in zip(quantiles(counts, q), enough, strict=True)]


def _bucket_table(context: Context, name: str, labels: list[str], counts: Ints, *columns: list[Number]) -> Table:
    rows: list[list[Any]] = [
        [each, int(n), *(_said(None if value is None else value * 1e6) for value in values)]
        for each, n, *values in zip(labels, counts.sum(axis=1), *columns, strict=True)
    ]
    if context.incomplete:
        rows[-1][0] += " (not over)"
    heads = [context.period.width.capitalize(), "Good runs", "Median", "95th percentile", "Median before"]
    return Table(f"Good runs of {name} over time", heads, rows)

"""What do I fix first? Error groups by the runs they cost, with first and last seen and their trend."""

from typing import Any

from reports.charts.colours import BLUE, GREY
from reports.charts.spec import ChartSpec, Series
from reports.model import Section, Table
from reports.sections.context import Context
from reports.wording import minute, number, percent

_MOST = 15
_SPARKS = " ▁▂▃▄▅▆▇█"


def build(context: Context) -> Section:
    rows = _rows(context)
    finding = _finding(context, rows)
    return Section(
        key="groups",
        heading="What should be fixed first?",
        finding=finding,
        charts=[_chart(rows, finding)] if rows else [],
        tables=[_table(rows)],
        data={"groups": rows},
        open=True,
    )


def _rows(context: Context) -> list[dict[str, Any]]:
    counts = context.now.groups.groupby("error_group", observed=True).n.sum().sort_values(ascending=False)
    counts = counts[counts > 0]
    before = context.before.groups.groupby("error_group", observed=True).n.sum()
    info = context.group_info
    total = int(counts.sum())
    return [
        _row(context, str(group), int(n), int(before.get(group, 0)), total, info)
        for group, n in counts.iloc[:_MOST].items()
    ]


def _row(context: Context, group: str, n: int, before: int, total: int, info: Any) -> dict[str, Any]:
    known = info.loc[group].to_dict() if group in info.index else {}
    trend = context.now.per_bucket(context.now.groups[context.now.groups.error_group == group]).tolist()
    local = context.period.local
    return {
        "id": group,
        "error_type": known.get("error_type") or "failed without a type",
        "error_message": known.get("error_message", ""),
        "workflow": known.get("workflow", ""),
        "step": known.get("step", ""),
        "runs": n,
        "share": n / total,
        "before": before,
        "first_seen": minute(local(known["first_seen"])) if known else "",
        "last_seen": minute(local(known["last_seen"])) if known else "",
        "new": bool(known) and known["first_seen"] >= context.period.since,
        "trend": trend,
    }


def _finding(context: Context, rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Nothing failed in this period."
    top = rows[0]
    new = sum(row["new"] for row in rows)
    where = f"{top['workflow']}, step {top['step']}" if top["step"] else top["workflow"]
    groups = context.now.groups.error_group.nunique()
    return (
        f"{top['error_type']} in {where} cost most: {number(top['runs'], 'bad run')}, {percent(top['share'])} of all. "
        f"{number(groups, 'error group')} in all; of those shown {number(new, 'is', 'are')} new in this period."
    )


def _chart(rows: list[dict[str, Any]], finding: str) -> ChartSpec:
    shown = rows[:10]
    names = [f"{place}. {row['error_type']} · {row['workflow']}"[:48] for place, row in enumerate(shown, 1)]
    links = [f"groups/{row['id']}" for row in shown]
    series = [Series("bar", "this period", [row["runs"] for row in shown], names, BLUE, links=links)]
    if any(row["before"] for row in shown):
        series.append(Series("bar", "the period before", [row["before"] for row in shown], names, GREY))
    return ChartSpec("Top error groups", finding, series, horizontal=True, x_title="bad runs")


def _table(rows: list[dict[str, Any]]) -> Table:
    shown = [
        [row["error_type"], " ".join(row["error_message"].split())[:120], row["workflow"], row["step"] or "–",
         row["runs"], percent(row["share"]), row["before"], spark(row["trend"]),
         row["first_seen"] + (" (new)" if row["new"] else ""), row["last_seen"]]
        for row in rows
    ]  # fmt: skip
    columns = [
        "Error",
        "Message",
        "Workflow",
        "Step",
        "Bad runs",
        "Share",
        "Before",
        "Trend",
        "First seen",
        "Last seen",
    ]
    return Table("Error groups, most bad runs first", columns, shown, [f"groups/{row['id']}" for row in rows])


def spark(values: list[int], most: int = 28) -> str:
    """A row of small bars; long series are summed up to ``most`` of them."""
    size = -(-len(values) // most)
    sums = [sum(values[start : start + size]) for start in range(0, len(values), size)]
    top = max(sums, default=0) or 1
    return "".join(_SPARKS[-(-value * (len(_SPARKS) - 1) // top)] for value in sums)

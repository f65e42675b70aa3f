"""What do I fix first? Error groups by the runs they cost, with first and last seen and their trend."""

from typing import Any

from reports import charts
from reports.model import Section, Table
from reports.sections.context import Context
from reports.wording import minute, number, percent

_MOST = 15
_SPARKS = " ▁▂▃▄▅▆▇█"


def build(context: Context) -> Section:
    rows = _rows(context)
    return Section(
        key="groups",
        heading="What should be fixed first?",
        finding=_finding(context, rows),
        figure=_figure(rows) if rows else None,
        tables=[_table(rows)],
        data={"groups": rows},
    )


def _rows(context: Context) -> list[dict[str, Any]]:
    counts = context.now.groups.groupby("error_group").n.sum().sort_values(ascending=False)
    counts = counts[counts > 0]
    before = context.before.groups.groupby("error_group").n.sum()
    info = context.group_info.set_index("id")
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


def _figure(rows: list[dict[str, Any]]) -> dict[str, Any]:
    shown = rows[:10][::-1]
    names = [f"{row['error_type']} · {row['workflow']}"[:48] for row in shown]
    keys = [f"{len(shown) - index}. {name}" for index, name in enumerate(names)]
    data = [charts.bar("this period", [row["runs"] for row in shown], keys, 0, orientation="h")]
    if any(row["before"] for row in shown):
        data.append(charts.bar("the period before", [row["before"] for row in shown], keys, 7, orientation="h"))
    height = 130 + 34 * len(shown)
    return charts.figure(
        data,
        barmode="group",
        height=height,
        hovermode="closest",
        xaxis={"title": {"text": "bad runs"}},
        margin={"l": 60},
    )


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
    return Table("Error groups, most bad runs first", columns, shown, [row["id"] for row in rows])


def spark(values: list[int], most: int = 28) -> str:
    """A row of small bars; long series are summed up to ``most`` of them."""
    size = -(-len(values) // most)
    sums = [sum(values[start : start + size]) for start in range(0, len(values), size)]
    top = max(sums, default=0) or 1
    return "".join(_SPARKS[-(-value * (len(_SPARKS) - 1) // top)] for value in sums)

"""Did our work help? Error groups that opened and closed, and how many are open before and after."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from reports.charts.colours import BLUE, GREEN, GREY, ORANGE, RED
from reports.charts.spec import ChartSpec, Series
from reports.counting import chosen
from reports.flows import CLOSING, CONFIRMED, FIXED, NEW, OPENING, QUIET, REGRESSED, RETURNED, Flow, Span, flow
from reports.links import group_page
from reports.model import Section, Table
from reports.sections.buckets import MOST, Buckets, Ints, buckets
from reports.sections.context import Context
from reports.wording import minute, number

_MOST_ROWS = 40
_COLOURS = {NEW: BLUE, RETURNED: ORANGE, REGRESSED: RED, FIXED: GREEN, QUIET: GREY}
_URGENT = (REGRESSED, RETURNED, NEW, FIXED, QUIET, CONFIRMED)
_MEANING = {
    NEW: "first seen",
    RETURNED: "seen again after it was quiet",
    REGRESSED: "seen again after it was resolved, in no older version",
    FIXED: "resolved by a person or a release",
    QUIET: "not seen for longer than chance allows",
}


def build(context: Context) -> Section:
    found = _flow(context)
    finding = _finding(found)
    moved = len(found.steps) > 0
    return Section(
        key="flow",
        heading="Did our work help: what is new, back, fixed or quiet?",
        finding=finding,
        charts=_charts(context, found, finding) if moved else [],
        tables=[_balance(found), _groups(context, found), _over_time(context, found)] if moved else [],
        data=_data(context, found),
        notes=_notes(context),
    )


def _flow(context: Context) -> Flow:
    period = context.period
    until = max(period.first, min(period.until, period.now))
    return flow(context.frames, Span(context.before.period.first, period.first, until), _asked(context))


def _asked(context: Context) -> set[str] | None:
    """The groups that the filters touch. What becomes of one is told of the whole of it."""
    filters = context.filters
    if not any((filters.workflows, filters.environment, filters.version, filters.severity)):
        return None
    rows = chosen(context.frames.groups, filters)
    if filters.severity:
        rows = rows[rows.severity == filters.severity]
    return {str(each) for each in rows.error_group.unique()}


def _finding(found: Flow) -> str:
    before, after = found.open_before, found.open_after
    if not before and found.steps.empty:
        return "No error group was open in this period."
    if found.steps.empty:
        return f"{number(before, 'error group')} stayed open; none is new, came back, was fixed or fell quiet."
    went = f"went from {before} to {after}" if before != after else f"stayed at {after}"
    counted = {kind: found.number(kind) for kind in (*OPENING, *CLOSING)}
    opened = ", ".join(f"{counted[kind]} {kind}" for kind in OPENING)
    closed = f"{counted[FIXED]} fixed, {counted[QUIET]} quiet"
    return f"The number of open error groups {went}: {opened}; {closed}. {_helped(found)}"


def _helped(found: Flow) -> str:
    """What became of the fixes of the period."""
    fixes = found.steps[found.steps.kind.isin([FIXED, CONFIRMED])].drop_duplicates("error_group")
    if fixes.empty:
        return "None was resolved in this period."
    back = found.steps[found.steps.kind == REGRESSED].drop_duplicates("error_group", keep="last")
    both = fixes.merge(back, on="error_group", suffixes=("_fixed", "_back"))
    again = int((both.at_back >= both.at_fixed).sum())
    return f"Of {number(len(fixes), 'group')} resolved in this period {again or 'none'} came back."


def _charts(context: Context, found: Flow, finding: str) -> list[ChartSpec]:
    drawn = buckets(context.period, MOST)
    counted = {kind: drawn.summed(values) for kind, values in _per_bucket(context, found).items()}
    series = [*_stack(drawn, counted, OPENING, 1), *_stack(drawn, counted, CLOSING, -1)]
    each = f"one bar: {drawn.size} {drawn.width}s" if drawn.size > 1 else ""
    line = [Series("line", "open", drawn.labels, _open_after(found, counted).tolist(), BLUE)]
    summary = f"{number(found.open_before, 'error group')} open at the start, {found.open_after} at the end."
    moved = ChartSpec("Error groups opened (above) and closed (below)", finding, series, x_title=each, y_title="groups")
    level = ChartSpec("Open error groups at the end of each bar", summary, line, x_title=each, y_title="open groups")
    return [moved, level] if len(drawn.labels) > 1 else [moved]


def _stack(drawn: Buckets, counted: dict[str, Ints], kinds: tuple[str, ...], sign: int) -> list[Series]:
    """Bars on each other, upwards or downwards from nought."""
    floor, series = np.zeros(len(drawn.labels), dtype=np.int64), []
    for kind in kinds:
        values = sign * counted[kind]
        if values.any():
            text = [f"{count} {kind}" for count in counted[kind]]
            series.append(Series("bar", kind, drawn.labels, values.tolist(), _COLOURS[kind], base=[*floor.tolist()],
                                 text=text, hatched=drawn.unfinished))  # fmt: skip
        floor = floor + values
    return series


def _per_bucket(context: Context, found: Flow) -> dict[str, Ints]:
    """How many steps of each kind lie in each of the period's buckets."""
    edges, steps = context.period.edges, found.steps
    places = np.searchsorted(edges, steps["at"].to_numpy(), side="right") - 1
    return {
        kind: np.bincount(places[(steps.kind == kind).to_numpy()], minlength=len(edges) - 1)
        for kind in (*OPENING, *CLOSING)
    }


def _open_after(found: Flow, counted: dict[str, Ints]) -> Ints:
    change = np.sum([counted[kind] for kind in OPENING], axis=0) - np.sum([counted[kind] for kind in CLOSING], axis=0)
    opened: Ints = found.open_before + np.cumsum(change)
    return opened


def _balance(found: Flow) -> Table:
    rows: list[list[Any]] = [["Open at the start", found.open_before, ""]]
    rows += [[f"+ {kind}", found.number(kind), _MEANING[kind]] for kind in OPENING]
    rows += [[f"- {kind}", found.number(kind), _MEANING[kind]] for kind in CLOSING]
    rows.append(["= open at the end", found.open_after, ""])
    return Table("Open error groups, from the start to the end", ["Flow", "Error groups", "Meaning"], rows)


def _concerned(context: Context, found: Flow) -> pd.DataFrame:
    """Each group of the flow once: its latest step and its bad runs in the period; the urgent first."""
    steps = found.steps.assign(rank=found.steps.kind.map({kind: place for place, kind in enumerate(_URGENT)}))
    table = steps.groupby("error_group").agg({"rank": "min", "at": "max"}).reset_index()
    runs = context.now.groups.groupby("error_group", observed=True).n.sum()
    table["n"] = table.error_group.map(dict(zip(runs.index.astype(str), runs, strict=True))).fillna(0).astype("int64")
    return table.sort_values(["rank", "n", "error_group"], ascending=[True, False, True])


def _groups(context: Context, found: Flow) -> Table:
    concerned = _concerned(context, found)
    shown = concerned.head(_MOST_ROWS)
    steps = found.steps[found.steps.error_group.isin(shown.error_group)]
    happened = steps.groupby("error_group").kind.agg(", ".join)
    rows = [_row(context, found, happened, each) for each in shown.to_dict("records")]
    some = f", {_MOST_ROWS} of {len(concerned)}" if len(concerned) > _MOST_ROWS else ""
    columns = ["Error", "Workflow", "Step", "What happened", "Last at", "Bad runs", "At the end"]
    links = [group_page(group) for group in shown.error_group]
    return Table(f"Error groups that moved, those that came back first{some}", columns, rows, links)


def _row(context: Context, found: Flow, happened: "pd.Series[str]", each: dict[Hashable, Any]) -> list[Any]:
    group, info = each["error_group"], context.group_info
    known = info.loc[group] if group in info.index else {}
    return [
        known.get("error_type") or "failed without a type",
        known.get("workflow", "–"),
        known.get("step") or "–",
        happened[group],
        minute(context.period.local(each["at"])),
        each["n"],
        found.state[group],
    ]


def _over_time(context: Context, found: Flow) -> Table:
    whole, counted = buckets(context.period), _per_bucket(context, found)
    opened = _open_after(found, counted)
    rows = [
        [whole.shown(place), *(int(each[place]) for each in counted.values()), int(after)]
        for place, after in enumerate(opened)
    ]
    columns = [whole.width.capitalize(), *(kind.capitalize() for kind in counted), "Open at its end"]
    return Table("Error groups opened and closed, over time", columns, rows)


def _notes(context: Context) -> list[str]:
    if _asked(context) is None:
        return []
    return ["Error groups are chosen by the filters, and then told of as a whole: in every environment and version."]


def _data(context: Context, found: Flow) -> dict[str, Any]:
    local = context.period.local
    steps = [
        {"at": local(at).isoformat(), "error_group": group, "kind": kind}
        for at, group, kind in zip(*(found.steps[name].tolist() for name in ("at", "error_group", "kind")), strict=True)
    ]
    return {
        "open_before": found.open_before,
        **{kind: found.number(kind) for kind in (*OPENING, *CLOSING)},
        "open_after": found.open_after,
        "quiet_then_resolved": found.number(CONFIRMED),
        "steps": steps,
    }

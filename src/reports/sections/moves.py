"""How did the share of bad runs move, on which day, and what is suspected? Chart, tables and words for it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reports.charts.colours import BLUE, ORANGE, RED
from reports.charts.spec import ChartSpec, Mark, Series
from reports.daily import ALL, Change, Days
from reports.links import runs_page
from reports.model import Table
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS, Share
from reports.suspects import Suspect
from reports.wording import duration, label, minute, number, said

_MOST_SHOWN = 30
_MOST_DRAWN = 3
_MINUTE = 60_000_000
_COLOURS = (RED, BLUE, ORANGE)


@dataclass(slots=True, frozen=True)
class Move:
    change: Change
    suspects: list[Suspect]


def finding(context: Context, moved: list[Move]) -> str:
    if not moved:
        return "On no day did the share of bad runs change by more than chance allows."
    first = moved[0]
    change, point = first.change, first.change.point
    told = (
        f"On {_day(context, change)} the share of bad runs of {_of(change.days)} {_verb(change)} from "
        f"{said(point.before)} to {said(point.after)}."
    )
    if len(moved) > 1:
        told += f" {number(len(moved) - 1, 'more change is', 'more changes are')} in the table."
    if not first.suspects:
        return f"{told} Nothing that is known was changed shortly before."
    names = [f"{each.event.title} ({_when(each, change)})" for each in first.suspects[:2]]
    return f"{told} Suspected, not proven: {'; '.join(names)}."


def _of(days: Days) -> str:
    return days.workflow if days.workflow != ALL else "all workflows together"


def _verb(change: Change) -> str:
    return "rose" if change.worse else "fell"


def _day(context: Context, change: Change) -> str:
    return label(context.period.local(change.start), "day")


def _when(suspect: Suspect, change: Change) -> str:
    gap = suspect.event.at - change.start
    if abs(gap) < _MINUTE:
        return "as that day began"
    return f"{duration(abs(gap))} before that day" if gap < 0 else f"{duration(gap)} into that day"


def charts(context: Context, moved: list[Move], edges: list[int], told: str) -> list[ChartSpec]:
    """The daily share of the workflows that moved most, each with the shares before and after its changes."""
    if not moved:
        return []
    names = [label(context.period.local(edge), "day") for edge in edges[:-1]]
    series = [
        line
        for place, days in enumerate(_drawn(moved))
        for line in _lines(days, [each.change for each in moved if each.change.days is days], names, _COLOURS[place])
    ]
    marks = [Mark(names[each.change.point.day], f"{_of(each.change.days)} {_verb(each.change)}"[:40])
             for each in moved if each.change.days in _drawn(moved)]  # fmt: skip
    return [ChartSpec("Share of bad runs a day", told, series, marks=marks[:6], y_title="share, %")]


def _drawn(moved: list[Move]) -> list[Days]:
    found: list[Days] = []
    for each in moved:
        if not any(days is each.change.days for days in found):
            found.append(each.change.days)
    return found[:_MOST_DRAWN]


def _lines(days: Days, changes: list[Change], names: list[str], colour: int) -> list[Series]:
    shares = [Share(int(k), int(n)) for k, n in zip(days.bad, days.runs, strict=True)]
    enough = [share if share.runs >= LEAST_RUNS else None for share in shares]
    lines = []
    if any(enough):
        low = [100 * share.interval[0] if share else None for share in enough]
        high = [100 * share.interval[1] if share else None for share in enough]
        rate = [100 * share.rate if share else None for share in enough]
        title = f"{_of(days)}, interval"
        lines.append(Series("band", title, names, [], colour, low=low, high=high, legend=False))
        lines.append(Series("line", f"{_of(days)}, a day", names, rate, colour, dash="dot"))
    levels = _levels(days, changes)
    return [*lines, Series("steps", f"{_of(days)}, between changes", names, levels, colour, markers=False)]


def _levels(days: Days, changes: list[Change]) -> list[float | int | None]:
    """The share between two changes, for each day."""
    points = sorted((each.point for each in changes), key=lambda point: point.day)
    shares = [points[0].before, *(point.after for point in points)]
    edges = [0, *(point.day for point in points), len(days.runs)]
    levels: list[float | int | None] = []
    for share, (start, end) in zip(shares, pairwise(edges), strict=True):
        levels += [100 * share.rate if share.runs >= LEAST_RUNS else None] * (end - start)
    return levels


def table(context: Context, moved: list[Move]) -> Table:
    rows: list[list[Any]] = []
    links = []
    for each in moved[:_MOST_SHOWN]:
        change = each.change
        suspected = "; ".join(suspect.event.title for suspect in each.suspects[:3]) or "–"
        rows.append([_of(change.days), _day(context, change), _verb(change), said(change.point.before),
                     said(change.point.after), f"{change.q:.4f}", suspected])  # fmt: skip
        links.append(runs_page(context.period, change.days.workflow, since=change.start))
    columns = ["Workflow", "Day", "The share", "Before (95 %)", "After (95 %)", "q", "Suspected"]
    return Table("Changes of the share of bad runs, those of most runs first", columns, rows, links)


def suspects_table(context: Context, moved: list[Move]) -> Table:
    rows: list[list[Any]] = []
    for each in moved[:_MOST_SHOWN]:
        for suspect in each.suspects[:5]:
            event = suspect.event
            rows.append([event.title, event.kind, minute(context.period.local(event.at)), _when(suspect, each.change),
                         _of(each.change.days), _bad_of(suspect.having), _bad_of(suspect.lacking), _p(suspect.p),
                         round(suspect.score, 2)])  # fmt: skip
    columns = ["Suspect", "Kind", "At", "Distance", "Workflow", "Bad with its version", "Bad without, meanwhile", "p",
               "Score"]  # fmt: skip
    return Table("Suspects, never causes: what was changed within a day of a change of the share", columns, rows)


def _bad_of(share: Share | None) -> str:
    return f"{share.bad} of {share.runs}" if share else "–"


def _p(p: float | None) -> str:
    return "–" if p is None else f"{p:.2g}"


def days_table(context: Context, moved: list[Move], edges: list[int]) -> Table:
    """The numbers that the chart is drawn from."""
    drawn = _drawn(moved)
    rows: list[list[Any]] = [
        [label(context.period.local(edge), "day"), *(_on(days, day) for days in drawn)]
        for day, edge in enumerate(edges[:-1])
    ]
    return Table("Bad runs of all, by day", ["Day", *map(_of, drawn)], rows if drawn else [])


def _on(days: Days, day: int) -> str:
    return f"{days.bad[day]} of {days.runs[day]}" + (" (outburst)" if day in days.outbursts else "")


def data(context: Context, moved: list[Move], edges: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "workflow": each.change.days.workflow,
            "day": context.period.local(each.change.start).isoformat(),
            "worse": each.change.worse,
            "before": _share(each.change.point.before),
            "after": _share(each.change.point.after),
            "p": each.change.point.p,
            "q": each.change.q,
            "outbursts": [minute(context.period.local(edges[day])) for day in each.change.days.outbursts],
            "suspects": [_suspect(context, suspect) for suspect in each.suspects],
        }
        for each in moved
    ]


def _share(share: Share | None) -> dict[str, Any] | None:
    return {"bad": share.bad, "runs": share.runs, "interval": list(share.interval)} if share else None


def _suspect(context: Context, suspect: Suspect) -> dict[str, Any]:
    event = suspect.event
    return {
        "at": context.period.local(event.at).isoformat(), "kind": event.kind, "title": event.title,
        "version": event.version, "workflows": list(event.workflows), "url": event.url, "score": suspect.score,
        "p": suspect.p, "having": _share(suspect.having), "lacking": _share(suspect.lacking),
    }  # fmt: skip

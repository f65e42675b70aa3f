"""How fast are failures noticed, and how fast does it work again? Incidents, with those that are open still."""

from typing import Any

import numpy as np
import pandas as pd

from reports.charts.colours import BLUE, GREY, RED
from reports.charts.spec import ChartSpec, Series
from reports.incidents import Watched, incidents, watched
from reports.links import runs_page
from reports.model import Section, Table, Tile
from reports.period import DAY
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS, Share
from reports.statistics.survival import LEAST_FOR_MEAN, Recovery, recovery
from reports.wording import count, duration, minute, number, of

LEAST_FOR_MEDIAN = 10  # n ≥ 5 / (1 − q)
_HOUR = 3_600_000_000
_MOST_LANES = 12
_MOST_DRAWN = 400
_MOST_ROWS = 50
_MOST_TOLD = 1_000
_HEADING = "How fast are failures noticed, and how fast does it work again?"


def build(context: Context) -> Section:
    if not context.frames.complete:
        return Section("incidents", _HEADING, "", pending=True)
    seen = watched(context.frames, context.period)
    found = incidents(context.frames, context.period, context.filters)
    found = found.assign(end=np.where(found.close == 0, seen.until, found.close))
    begun = found[found.start >= seen.since]
    recovered = recovery((begun.end - begun.start).to_numpy(dtype=float), (begun.close > 0).to_numpy())
    told = _finding(context, found, begun, recovered)
    return Section(
        key="incidents",
        heading=_HEADING,
        finding=told,
        tiles=_tiles(context, found, begun, recovered),
        charts=_charts(context, found, recovered, told),
        tables=[_table(context, found), _workflows(context, found)] if len(found) else [],
        data=_data(context, seen, found, begun, recovered),
        notes=_notes(context, found, begun),
    )


def _finding(context: Context, found: pd.DataFrame, begun: pd.DataFrame, recovered: Recovery) -> str:
    if not context.now.runs.n.sum() and found.empty:
        return "No run ended in this period."
    if found.empty:
        return "There was no incident: nowhere did enough runs in a row end badly."
    still = int((found.close == 0).sum())
    workflows = number(found.workflow.nunique(), "workflow")
    told = f"{number(len(found), 'incident')} in {workflows}, {still or 'none'} still open."
    return " ".join(filter(None, [told, _recovery_said(begun, recovered), _noticed_said(begun)]))


def _recovery_said(begun: pd.DataFrame, recovered: Recovery) -> str:
    if not len(begun):
        return "None of them began in the period."
    if len(begun) < LEAST_FOR_MEDIAN:
        if recovered.longest is None or not recovered.closed:
            return ""
        closed = begun[begun.close > 0]
        return f"Of those that are over the longest took {duration(float((closed.end - closed.start).max()))}."
    if recovered.median is None:
        return "Half of them had not recovered yet, so no median is known."
    told = f"Half were over within {duration(recovered.median)}"
    return f"{told}, nine in ten within {duration(recovered.p90)}." if recovered.p90 is not None else f"{told}."


def _noticed_said(begun: pd.DataFrame) -> str:
    if begun.empty:
        return ""
    waits = _waits(begun, "told")
    if not len(waits):
        return "Nobody was told of any." if len(begun) > 1 else "Nobody was told of it."
    told = f"Somebody was told of {of(Share(len(waits), len(begun)))}"
    return f"{told}, {_typical(waits)} after the start."


def _waits(begun: pd.DataFrame, name: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """From the start to the first message or act, in µs, of those that had one."""
    some = begun[begun[name] > 0]
    return np.asarray((some[name] - some.start).to_numpy(dtype=np.int64))


def _typical(waits: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> str:
    """The median where there are enough, else the longest."""
    if len(waits) >= LEAST_FOR_MEDIAN:
        return f"half within {duration(float(np.median(waits)))}"
    return f"at most {duration(float(waits.max()))}"


def _tiles(context: Context, found: pd.DataFrame, begun: pd.DataFrame, recovered: Recovery) -> list[Tile]:
    if found.empty:
        return []
    told, acted = _waits(begun, "told"), _waits(begun, "acted")
    return [
        Tile("Incidents", count(len(found)), f"{len(found) - len(begun)} began before the period"),
        Tile("Still open", count(int((found.close == 0).sum())), "counted as not over yet"),
        Tile("Time to recovery", _or_few(recovered.median), _p90(recovered)),
        Tile("Time to the first message", _median(told), f"{len(told)} of {len(begun)} were told of"),
        Tile("Time to the first act", _median(acted), f"{len(acted)} of {len(begun)} were acted on"),
        _between_tile(context.now.share()),
        Tile("Time between starts", _mtbf(begun), "mean, of all workflows"),
    ]


def _or_few(median: float | None) -> str:
    return "–" if median is None else duration(median)


def _p90(recovered: Recovery) -> str:
    n = recovered.closed + recovered.open
    if n < LEAST_FOR_MEDIAN:
        return f"{n} incidents: too few for more than a guess"
    return f"median of {n}; 90 %: {_or_few(recovered.p90)}"


def _median(waits: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> str:
    return duration(float(np.median(waits))) if len(waits) >= LEAST_FOR_MEDIAN else "–"


def _between(share: Share) -> str:
    """N/B; the interval is that of the share, turned over."""
    if not share.bad:
        return f"none in {share.runs}"
    if share.runs < LEAST_RUNS:
        return f"{share.bad} in {share.runs}"
    low, high = share.interval
    return f"{share.runs / share.bad:.0f} ({1 / high:.0f} to {1 / low:.0f})"


def _between_tile(share: Share) -> Tile:
    value, _, interval = _between(share).partition(" (")
    note = f"95 %: {interval.removesuffix(')')}; " if interval else ""
    return Tile("Runs between failures", value, f"{note}all runs by bad ones")


def _mtbf(begun: pd.DataFrame) -> str:
    mean = _mean_between(begun)
    return "–" if mean is None else duration(mean)


def _mean_between(begun: pd.DataFrame) -> float | None:
    """Of ten incidents or more: the mean time from one start to the next, in µs."""
    if len(begun) < LEAST_FOR_MEAN:
        return None
    return float(begun.start.max() - begun.start.min()) / (len(begun) - 1)


def _charts(context: Context, found: pd.DataFrame, recovered: Recovery, told: str) -> list[ChartSpec]:
    if found.empty:
        return []
    charts = [_lanes(context, found, told)]
    if recovered.closed:
        n = recovered.closed + recovered.open
        still = f"{count(recovered.open)} {'is' if recovered.open == 1 else 'are'} still open"
        summary = f"Of {number(n, 'incident')} that began in the period {still}."
        steps = [(time / _HOUR, 100 * share) for time, share in recovered.curve if time > 0]
        hours, left = [time for time, _ in steps], [share for _, share in steps]
        series = Series("steps", "not recovered yet", hours, left, BLUE, markers=False)
        chart = ChartSpec("How many were not over after so long", summary, [series], categories=False, log_along=True)
        chart.x_title, chart.y_title = "hours since the start", "of incidents, %"
        charts.append(chart)
    return charts


def _lanes(context: Context, found: pd.DataFrame, told: str) -> ChartSpec:
    """A lane for each of the workflows that were down longest; in days, or in hours of a period up to three days."""
    hourly = context.period.width == "hour"
    unit = _HOUR if hourly else DAY
    down = (found.end - found.start).groupby(found.workflow).sum().nlargest(_MOST_LANES)
    shown = found[found.workflow.isin(down.index)]
    shown = shown.loc[(shown.end - shown.start).nlargest(_MOST_DRAWN).index]
    lanes = {name: place for place, name in enumerate(down.index)}
    shown = shown.assign(lane=shown.workflow.map(lanes)).sort_values(["lane", "start"])
    series = [
        _bars(context, name, colour, mine, unit)
        for name, colour, mine in (
            ("recovered", BLUE, shown[shown.close > 0]),
            ("still open", RED, shown[shown.close == 0]),
        )
        if len(mine)
    ]
    starts = shown[shown.start >= context.period.since]
    places = ((starts.start - context.period.since) / unit).tolist()
    series.append(Series("points", "start", places, starts.workflow.tolist(), GREY, links=_links(context, starts)))
    title = f"{'hours' if hourly else 'days'} since {minute(context.period.local(context.period.since))}"
    return ChartSpec("Incidents by workflow, longest down first", told, series, horizontal=True, x_title=title)


def _bars(context: Context, name: str, colour: int, rows: pd.DataFrame, unit: int) -> Series:
    base = np.maximum(rows.start, context.period.since)
    bars = Series("bar", name, ((rows.end - base) / unit).tolist(), rows.workflow.tolist(), colour)
    bars.base = ((base - context.period.since) / unit).tolist()
    bars.links = _links(context, rows)
    bars.text = [_told(context, row) for row in rows.to_dict("records")]
    return bars


def _links(context: Context, rows: pd.DataFrame) -> list[str]:
    named = zip(rows.workflow, rows.start.tolist(), rows.end.tolist(), strict=True)
    return [runs_page(context.period, name, since=start, until=end + 1) for name, start, end in named]


def _told(context: Context, row: dict[Any, Any]) -> str:
    return f"{row['workflow']}, {minute(context.period.local(row['start']))}: {_length(row)}"


def _length(row: dict[Any, Any]) -> str:
    length = duration(row["end"] - row["start"])
    return length if row["close"] else f"open, {length} so far"


def _table(context: Context, found: pd.DataFrame) -> Table:
    longest = found.loc[(found.end - found.start).nlargest(_MOST_ROWS).index]
    rows: list[list[Any]] = [
        [row["workflow"], minute(context.period.local(row["start"])), row["bad"], _wait(row, "told"),
         _wait(row, "acted"), _length(row)]
        for row in longest.to_dict("records")
    ]  # fmt: skip
    columns = ["Workflow", "Start", "Bad runs in a row", "First message after", "First act after", "Recovered after"]
    return Table("Incidents, the longest first", columns, rows, _links(context, longest))


def _wait(row: dict[Any, Any], name: str) -> str:
    return duration(row[name] - row["start"]) if row[name] else "never"


def _workflows(context: Context, found: pd.DataFrame) -> Table:
    shares = context.now.shares()
    grouped = found.assign(down=found.end - found.start, open=found.close == 0).groupby("workflow")
    summed = grouped.agg(n=("start", "size"), open=("open", "sum"), down=("down", "sum"), longest=("down", "max"))
    rows: list[list[Any]] = [
        [name, int(row["n"]), int(row["open"]), duration(row["down"]), duration(row["longest"]),
         _between(shares.get(str(name), Share(0, 0)))]
        for name, row in summed.nlargest(_MOST_ROWS, "down").to_dict("index").items()
    ]  # fmt: skip
    columns = ["Workflow", "Incidents", "Open", "In all", "Longest", "Runs between failures (95 %)"]
    links = [runs_page(context.period, str(row[0])) for row in rows]
    return Table("Workflows, longest down first", columns, rows, links)


def _data(
    context: Context, seen: Watched, found: pd.DataFrame, begun: pd.DataFrame, recovered: Recovery
) -> dict[str, Any]:
    """Instants and durations in µs; of many incidents the latest."""
    share = context.now.share()
    return {
        "since": seen.since, "until": seen.until, "incidents": len(found), "began": len(begun),
        "open": int((found.close == 0).sum()),
        "recovery": {"closed": recovered.closed, "open": recovered.open, "median": recovered.median,
                     "p90": recovered.p90, "mean": recovered.mean, "curve": [list(step) for step in recovered.curve]},
        "first_message": _data_of(_waits(begun, "told")), "first_act": _data_of(_waits(begun, "acted")),
        "runs_between_failures": share.runs / share.bad if share.bad else None,
        "time_between_starts": _mean_between(begun),
        "list": [{name: value or None if name in {"close", "told", "acted"} else value for name, value in row.items()}
                 for row in found.drop(columns=["end", "hit"]).tail(_MOST_TOLD).to_dict("records")],
    }  # fmt: skip


def _data_of(waits: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> dict[str, Any]:
    enough = len(waits) >= LEAST_FOR_MEDIAN
    return {"n": len(waits), "median": float(np.median(waits)) if enough else None,
            "longest": int(waits.max()) if len(waits) else None}  # fmt: skip


def _notes(context: Context, found: pd.DataFrame, begun: pd.DataFrame) -> list[str]:
    notes = [
        "An incident begins at the first of two bad runs of a workflow in a row (one, under four runs a day) and ends "
        "with the next good run."
    ]
    if context.frames.kept_since > context.period.since:
        since = minute(context.period.local(context.frames.kept_since))
        notes.append(f"Rows of runs are kept since {since}: of incidents before that nothing is known.")
    if len(begun) < len(found):
        notes.append(f"{number(len(found) - len(begun), 'incident')} had begun before: shown, but in no median.")
    if len(found) > _MOST_DRAWN:
        notes.append(f"Drawn are the {_MOST_DRAWN} longest, of {_MOST_LANES} workflows at most.")
    if context.filters.version or context.filters.severity:
        notes.append("Runs of other versions and severities begin and end incidents too.")
    return notes

"""Is it tied to schedules, load or maintenance? Bad runs and runs by the hour of the week."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.charts.colours import BLUE, RED
from reports.charts.spec import ChartSpec, Heat
from reports.counting import BAD
from reports.daily import places_of, worst_workflows
from reports.hour_bursts import outbursts
from reports.hours import WEEKDAYS, Ints, clock_changes, hours_of_week, weeks
from reports.links import runs_page
from reports.model import Section, Table
from reports.period import DAY, QUARTER
from reports.sections.context import Context
from reports.statistics import LEAST_BAD, LEAST_RUNS, Share
from reports.statistics.rhythm import CELLS, Rhythm, beta_prior, rhythm
from reports.wording import label, number, of, percent, said

_MOST_TESTED = 20  # workflows: each costs 999 draws of 168 cells
_MOST_HOURS = 10
_TENTHS_BELOW = 0.0995
_HOURS = [f"{hour:02}" for hour in range(24)]


@dataclass(slots=True)
class _Counted:
    """The period's runs with the hour of the week in which they ended, counted by workflow, without ``outbursts`` of
    so many runs."""

    rows: pd.DataFrame
    bad: Ints
    runs: Ints
    outbursts: int


def build(context: Context) -> Section:
    counted = _counted(context)
    found = _found(counted)
    worst = _worst(context, counted, found)
    finding = _finding(counted, found, worst)
    return Section(
        key="rhythm",
        heading="Is it tied to the hour of the week?",
        finding=finding,
        charts=_charts(found, finding) if found.runs.sum() else [],
        tables=[_worst_table(context, worst), _cells_table(found)] if found.runs.sum() else [],
        data={
            "timezone": context.period.timezone, "p": found.p, "pattern": _claimed(found), "prior": list(found.prior),
            "bad": found.bad.reshape(7, 24).tolist(), "runs": found.runs.reshape(7, 24).tolist(),
            "rates": found.rates.reshape(7, 24).tolist() if found.runs.sum() else [], "worst": worst,
        },
        notes=_notes(context, counted),
    )  # fmt: skip


def _counted(context: Context) -> _Counted:
    """A row for each of the workflows with most bad runs, and a last one for all others together."""
    runs = context.now.runs
    bucket = runs.bucket.to_numpy()
    rows = pd.DataFrame({
        "bucket": bucket,
        "hour": hours_of_week(bucket, context.period.zone),
        "stratum": places_of(runs.workflow, worst_workflows(context.now, _MOST_TESTED)),
        "bad": runs.outcome.isin(BAD).to_numpy(),
        "n": runs.n.to_numpy(),
    })  # fmt: skip
    burst = outbursts(rows)
    left_out, rows = int(rows.n[burst].sum()), rows[~burst]
    size = (_MOST_TESTED + 1) * CELLS
    cells = (rows.stratum * CELLS + rows.hour).to_numpy()

    def table(mine: Any) -> Ints:
        return np.bincount(cells[mine], rows.n.to_numpy()[mine], size).astype(np.int64).reshape(-1, CELLS)

    return _Counted(rows, table(rows.bad.to_numpy()), table(slice(None)), left_out)


def _found(counted: _Counted) -> Rhythm:
    """Rates are those of all runs; p is of the workflows that are tested."""
    bad, runs = counted.bad.sum(axis=0), counted.runs.sum(axis=0)
    a, b = beta_prior(bad, runs)
    rates = (bad + a) / (runs + a + b) if runs.sum() else np.zeros(CELLS)
    return Rhythm(bad, runs, rates, (a, b), rhythm(counted.bad[:_MOST_TESTED], counted.runs[:_MOST_TESTED]).p)


def _claimed(found: Rhythm) -> bool:
    return found.patterned and int(found.bad.sum()) >= LEAST_BAD


def _worst(context: Context, counted: _Counted, found: Rhythm) -> list[dict[str, Any]]:
    """The hours with the highest rates that stand on enough runs; ``weeks`` of them had bad runs, of so many seen."""
    order = np.argsort(-found.rates, kind="stable")
    shown = [int(cell) for cell in order if found.bad[cell] and not found.sparse[cell]][:_MOST_HOURS]
    zone = context.period.zone
    worst = []
    for cell in shown:
        mine = counted.rows[counted.rows.hour == cell]
        ill = mine[mine.bad & (mine.n > 0)].bucket.to_numpy()
        worst.append({
            "hour": _name(cell), "runs": int(found.runs[cell]), "bad": int(found.bad[cell]),
            "rate": float(found.rates[cell]), "weeks": len(np.unique(weeks(ill, zone))),
            "weeks_seen": len(np.unique(weeks(mine.bucket.to_numpy(), zone))), "latest": int(ill.max(initial=0)),
        })  # fmt: skip
    return worst


def _name(cell: int) -> str:
    return f"{WEEKDAYS[cell // 24]} {cell % 24:02}:00"


def _finding(counted: _Counted, found: Rhythm, worst: list[dict[str, Any]]) -> str:
    bad, runs = int(found.bad.sum()), int(found.runs.sum())
    if not runs:
        return "No run ended in this period."
    if bad < LEAST_BAD:
        return f"Too few runs ended badly to look for a pattern: {of(Share(bad, runs))}."
    if bad == runs:
        return "Every run ended badly, so no hour is worse than another."
    if not found.patterned:
        aside = "incidents aside, " if counted.outbursts else ""
        return f"No: {aside}chance alone would make hours differ as much (p = {found.p:.2f})."
    if not worst:
        return f"Hours differ more than chance allows (p = {_p(found.p)}), but each had too few runs to name one."
    return f"Yes, hours differ more than chance allows (p = {_p(found.p)}). {_worst_hour(found, worst[0])}"


def _p(p: float) -> str:
    return f"{p:.3f}"


def _worst_hour(found: Rhythm, worst: dict[str, Any]) -> str:
    here, everywhere = Share(worst["bad"], worst["runs"]), Share(int(found.bad.sum()), int(found.runs.sum()))
    told = f"The worst is {worst['hour']}: {said(here)}, against {said(everywhere)} over all hours."
    if worst["weeks"] == 1:
        return f"{told} All of that came in one week: an incident rather than a rhythm."
    return f"{told} It had bad runs in {worst['weeks']} of {number(worst['weeks_seen'], 'week')}."


def _charts(found: Rhythm, finding: str) -> list[ChartSpec]:
    runs, bad = found.runs.reshape(7, 24), found.bad.reshape(7, 24)
    percentages = [[float(rate) if n else None for rate, n in zip(*row, strict=True)]
                   for row in zip((100 * found.rates).reshape(7, 24), runs, strict=True)]  # fmt: skip
    told = [[_cell(int(b), int(n), rate) for b, n, rate in zip(*row, strict=True)]
            for row in zip(bad, runs, found.rates.reshape(7, 24), strict=True)]  # fmt: skip
    weak = [[bool(n > 0 and few) for n, few in zip(*row, strict=True)]
            for row in zip(runs, found.sparse.reshape(7, 24), strict=True)]  # fmt: skip
    rates = Heat(_HOURS, list(WEEKDAYS), percentages, told, weak, unit="%", colour=RED)
    numbers = Heat(_HOURS, list(WEEKDAYS), [[int(n) or None for n in row] for row in runs],
                   [[_short(int(n)) for n in row] for row in runs], unit="runs", colour=BLUE)  # fmt: skip
    busiest = int(found.runs.argmax())
    summary = f"Most runs ended on {_name(busiest)}: {number(int(found.runs[busiest]), 'run')}."
    return [
        ChartSpec("Share of bad runs by hour of the week", finding, heat=rates),
        ChartSpec("Runs by hour of the week", summary, heat=numbers),
    ]


def _cell(bad: int, runs: int, rate: float) -> str:
    if not runs:
        return ""
    if runs < LEAST_RUNS:
        return f"{bad}/{runs}"
    return f"{100 * rate:.1f}" if rate < _TENTHS_BELOW else f"{100 * rate:.0f}"


def _short(whole: int) -> str:
    """At most three places: cells are narrow."""
    if whole < 1_000:
        return str(whole or "")
    return f"{whole / 1000:.1f}k" if whole < 9_950 else f"{whole / 1000:.0f}k"


def _worst_table(context: Context, worst: list[dict[str, Any]]) -> Table:
    rows = [
        [each["hour"], each["runs"], each["bad"], said(Share(each["bad"], each["runs"])),
         percent(each["rate"]) if each["runs"] >= LEAST_RUNS else "–",
         f"{each['weeks']} of {each['weeks_seen']}"]
        for each in worst
    ]  # fmt: skip
    links = [runs_page(context.period, since=each["latest"], until=each["latest"] + QUARTER) for each in worst]
    columns = ["Hour", "Runs", "Bad", "Share (95 %)", "Steadied", "Weeks with bad runs"]
    return Table("The worst hours of the week that had at least five runs", columns, rows, links)


def _cells_table(found: Rhythm) -> Table:
    bad, runs = found.bad.reshape(7, 24), found.runs.reshape(7, 24)
    rows: list[list[Any]] = [
        [day, *(f"{bad[place, hour]}/{runs[place, hour]}" if runs[place, hour] else "" for hour in range(24))]
        for place, day in enumerate(WEEKDAYS)
    ]
    return Table("Bad runs / runs by hour of the week", ["Day", *_HOURS], rows)


def _notes(context: Context, counted: _Counted) -> list[str]:
    period = context.period
    notes = [f"Hours are those of {period.timezone}, when runs ended. Cells of fewer than five runs are marked."]
    if counted.outbursts:
        notes.append(
            f"{number(counted.outbursts, 'run')} in hours when far more failed than in the same hour "
            "of other weeks are left out: that is an incident and no rhythm."
        )
    notes += [
        f"The clocks were changed on {label(period.local(at), 'day')}: runs count in the hour that the clock showed."
        for at, _ in clock_changes(period)
    ]
    if period.until - period.since < 14 * DAY:
        notes.append("With less than two weeks an incident cannot be told from a rhythm.")
    if counted.bad[_MOST_TESTED:].any():
        notes.append(f"The test looks at the {_MOST_TESTED} workflows with most bad runs, the maps at all.")
    return notes

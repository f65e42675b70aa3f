"""Is it worse than last period, and can I trust that?"""

from typing import Any

from reports.charts.colours import BLUE, GREY
from reports.charts.spec import ChartSpec, Series
from reports.judging import Judged
from reports.links import runs_page
from reports.model import Section, Table
from reports.sections.context import Context
from reports.sections.tiles import open_incidents, tiles
from reports.statistics import LEAST_RUNS, Share, Verdict, detectable_rate, difference_p, newcombe, verdict
from reports.wording import count, listed, number, percent, points, said

_MOST = 30
_MOST_BARS = 12


def build(context: Context) -> Section:
    now, before, judged = context.now.share(), context.before.share(), context.judged
    overall = Judged("all workflows", before, now, verdict(before, now, difference_p(before, now)))
    finding = _finding(overall, judged)
    return Section(
        key="headline",
        heading="Is it worse than before, and can that be trusted?",
        finding=finding,
        tiles=tiles(context, overall),
        charts=_charts(overall, judged, finding),
        tables=[_table(context, judged)],
        data=_data(context, overall, judged),
        notes=_notes(judged),
    )


def _finding(overall: Judged, judged: list[Judged]) -> str:
    now = overall.now
    if not now.runs:
        return "No run ended in this period."
    share = f": {said(now)}" if now.runs >= LEAST_RUNS else ""
    parts = [f"{count(now.bad)} of {number(now.runs, 'run')} ended badly{share}.", _compared(overall)]
    for word in (Verdict.WORSE, Verdict.BETTER):
        names = [each.workflow for each in judged if each.verdict is word]
        if names:
            parts.append(f"{word.value.capitalize()}: {listed(names, 5)}.")
    return " ".join([*parts, *_smallest(overall)])


def _compared(overall: Judged) -> str:
    before, now = overall.before, overall.now
    if now.runs < LEAST_RUNS:
        return "There are too few runs to compare with the period before."
    if not before.runs:
        return "No run ended in the period before: there is nothing to compare with."
    if before.runs < LEAST_RUNS:
        return f"In the period before {number(before.runs, 'run')} ended: too few runs to compare with."
    if overall.verdict is Verdict.TOO_FEW:
        return f"The period before had {said(before)}: too few bad runs to say more."
    return f"The period before had {said(before)}: {overall.verdict.value}, {points(*newcombe(before, now))}."


def _smallest(overall: Judged) -> list[str]:
    """What would have been seen: said where shares are compared at all."""
    before, now = overall.before, overall.now
    if min(before.runs, now.runs) < LEAST_RUNS or before.bad == before.runs:
        return []
    smallest = detectable_rate(before, now.runs)
    if smallest >= 1:
        return ["No rise could have been seen with so few runs."]
    return [f"The smallest rise this report could have seen is one from {percent(before.rate)} to {percent(smallest)}."]


def _charts(overall: Judged, judged: list[Judged], finding: str) -> list[ChartSpec]:
    told = [each for each in judged if each.now.runs >= LEAST_RUNS]
    if not told:
        return []
    shown = [*([overall] if len(judged) > 1 else []), *told[:_MOST_BARS]]
    series = [_bars("this period", BLUE, shown, [each.now for each in shown])]
    if any(each.before.runs >= LEAST_RUNS for each in shown):
        series.append(_bars("the period before", GREY, shown, [each.before for each in shown]))
    return [
        ChartSpec(
            "Share of bad runs by workflow, with 95 % intervals",
            finding,
            series,
            horizontal=True,
            x_title="bad runs, % of runs",
            height=150 + 40 * len(shown),
        )
    ]


def _bars(name: str, colour: int, shown: list[Judged], shares: list[Share]) -> Series:
    told = [share if share.runs >= LEAST_RUNS else None for share in shares]
    return Series(
        "bar", name, [100 * each.rate if each else None for each in told], [each.workflow for each in shown], colour,
        low=[100 * each.interval[0] if each else None for each in told],
        high=[100 * each.interval[1] if each else None for each in told],
        text=[said(share) if share.runs else "no runs" for share in shares],
    )  # fmt: skip


def _table(context: Context, judged: list[Judged]) -> Table:
    rows = [
        [each.workflow, each.now.runs, each.now.bad, said(each.now) if each.now.runs else "–",
         said(each.before) if each.before.runs else "–", _change(each), each.verdict.value]
        for each in judged[:_MOST]
    ]  # fmt: skip
    severity = context.filters.severity
    links = [runs_page(context.period, each.workflow, severity=severity) for each in judged[:_MOST]]
    columns = ["Workflow", "Runs", "Bad", "Share (95 %)", "Before", "Change (95 %)", "Verdict"]
    return Table("Workflows, most bad runs first", columns, rows, links)


def _change(each: Judged) -> str:
    return points(*newcombe(each.before, each.now)) if min(each.before.runs, each.now.runs) >= LEAST_RUNS else "–"


def _notes(judged: list[Judged]) -> list[str]:
    if len(judged) <= _MOST:
        return []
    return [f"{_MOST} of {len(judged)} workflows are in the table; the data has all of them."]


def _data(context: Context, overall: Judged, judged: list[Judged]) -> dict[str, Any]:
    now, before, runs = overall.now, overall.before, context.now.runs
    compared = bool(now.runs and before.runs)
    smallest = detectable_rate(before, now.runs) if compared else None
    return {
        "runs": now.runs, "bad": now.bad, "rate": now.rate if now.runs else None, "interval": now.interval,
        "previous": {"runs": before.runs, "bad": before.bad, "rate": before.rate if before.runs else None},
        "change": newcombe(before, now) if compared else None,
        "smallest_rise": smallest,
        "verdict": overall.verdict.value,
        "healed": int(runs.healed.sum()), "busy_us": int(runs.busy.sum()), "waste_us": int(runs.waste.sum()),
        "open_incidents": open_incidents(context),
        "workflows": [_plain(each) for each in judged],
    }  # fmt: skip


def _plain(each: Judged) -> dict[str, object]:
    return {
        "workflow": each.workflow, "runs": each.now.runs, "bad": each.now.bad, "interval": each.now.interval,
        "previous_runs": each.before.runs, "previous_bad": each.before.bad, "verdict": each.verdict.value,
    }  # fmt: skip

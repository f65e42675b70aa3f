"""What is commoner among bad runs than among good ones of the same workflows? Chart, table and words for it."""

from typing import Any

from reports.attributes import Found
from reports.charts.colours import RED
from reports.charts.spec import ChartSpec, Mark, Series
from reports.links import run_page
from reports.model import Table
from reports.statistics import LEAST_BAD
from reports.statistics.association import Lead
from reports.wording import number

_MOST = 12


def finding(found: Found) -> str:
    if found.bad < LEAST_BAD or not found.good:
        return "Too few runs with attributes are kept to say what bad runs have in common." if found.bad else ""
    if not found.leads:
        return f"Of {number(found.values, 'attribute value')} none is commoner among bad runs than chance allows."
    first = found.leads[0]
    told = (
        f"Bad runs have {first.value} in common: the odds that a run ends badly are {_times(first)} as high with it as "
        "without it in the same workflow"
    )
    others = [lead.value for lead in found.leads[1:4]]
    return f"{told}; also {', '.join(others)}." if others else f"{told}."


def _times(lead: Lead) -> str:
    return f"{_short(lead.odds_ratio)} times ({_short(lead.low)} to {_short(lead.high)})"


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def charts(found: Found) -> list[ChartSpec]:
    shown = found.leads[:_MOST]
    if not shown:
        return []
    names = [lead.value[:48] for lead in shown]
    links = [_page(found, lead) for lead in shown]
    series = Series("points", "odds ratio, 95 %", [lead.odds_ratio for lead in shown], names, RED,
                    low=[lead.low for lead in shown], high=[lead.high for lead in shown], links=links)  # fmt: skip
    title = "What bad runs have in common"
    return [
        ChartSpec(
            title,
            finding(found),
            [series],
            marks=[Mark(1, "no difference")],
            horizontal=True,
            log=True,
            x_title="times as likely (odds)",
        )
    ]


def _page(found: Found, lead: Lead) -> str:
    return run_page(found.latest[lead.value]) if found.latest.get(lead.value) else ""


def table(found: Found) -> Table:
    rows: list[list[Any]] = [
        [lead.value, ", ".join(lead.same[:3]) or "–", f"{lead.having.bad} of {found.bad}",
         f"{lead.having.runs - lead.having.bad} of {found.good}", _times(lead), f"{lead.q:.2g}"]
        for lead in found.leads[:_MOST]
    ]  # fmt: skip
    columns = ["Attribute", "The same runs have", "Bad runs with it", "Good runs with it", "Odds ratio (95 %)", "q"]
    caption = "What is commoner among bad runs, in the sample of runs; the link leads to the latest"
    return Table(caption, columns, rows, [_page(found, lead) for lead in found.leads[:_MOST]])


def data(found: Found) -> list[dict[str, Any]]:
    return [
        {
            "value": lead.value, "same": list(lead.same), "bad_having": lead.having.bad, "bad": found.bad,
            "good_having": lead.having.runs - lead.having.bad, "good": found.good, "odds_ratio": lead.odds_ratio,
            "interval": [lead.low, lead.high], "p": lead.p, "q": lead.q, "latest": found.latest.get(lead.value, ""),
        }
        for lead in found.leads
    ]  # fmt: skip

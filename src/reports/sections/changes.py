"""What changed? Days on which the share of bad runs moved, what was changed shortly before, and what bad runs have in
common."""

import pandas as pd

from reports.attributes import common
from reports.counting import BAD, ELIGIBLE
from reports.daily import changes_of, days_of
from reports.hours import day_edges
from reports.model import Section
from reports.sections import leads, moves
from reports.sections.context import Context
from reports.sections.partners import partners
from reports.statistics import LEAST_BAD
from reports.statistics.changepoints import LEAST_DAYS
from reports.suspects import events, suspects
from reports.wording import count

_NO_CAUSE = "A suspect was changed shortly before; that does not make it the cause."
_HEADING = "What changed?"


def build(context: Context) -> Section:
    if not context.frames.complete:
        return Section("changes", _HEADING, "", pending=True)
    edges = day_edges(context.period)
    series = days_of(context.now)
    found = changes_of(series, edges)
    near = events(context.frames, context.period, context.filters) if found else []
    moved = [
        moves.Move(each, suspects(near, context.now.runs, each.days.workflow, each.start, each.worse)) for each in found
    ]
    shared = common(_sample(context), context.period)
    told = [moves.finding(context, moved), leads.finding(shared)]
    tables = [
        moves.table(context, moved), moves.suspects_table(context, moved), moves.days_table(context, moved, edges),
        leads.table(shared), partners(context),
    ]  # fmt: skip
    return Section(
        key="changes",
        heading=_HEADING,
        finding=" ".join(filter(None, told)) if context.now.runs.n.sum() else "No run ended in this period.",
        charts=[*moves.charts(context, moved, edges, told[0]), *leads.charts(shared)],
        tables=[each for each in tables if each.rows],
        data={
            "changes": moves.data(context, moved, edges),
            "leads": leads.data(shared),
            "sampled": {"bad": shared.bad, "good": shared.good, "values": shared.values},
        },
        notes=_notes(context, len(edges) - 1, bool(moved), any(each.days.outbursts for each in found)),
    )


def _sample(context: Context) -> pd.DataFrame:
    """Good runs have no severity: with one asked for, all of them stay."""
    sample = context.rows(context.frames.sample)
    sample = sample[sample.outcome.isin(ELIGIBLE)]
    severity = context.filters.severity
    return sample[(sample.severity == severity) | ~sample.outcome.isin(BAD)] if severity else sample


def _notes(context: Context, days: int, moved: bool, outbursts: bool) -> list[str]:
    notes = [_NO_CAUSE] if moved else []
    if outbursts:
        notes.append("Outbursts of a day or two are incidents and no change: they are in none of the shares compared.")
    if days < 2 * LEAST_DAYS:
        notes.append(f"A change of the share takes {2 * LEAST_DAYS} days that are over to be seen; there are {days}.")
    elif context.now.bad.n.sum() >= LEAST_BAD:
        a_day = count(round(context.now.runs.n.sum() / days))
        notes.append(
            f"There were {a_day} runs a day. A rise from 2 % to 6 % of a workflow with 50 runs a day is found in "
            "two of three cases where it is the only one, one of three among thirty, hardly ever with ten runs a day."
        )
    return notes

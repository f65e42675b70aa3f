"""When did it happen? Bad runs by kind and by workflow, and the share of bad runs with its interval."""

import math
from typing import Any

from reports.charts.colours import BLUE, GREEN, GREY, ORANGE, RED
from reports.charts.spec import ChartSpec, Series
from reports.counting import OWN_FAULT, SYSTEM, TIMEOUT, Counts
from reports.links import asked_for, runs_page
from reports.model import Section, Table
from reports.sections.buckets import MOST, Buckets, buckets
from reports.sections.change_marks import marks, titles
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS, Share
from reports.wording import number, percent, said

_MOST_SERIES = 7
KINDS = (("own fault", OWN_FAULT, BLUE), ("timeout", TIMEOUT, ORANGE), ("system", SYSTEM, GREEN))
Stack = tuple[str, int, list[int]]


def build(context: Context) -> Section:
    whole = buckets(context.period)
    shares = _shares(context.now, whole.edges)
    finding = _finding(context, whole, shares)
    return Section(
        key="over_time",
        heading="When did it happen?",
        finding=finding,
        charts=_charts(context, finding) if context.now.share().bad else [],
        tables=[_table(context, whole, shares)],
        data={
            "bucket": whole.width,
            "kinds": {name: context.now.number(*outcomes) for name, outcomes, _ in KINDS},
            "series": _data(context, whole, shares),
        },
        notes=_notes(whole),
    )


def _shares(counts: Counts, edges: list[int]) -> list[Share]:
    runs, bad = counts.per_bucket(counts.runs, edges), counts.per_bucket(counts.bad, edges)
    return [Share(int(b), int(n)) for b, n in zip(bad, runs, strict=True)]


def _finding(context: Context, whole: Buckets, shares: list[Share]) -> str:
    if not context.now.share().runs:
        return "No run ended in this period."
    worst = max(range(len(shares)), key=lambda place: shares[place].bad)
    if not shares[worst].bad:
        return "No run ended badly in this period."
    many = sum(share.bad > 0 for share in shares)
    kinds = ", ".join(f"{name} {context.now.number(*outcomes)}" for name, outcomes, _ in KINDS)
    return (
        f"Most bad runs ended in the {whole.width} of {whole.shown(worst)}: {_of(shares[worst])}. "
        f"{number(many, whole.width)} of {len(shares)} had any; by kind: {kinds}."
    )


def _of(share: Share) -> str:
    counted = f"{share.bad} of {share.runs}"
    return f"{counted}, {percent(share.rate)}" if share.runs >= LEAST_RUNS else counted


def _charts(context: Context, finding: str) -> list[ChartSpec]:
    drawn = buckets(context.period, MOST)
    by_kind = _stacks_by_kind(context.now, drawn.edges)
    by_workflow = _stacks_by_workflow(context.now, drawn.edges)
    each = f"one bar: {drawn.word}" if drawn.size > 1 else ""
    charts = [
        ChartSpec(
            "Bad runs over time, by kind",
            finding,
            [*_bars(context, drawn, by_kind), *_before(context, drawn), *_rates(context, drawn)],
            marks=marks(context, drawn),
            stacked=True,
            x_title=each,
            y_title="bad runs",
            second_title="share, %",
        )
    ]
    if len(by_workflow) > 1:
        summary = f"{by_workflow[0][0]} has most bad runs: {sum(by_workflow[0][2])} of {context.now.share().bad}."
        series = _bars(context, drawn, by_workflow)
        title = "Bad runs over time, by workflow"
        charts.append(ChartSpec(title, summary, series, stacked=True, x_title=each, y_title="bad runs"))
    return charts


def _bars(context: Context, drawn: Buckets, stacks: list[Stack]) -> list[Series]:
    asked = asked_for(context.filters)
    links = [
        runs_page(context.period, **asked, since=max(start, context.period.first), until=min(end, context.period.until))
        for start, end in zip(drawn.edges, drawn.edges[1:], strict=False)
    ]
    return [
        Series("bar", name, drawn.labels, values, colour, links=links, hatched=drawn.unfinished)
        for name, colour, values in stacks
    ]


def _stacks_by_kind(counts: Counts, edges: list[int]) -> list[Stack]:
    stacks = [
        (name, colour, counts.per_bucket(counts.bad[counts.bad.outcome.isin(outcomes)], edges).tolist())
        for name, outcomes, colour in KINDS
    ]
    return [each for each in stacks if any(each[2])]


def _stacks_by_workflow(counts: Counts, edges: list[int]) -> list[Stack]:
    """The workflows with most bad runs, the rest together."""
    bad = counts.bad
    totals = bad.groupby("workflow", observed=True).n.sum()
    totals = totals[totals > 0].sort_values(ascending=False, kind="stable")
    shown = list(totals.index[:_MOST_SERIES])
    stacks = [
        (str(name), colour, counts.per_bucket(bad[bad.workflow == name], edges).tolist())
        for colour, name in enumerate(shown)
    ]
    rest = counts.per_bucket(bad[~bad.workflow.isin(shown)], edges).tolist()
    return [*stacks, ("other workflows", GREY, rest)] if any(rest) else stacks


def _before(context: Context, drawn: Buckets) -> list[Series]:
    """What the period before had at the same local times."""
    values = _bad_before(context, drawn.edges)
    name = "bad runs the period before"
    return [Series("line", name, drawn.labels, list(values), GREY, dash="dot", markers=False)] if any(values) else []


def _bad_before(context: Context, edges: list[int]) -> list[int]:
    """Per bucket, between the edges' own instants of the period before. A bucket without end has none beyond it."""
    earlier = [context.period.earlier(edge) for edge in edges]
    values: list[int] = context.before.per_bucket(context.before.bad, earlier).tolist()
    return values


def _rates(context: Context, drawn: Buckets) -> list[Series]:
    told = [share if share.runs >= LEAST_RUNS else None for share in _shares(context.now, drawn.edges)]
    if not any(told):
        return []
    low = [100 * share.interval[0] if share else None for share in told]
    high = [100 * share.interval[1] if share else None for share in told]
    rate = [100 * share.rate if share else None for share in told]
    return [
        Series("band", "95 % interval", drawn.labels, [], RED, low=low, high=high, second=True, legend=False),
        Series("line", "share of bad runs, %", drawn.labels, rate, RED, dash="dash", second=True),
    ]


def _table(context: Context, whole: Buckets, shares: list[Share]) -> Table:
    kinds = [
        context.now.per_bucket(context.now.bad[context.now.bad.outcome.isin(outcomes)], whole.edges)
        for _, outcomes, _ in KINDS
    ]
    before, changed = _bad_before(context, whole.edges), titles(context, whole)
    rows = [
        [whole.shown(place), share.runs, share.bad, *(int(each[place]) for each in kinds),
         said(share) if share.runs else "–", before[place], changed[place]]
        for place, share in enumerate(shares)
    ]  # fmt: skip
    links = _bars(context, whole, [("", 0, [])])[0].links
    columns = [whole.width.capitalize(), "Runs", "Bad", "Own fault", "Timeout", "System", "Share (95 %)", "Bad before",
               "Changes"]  # fmt: skip
    return Table("Runs that ended, by their end", columns, rows, links)


def _notes(whole: Buckets) -> list[str]:
    return [f"The last {whole.width} is not over: it is hatched."] if whole.unfinished[-1] else []


def _data(context: Context, whole: Buckets, shares: list[Share]) -> list[dict[str, Any]]:
    return [
        {
            "start": context.period.local(edge).isoformat(),
            "runs": share.runs,
            "bad": share.bad,
            "rate": None if math.isnan(share.rate) else share.rate,
            "interval": share.interval,
        }
        for edge, share in zip(whole.edges, shares, strict=False)
    ]

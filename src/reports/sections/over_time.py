"""When did it happen? Bad runs by kind and by workflow, and the share of bad runs with its interval."""

import math
from dataclasses import dataclass
from typing import Any

from reports.charts.colours import BLUE, GREEN, GREY, ORANGE, RED
from reports.charts.spec import ChartSpec, Series
from reports.counting import OWN_FAULT, SYSTEM, TIMEOUT
from reports.links import asked_for, runs_page
from reports.model import Section, Table
from reports.sections.buckets import MOST, Buckets, Ints, buckets
from reports.sections.change_marks import marks, titles
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS, Share
from reports.wording import count, number, of, percent, said

_MOST_SERIES = 7
KINDS = (("own fault", OWN_FAULT, BLUE), ("timeout", TIMEOUT, ORANGE), ("system", SYSTEM, GREEN))
Stack = tuple[str, int, list[int]]


@dataclass(slots=True, frozen=True)
class Counted:
    """Runs that ended, per bucket: all eligible ones, the bad ones by kind and in all, and the bad ones of the period
    before at the same local times."""

    buckets: Buckets
    runs: Ints
    kinds: dict[str, Ints]
    bad: Ints
    before: Ints
    runs_before: Ints

    @property
    def shares(self) -> list[Share]:
        return [Share(int(bad), int(runs)) for bad, runs in zip(self.bad, self.runs, strict=True)]

    def summed(self, to: Buckets) -> "Counted":
        kinds = {name: to.summed(values) for name, values in self.kinds.items()}
        return Counted(to, to.summed(self.runs), kinds, to.summed(self.bad), to.summed(self.before),
                       to.summed(self.runs_before))  # fmt: skip


def build(context: Context) -> Section:
    counted = _counted(context)
    shares = counted.shares
    finding = _finding(counted, shares)
    return Section(
        key="over_time",
        heading="When did it happen?",
        finding=finding,
        charts=_charts(context, counted, finding) if counted.bad.any() else [],
        tables=[_table(context, counted, shares)],
        data={
            "bucket": counted.buckets.width,
            "kinds": {name: int(values.sum()) for name, values in counted.kinds.items()},
            "series": _data(context, counted, shares),
        },
        notes=_notes(counted.buckets),
    )


def _counted(context: Context) -> Counted:
    now, whole = context.now, buckets(context.period)
    kinds = {name: now.per_bucket(now.bad[now.bad.outcome.isin(outcomes)]) for name, outcomes, _ in KINDS}
    earlier = [context.period.earlier(edge) for edge in whole.edges]
    before = context.before.per_bucket(context.before.bad, edges=earlier)
    runs_before = context.before.per_bucket(context.before.runs, edges=earlier)
    return Counted(whole, now.per_bucket(now.runs), kinds, now.per_bucket(now.bad), before, runs_before)


def _finding(counted: Counted, shares: list[Share]) -> str:
    if not counted.runs.any():
        return "No run ended in this period."
    worst = int(counted.bad.argmax())
    if not shares[worst].bad:
        return "No run ended badly in this period."
    width = counted.buckets.width
    kinds = ", ".join(f"{name} {count(int(values.sum()))}" for name, values in counted.kinds.items())
    some = int((counted.bad > 0).sum())
    had = f"All {number(len(shares), width)}" if some == len(shares) > 1 else f"{some} of {number(len(shares), width)}"
    return (
        f"The {width} with most bad runs was {counted.buckets.shown(worst)}: {_of(shares[worst])}. "
        f"{had} had some. By kind: {kinds}."
    )


def _of(share: Share) -> str:
    return f"{of(share)}, {percent(share.rate)}" if share.runs >= LEAST_RUNS else of(share)


def _charts(context: Context, counted: Counted, finding: str) -> list[ChartSpec]:
    drawn = counted.summed(buckets(context.period, MOST))
    links = _links(context, drawn.buckets)
    by_kind = [(name, colour, drawn.kinds[name].tolist()) for name, _, colour in KINDS if drawn.kinds[name].any()]
    by_workflow = _stacks_by_workflow(context, drawn.buckets)
    size = drawn.buckets.size
    each = f"one bar: {size} {drawn.buckets.width}s" if size > 1 else ""
    charts = [
        ChartSpec(
            "Bad runs over time, by kind",
            finding,
            [*_bars(drawn.buckets, by_kind, links), *_before(drawn), *_rates(drawn)],
            marks=marks(context, drawn.buckets),
            stacked=True,
            x_title=each,
            y_title="bad runs",
            second_title="share, %",
        )
    ]
    if len(by_workflow) > 1:
        summary = f"{by_workflow[0][0]} has most bad runs: {of(Share(sum(by_workflow[0][2]), int(counted.bad.sum())))}."
        series = _bars(drawn.buckets, by_workflow, links)
        title = "Bad runs over time, by workflow"
        charts.append(ChartSpec(title, summary, series, stacked=True, x_title=each, y_title="bad runs"))
    return charts


def _links(context: Context, drawn: Buckets) -> list[str]:
    """To the bad runs of each bucket, as far as it lies in the period."""
    asked, period = asked_for(context.filters), context.period
    starts = [max(start, period.first) for start in drawn.edges[:-1]]
    ends = [min(end, period.until) for end in drawn.edges[1:]]
    return [runs_page(period, **asked, since=since, until=until) for since, until in zip(starts, ends, strict=True)]


def _bars(drawn: Buckets, stacks: list[Stack], links: list[str]) -> list[Series]:
    return [
        Series("bar", name, drawn.labels, [*values], colour, links=links, hatched=drawn.unfinished)
        for name, colour, values in stacks
    ]


def _stacks_by_workflow(context: Context, drawn: Buckets) -> list[Stack]:
    """The workflows with most bad runs, the rest together."""
    counts, bad = context.now, context.now.bad
    totals = bad.groupby("workflow", observed=True).n.sum()
    totals = totals[totals > 0].sort_values(ascending=False, kind="stable")
    shown = list(totals.index[:_MOST_SERIES])
    stacks = [
        (str(name), colour, counts.per_bucket(bad[bad.workflow == name], edges=drawn.edges).tolist())
        for colour, name in enumerate(shown)
    ]
    rest = counts.per_bucket(bad[~bad.workflow.isin(shown)], edges=drawn.edges).tolist()
    return [*stacks, ("other workflows", GREY, rest)] if any(rest) else stacks


def _before(drawn: Counted) -> list[Series]:
    if not drawn.before.any():
        return []
    name = "bad runs the period before"
    return [Series("line", name, drawn.buckets.labels, _known_before(drawn), GREY, dash="dot", markers=False)]


def _known_before(counted: Counted) -> list[int | None]:
    """Nothing where no run ended at all: then there was nobody to fail, or nobody to hear of it."""
    known = zip(counted.before.tolist(), counted.runs_before.tolist(), strict=True)
    return [bad if runs else None for bad, runs in known]


def _rates(drawn: Counted) -> list[Series]:
    told = [share if share.runs >= LEAST_RUNS else None for share in drawn.shares]
    if not any(told):
        return []
    labels = drawn.buckets.labels
    low = [100 * share.interval[0] if share else None for share in told]
    high = [100 * share.interval[1] if share else None for share in told]
    rate = [100 * share.rate if share else None for share in told]
    return [
        Series("band", "95 % interval", labels, [], RED, low=low, high=high, second=True, legend=False),
        Series("line", "share of bad runs, %", labels, rate, RED, dash="dash", second=True),
    ]


def _table(context: Context, counted: Counted, shares: list[Share]) -> Table:
    whole, changed, before = counted.buckets, titles(context, counted.buckets), _known_before(counted)
    rows = [
        [whole.shown(place), share.runs, share.bad, *(int(each[place]) for each in counted.kinds.values()),
         said(share) if share.runs else "–", before[place], changed[place]]
        for place, share in enumerate(shares)
    ]  # fmt: skip
    columns = [whole.width.capitalize(), "Runs", "Bad", "Own fault", "Timeout", "System", "Share (95 %)", "Bad before",
               "Changes"]  # fmt: skip
    return Table("Runs that ended, by their end", columns, rows, _links(context, whole))


def _notes(whole: Buckets) -> list[str]:
    return [f"The last {whole.width} is not over: it is hatched."] if whole.unfinished[-1] else []


def _data(context: Context, counted: Counted, shares: list[Share]) -> list[dict[str, Any]]:
    return [
        {
            "start": context.period.local(edge).isoformat(),
            "runs": share.runs,
            "bad": share.bad,
            "rate": None if math.isnan(share.rate) else share.rate,
            "interval": share.interval,
        }
        for edge, share in zip(counted.buckets.edges, shares, strict=False)
    ]

"""Which few numbers tell how the period went?"""

from reports.counting import chosen
from reports.judging import Judged, worst
from reports.model import Tile
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS, Share, newcombe
from reports.wording import count, duration, listed, percent, points, said


def tiles(context: Context, overall: Judged) -> list[Tile]:
    now, before, counts = overall.now, overall.before, context.now
    return [
        Tile("Runs", count(now.runs), f"before {count(before.runs)}"),
        Tile("Bad runs", count(now.bad), f"before {count(before.bad)}"),
        Tile("Share of bad runs", said(now).split(" (")[0], _interval_note(now)),
        _change(overall),
        _healed(context),
        _wasted(context),
        _incidents(open_incidents(context)),
        _worst(context),
        Tile("Missed", count(counts.number("missed")), "not in the share"),
        Tile("Cancelled or skipped", count(counts.number("cancelled", "skipped")), "not in the share"),
    ]


def open_incidents(context: Context) -> list[str]:
    """Workflows whose latest run, before the period's end, ended badly, in one of their environments at least. Which
    run is the latest does not hang on the version or severity asked for: a good run of any other ends an incident."""
    still = chosen(context.frames.failing, context.filters)
    if context.filters.severity:
        still = still[still.severity == context.filters.severity]
    return sorted(map(str, still.workflow.unique()))


def _interval_note(share: Share) -> str:
    if share.runs < LEAST_RUNS:
        return "too few for a percentage"
    return "95 %: " + " to ".join(map(percent, share.interval))


def _change(overall: Judged) -> Tile:
    before, now = overall.before, overall.now
    if min(before.runs, now.runs) < LEAST_RUNS:
        return Tile("Change", "–", "too few runs")
    difference = f"{(now.rate - before.rate) * 100:+.1f} points"
    return Tile("Change", difference, f"95 %: {points(*newcombe(before, now))}; {overall.verdict.value}")


def _healed(context: Context) -> Tile:
    healed = int(context.now.runs.healed.sum())
    return Tile("Self-healed", count(healed), "ended well after more than one try; not bad")


def _wasted(context: Context) -> Tile:
    runs = context.now.runs
    busy, waste = int(runs.busy.sum()), int(runs.waste.sum())
    if not busy:
        return Tile("Time wasted", "–", "no run told how long it took")
    part = f"{percent(waste / busy)} of " if int(runs.n.sum()) >= LEAST_RUNS else "of "
    return Tile("Time wasted", duration(waste), f"{part}{duration(busy)} spent")


def _incidents(names: list[str]) -> Tile:
    if not names:
        return Tile("Open incidents", "0", "no workflow's latest run was bad")
    return Tile("Open incidents", count(len(names)), f"latest run was bad: {listed(names, 2)}")


def _worst(context: Context) -> Tile:
    found = worst(context.judged)
    if found is None:
        return Tile("Worst workflow", "–", "no run was bad")
    return Tile("Worst workflow", found.workflow, said(found.now))

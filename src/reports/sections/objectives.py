"""Will we keep our promise? Error budgets, how fast they burn, and whether they last to the period's end."""

from typing import Any

from reports.budgets import Budget, Burn, budgets, sound
from reports.charts.colours import BLUE, GREEN, GREY, RED
from reports.charts.spec import ChartSpec, Mark, Series
from reports.links import runs_page
from reports.model import Section, Table
from reports.sections.context import Context
from reports.statistics import LEAST_RUNS
from reports.statistics.forecast import LEAST_DAYS, QUANTILES
from reports.wording import count, label, listed, number, said

_HOW = "No objective is set. A rule with the condition burn_rate and its slo makes one for the workflows that it names."
_MOST = 20


def build(context: Context) -> Section:
    found = budgets(context.frames, context.period, context.filters)
    missed = _missed(context)
    told = " ".join(filter(None, [_finding(found), _missed_said(missed)]))
    return Section(
        key="objectives",
        heading="Are the objectives kept, and will they be?",
        finding=told,
        charts=[*_used_chart(found), *_fan(context, found)],
        tables=[table for table in (_table(found), _burn_table(found), _fan_table(context, found),
                                    _missed_table(context, missed)) if table.rows],
        data={"objectives": [_plain(each) for each in found], "missed": [list(each) for each in missed]},
        notes=_notes(context, found),
    )  # fmt: skip


def _finding(found: list[Budget]) -> str:
    if not found:
        return _HOW
    ran = [each for each in found if each.share.runs]
    if not ran:
        return "No run ended that an objective is about."
    broken = [each for each in ran if not each.kept]
    told = f"{len(ran) - len(broken)} of {number(len(ran), 'objective is', 'objectives are')} kept."
    if broken:
        worst = max(broken, key=lambda each: (each.used or 0, each.objective.workflow))
        used = f"{number(worst.share.bad, 'bad run')}, {_allowed(worst.budget)} allowed"
        told += f" {worst.objective.workflow} used most of its budget: {used}."
    return " ".join([told, *_burning_said(ran), *_forecast_said(ran)])


def _burning_said(found: list[Budget]) -> list[str]:
    names = [each.objective.workflow for each in found if any(burn.too_fast for burn in each.burns)]
    return [f"The budget of {listed(names, 4)} burns too fast at the end."] if names else []


def _forecast_said(found: list[Budget]) -> list[str]:
    likely = [(each.forecast.exceeded, each) for each in found if each.forecast]
    if not likely:
        return []
    chance, worst = max(likely, key=lambda each: (each[0], each[1].objective.workflow))
    return [f"The likeliest to be broken by the period's end is {worst.objective.workflow}: {_chance(chance)}."]


def _chance(chance: float) -> str:
    return "over 99 %" if chance > 0.99 else "under 1 %" if chance < 0.01 else f"{chance * 100:.0f} %"


def _allowed(budget: float) -> str:
    return f"{budget:.1f}" if budget < 10 else count(round(budget))


def _table(found: list[Budget]) -> Table:
    rows: list[list[Any]] = [
        [each.objective.workflow, f"{each.objective.target * 100:g} %", each.share.runs, each.share.bad,
         said(each.share) if each.share.runs else "–", _allowed(each.budget), _used(each),
         ("yes" if each.kept else "no") if each.share.runs else "–",
         _chance(each.forecast.exceeded) if each.forecast else "–"]
        for each in found
    ]  # fmt: skip
    columns = ["Workflows", "Objective", "Runs", "Bad", "Share (95 %)", "Allowed", "Budget used", "Kept so far",
               "Broken by the end"]  # fmt: skip
    return Table("Objectives", columns, rows)


def _used(budget: Budget) -> str:
    """No percentage of what so few runs allow."""
    if budget.used is None or budget.share.runs < LEAST_RUNS:
        return f"{budget.share.bad} of {_allowed(budget.budget)}"
    return f"{budget.used * 100:.0f} %"


def _used_chart(found: list[Budget]) -> list[ChartSpec]:
    shown = [
        (each.objective.workflow, each.used)
        for each in found
        if each.share.runs >= LEAST_RUNS and each.used is not None
    ]
    if not shown:
        return []
    names, used = [name for name, _ in shown], [100 * (share or 0) for _, share in shown]
    worst = max(range(len(used)), key=used.__getitem__)
    summary = f"{names[worst]} has used most of its error budget: {used[worst]:.0f} %."
    series = [
        Series("bar", title, [value for value, _ in mine], [name for _, name in mine], colour)
        for title, colour, mine in (
            ("within the budget", GREEN, [each for each in zip(used, names, strict=True) if each[0] <= 100]),
            ("over the budget", RED, [each for each in zip(used, names, strict=True) if each[0] > 100]),
        )
        if mine
    ]
    chart = ChartSpec("Error budget used", summary, series, horizontal=True, stacked=True, x_title="of the budget, %")
    chart.marks = [Mark(100, "all of it")]
    return [chart]


def _burn_table(found: list[Budget]) -> Table:
    rows: list[list[Any]] = [
        [each.objective.workflow, _windows(burn), f"{burn.pair.factor:g}",
         _bad_of(burn, "long"), _bad_of(burn, "short"), _rate(burn.rates[0]), _rate(burn.rates[1]),
         "yes" if burn.too_fast else "no"]
        for each in found for burn in each.burns
    ]  # fmt: skip
    columns = ["Workflows", "Windows", "Too fast from", "Bad in the long one", "Bad in the short one", "Burns, long",
               "Burns, short", "Too fast"]  # fmt: skip
    return Table("How many times as fast as allowed the budget burns at the end", columns, rows)


def _windows(burn: Burn) -> str:
    """As they are counted: by quarter hours."""
    return " and ".join(_span(max(int(each.total_seconds()), 900)) for each in (burn.pair.long, burn.pair.short))


def _span(seconds: int) -> str:
    size, unit = next(each for each in ((86_400, "d"), (3_600, "h"), (60, "min")) if seconds >= each[0])
    return f"{seconds / size:g} {unit}"


def _bad_of(burn: Burn, window: str) -> str:
    share = getattr(burn, window)
    return f"{share.bad} of {share.runs}"


def _rate(rate: float) -> str:
    return "–" if rate != rate else f"{rate:.1f}"


def _shown(found: list[Budget]) -> Budget | None:
    """The one whose fan is drawn: the likeliest to be broken."""
    some = [each for each in found if each.forecast]
    return max(some, key=lambda each: each.forecast.exceeded if each.forecast else 0, default=None)


def _fan(context: Context, found: list[Budget]) -> list[ChartSpec]:
    each = _shown(found)
    if each is None or each.forecast is None:
        return []
    at = [_end(context, edge) for edge in each.days]
    ahead = [_end(context, edge) for edge in each.ahead[1:]]
    names = list(dict.fromkeys([*at, *ahead]))
    predicted = each.forecast
    allowed = [predicted.budget] * len(names)
    columns = dict(zip(QUANTILES, predicted.fan.T.tolist(), strict=True))
    series = [
        Series("line", "bad runs so far", at, each.so_far, BLUE),
        Series("band", "90 %", ahead, [], RED, low=columns[0.05], high=columns[0.95], legend=False),
        Series("band", "50 %", ahead, [], RED, low=columns[0.25], high=columns[0.75], legend=False),
        Series("line", "to come: half lie below, bands hold 50 % and 90 %", ahead, columns[0.5], RED, dash="dash"),
        Series("line", "allowed by the end", names, allowed, GREY, dash="dot", markers=False),
    ]
    summary = (
        f"{each.objective.workflow}: {each.share.bad} bad runs so far, {_allowed(predicted.budget)} allowed by the "
        f"end; the probability of more is {_chance(predicted.exceeded)}."
    )
    return [ChartSpec("Bad runs so far and to come", summary, series, y_title="bad runs")]


def _end(context: Context, edge: int) -> str:
    """The day that ends there."""
    return label(context.period.local(edge - 1), "day")


def _fan_table(context: Context, found: list[Budget]) -> Table:
    each = _shown(found)
    forecast = each.forecast if each else None
    rows: list[list[Any]] = [] if each is None or forecast is None else [
        [_end(context, edge), *map(int, row)] for edge, row in zip(each.ahead[1:], forecast.fan, strict=True)
    ]  # fmt: skip
    columns = ["By the end of", *(f"{q * 100:g} % lie below" for q in QUANTILES)]
    name = each.objective.workflow if each else ""
    return Table(f"Bad runs to come of {name}, with those so far", columns, rows)


def _missed(context: Context) -> list[tuple[str, int, int]]:
    """Workflow, missed runs, and those in the period before."""
    rows, before = (each.all_runs for each in (context.now, context.before))
    now, then = (each[each.outcome == "missed"].groupby("workflow", observed=True).n.sum() for each in (rows, before))
    return [(str(name), int(n), int(then.get(name, 0))) for name, n in now[now > 0].nlargest(_MOST).items()]


def _missed_said(missed: list[tuple[str, int, int]]) -> str:
    if not missed:
        return "No run was missed."
    total = sum(n for _, n, _ in missed)
    return f"{number(total, 'run')} that should have come did not, most of {missed[0][0]} ({missed[0][1]})."


def _missed_table(context: Context, missed: list[tuple[str, int, int]]) -> Table:
    rows: list[list[Any]] = [list(each) for each in missed]
    links = [runs_page(context.period, name, "missed") for name, _, _ in missed]
    return Table("Missed runs: the schedule says so, none came", ["Workflow", "Missed", "Before"], rows, links)


def _plain(budget: Budget) -> dict[str, Any]:
    predicted = budget.forecast
    return {
        "workflow": budget.objective.workflow, "target": budget.objective.target, "runs": budget.share.runs,
        "bad": budget.share.bad, "budget": budget.budget, "used": budget.used, "kept": budget.kept,
        "burns": [{"factor": burn.pair.factor, "long": [burn.long.bad, burn.long.runs],
                   "short": [burn.short.bad, burn.short.runs], "too_fast": burn.too_fast} for burn in budget.burns],
        "forecast": None if predicted is None else {
            "exceeded": predicted.exceeded, "budget": predicted.budget, "quantiles": list(QUANTILES),
            "fan": predicted.fan.tolist(),
        },
    }  # fmt: skip


def _notes(context: Context, found: list[Budget]) -> list[str]:
    notes = [
        f"The objective of {each.target * 100:g} % for {each.workflow} leaves no budget: give a share between 0 and 1."
        for each in context.frames.objectives
        if not sound(each)
    ]
    if not found:
        return notes
    notes.append("Counts are kept by quarter hours: the window of 5 minutes is one of 15 here.")
    few = [each.objective.workflow for each in found if each.share.runs < LEAST_RUNS]
    if few:
        notes.append(f"Under {LEAST_RUNS} runs ended of {', '.join(few[:4])}: one run decides there.")
    if context.period.now >= context.period.until:
        notes.append("The period is over, so nothing is forecast; ask for one that ends later, such as this month.")
    elif short := [each.objective.workflow for each in found if each.forecast is None]:
        notes.append(f"No forecast for {', '.join(short[:4])}: it takes runs on {LEAST_DAYS} whole days.")
    return notes

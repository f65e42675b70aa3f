"""What do failures cost, and does it help to try again? Wasted time by what became of the run, and the yield of tries
again."""

from typing import Any

from reports.charts.colours import BLUE, GREEN, ORANGE, PINK, SKY
from reports.charts.spec import ChartSpec, Mark, Series
from reports.counting import OWN_FAULT, SYSTEM, TIMEOUT, Counts
from reports.links import runs_page
from reports.model import Section, Table, Tile
from reports.sections.context import Context
from reports.sections.retry_rows import Row, rows
from reports.statistics import LEAST_RUNS, Share
from reports.statistics.retries import MORE_ABOVE, STOP_BELOW, Advice
from reports.wording import count, duration, label, number, of, percent, said

_MOST, _MOST_WORKFLOWS, _MOST_SAID = 20, 15, 4
_HOUR = 3_600_000_000
_CAUSES = (
    ("healed", "ended well after all", ("succeeded",), GREEN),
    ("own_fault", "own fault", OWN_FAULT, BLUE),
    ("timeout", "timeout", TIMEOUT, ORANGE),
    ("system", "system", SYSTEM, PINK),
)


def build(context: Context) -> Section:
    found, sums, before = rows(context.now.tries), _sums(context.now), _sums(context.before)
    shown = sorted(found, key=lambda row: row["advice"] not in {Advice.STOP, Advice.MORE})[:_MOST]
    finding = _finding(sums, found)
    workflows = _workflows(context)
    return Section(
        key="retries",
        heading="What do failures cost, and does it help to try again?",
        finding=finding,
        tiles=_tiles(sums, before),
        charts=[*_wasted_chart(context, sums), *_yield_chart(context, shown)],
        tables=[_wasted_table(context, sums), _workflow_table(context, workflows), _yield_table(context, shown, found)],
        data={**sums, "before": before, "workflows": workflows, "retries": found},
        notes=_notes(context),
    )


def _sums(counts: Counts) -> dict[str, Any]:
    """Durations in µs. ``waste`` = the sum of ``by_cause``."""
    runs, tries = counts.runs, counts.tries
    again = tries[tries.then != "ended"]
    return {
        "runs": int(runs.n.sum()),
        "waste": int(runs.waste.sum()),
        "busy": int(runs.busy.sum()),
        "by_cause": {key: int(runs[runs.outcome.isin(kind)].waste.sum()) for key, _, kind, _ in _CAUSES},
        "healed": int(runs.healed.sum()),
        "delay": int(tries.delay.sum()),
        "retried": int(again.n.sum()),
        "passed": int(again[again.then == "passed"].n.sum()),
    }


def _notes(context: Context) -> list[str]:
    if not context.filters.severity:
        return []
    return ["Tries have no severity: what they yield is told of all runs, whatever the severity asked for."]


def _finding(sums: dict[str, Any], found: list[Row]) -> str:
    if not sums["runs"]:
        return "No run ended in this period."
    parts = [_cost(sums), _yield(sums), *_advised(found, Advice.STOP), *_advised(found, Advice.MORE)]
    if sums["healed"] and len(parts) < _MOST_SAID:
        later = f", later by {duration(sums['delay'])} in all" if sums["delay"] else ""
        parts.append(f"{number(sums['healed'], 'run')} failed first and ended well{later}.")
    return " ".join(parts)


def _cost(sums: dict[str, Any]) -> str:
    if not sums["busy"]:
        return "How long runs took is not known."
    if not sums["waste"]:
        return f"None of the {duration(sums['busy'])} that runs took was wasted."
    return f"{duration(sums['waste'])} of the {duration(sums['busy'])} that runs took were wasted{_of_busy(sums)}."


def _of_busy(sums: dict[str, Any]) -> str:
    return f" ({percent(sums['waste'] / sums['busy'])})" if sums["runs"] >= LEAST_RUNS and sums["busy"] else ""


def _yield(sums: dict[str, Any]) -> str:
    if not sums["retried"]:
        return "Nothing was tried again."
    share = said(Share(sums["passed"], sums["retried"]))
    if sums["retried"] < LEAST_RUNS:
        return f"Of the tries again {share} passed: too few to tell whether they help."
    return f"{count(sums['passed'])} of {number(sums['retried'], 'try again', 'tries again')} passed: {share}."


def _advised(found: list[Row], advice: Advice) -> list[str]:
    named = [row for row in found if row["advice"] == advice]
    if not named:
        return []
    row = named[0]
    more = f"; the same holds for {len(named) - 1} more" if len(named) > 1 else ""
    if advice is Advice.STOP:
        told = f"{count(row['passed'])} of {number(row['retried'], 'try again', 'tries again')} passed"
        return [f"Stop retrying {_name(row)}: {told}{more}."]
    last = row["attempts"][-1]
    told = f"even the last try allowed passed in {of(Share(last['passed'], last['retried']))}"
    return [f"Retry {_name(row)} more often: {told}{more}."]


def _name(row: Row) -> str:
    where = f"step {row['step']} of {row['workflow']}" if row["step"] else row["workflow"]
    return f"{where} after {row['error_type']}" if row["error_type"] else where


def _cell(row: Row) -> list[str]:
    return [row["workflow"], row["step"], row["error_type"]]


def _tiles(sums: dict[str, Any], before: dict[str, Any]) -> list[Tile]:
    return [
        Tile("Wasted", duration(sums["waste"]), f"before {duration(before['waste'])}"),
        Tile("Of the time runs took", _of_busy(sums).strip(" ()") or "–", f"all: {duration(sums['busy'])}"),
        Tile("Self-healed", count(sums["healed"]), f"before {count(before['healed'])}; not bad"),
        Tile("Delay of those", _or_unknown(sums["delay"]), f"before {_or_unknown(before['delay'])}"),
    ]


def _or_unknown(microseconds: int) -> str:
    """No try takes no time at all: then it was not told."""
    return duration(microseconds) if microseconds else "–"


def _stacks(context: Context) -> list[tuple[str, int, list[float]]]:
    """Hours by cause and bucket."""
    runs = context.now.runs
    return [
        (name, colour, (context.now.per_bucket(runs[runs.outcome.isin(kind)], "waste") / _HOUR).tolist())
        for _, name, kind, colour in _CAUSES
    ]


def _labels(context: Context) -> list[str]:
    return [label(context.period.local(edge), context.period.width) for edge in context.period.edges[:-1]]


def _wasted_chart(context: Context, sums: dict[str, Any]) -> list[ChartSpec]:
    if not sums["waste"]:
        return []
    labels = _labels(context)
    hatched = [context.incomplete and place == len(labels) - 1 for place in range(len(labels))]
    series = [
        Series("bar", name, labels, hours, colour, hatched=hatched)
        for name, colour, hours in _stacks(context)
        if any(hours)
    ]
    return [ChartSpec("Wasted hours", _cost(sums), series, stacked=True, y_title="hours")]


def _wasted_table(context: Context, sums: dict[str, Any]) -> Table:
    if not sums["waste"]:
        return Table("Wasted time, by the end of the run", [], [])
    stacks = _stacks(context)
    rows: list[list[Any]] = [
        [name, *(duration(hours[place] * _HOUR) for *_, hours in stacks)] for place, name in enumerate(_labels(context))
    ]
    if context.incomplete:
        rows[-1][0] += " (not over)"
    heads = [context.period.width.capitalize(), *(name.capitalize() for name, *_ in stacks)]
    return Table("Wasted time, by the end of the run", heads, rows)


def _workflows(context: Context) -> list[Row]:
    """Every workflow with wasted time, most first. Durations in µs."""
    columns = ["n", "waste", "busy", "healed"]
    now = context.now.runs.groupby("workflow", observed=True)[columns].sum()
    before = context.before.runs.groupby("workflow", observed=True).waste.sum()
    now = now[now.waste > 0].sort_values("waste", ascending=False, kind="stable")
    return [
        {"workflow": str(name), "runs": int(n), "waste": int(waste), "busy": int(busy), "healed": int(healed),
         "before": int(before.get(name, 0))}
        for name, n, waste, busy, healed in now.itertuples()
    ]  # fmt: skip


def _workflow_table(context: Context, workflows: list[Row]) -> Table:
    shown, rest = workflows[:_MOST_WORKFLOWS], workflows[_MOST_WORKFLOWS:]
    links = [runs_page(context.period, row["workflow"]) for row in shown]
    if rest:
        names = ("runs", "waste", "busy", "healed", "before")
        others = {name: sum(row[name] for row in rest) for name in names}
        shown, links = [*shown, {"workflow": f"{len(rest)} others", **others}], [*links, ""]
    rows = [
        [row["workflow"], duration(row["waste"]), _of_busy(row).strip(" ()") or "–", row["healed"],
         duration(row["before"])]
        for row in shown
    ]  # fmt: skip
    columns = ["Workflow", "Wasted", "Of its time", "Self-healed", "Wasted before"]
    return Table("Wasted time, by workflow", columns, rows, links)


def _yield_chart(context: Context, shown: list[Row]) -> list[ChartSpec]:
    enough = [row for row in shown if row["retried"] >= LEAST_RUNS]
    if not enough:
        return []
    shares = [Share(row["passed"], row["retried"]) for row in enough]
    low, high = ([100 * share.interval[side] for share in shares] for side in (0, 1))
    names = [f"{place}. {' · '.join(filter(None, _cell(row)))}"[:72] for place, row in enumerate(enough, 1)]
    links = [runs_page(context.period, row["workflow"]) for row in enough]
    dots = Series("points", "tries again that passed, with 95 % interval", [100 * share.rate for share in shares],
                  names, SKY, low=list(low), high=list(high), links=links)  # fmt: skip
    marks = [Mark(100 * STOP_BELOW, "stop"), Mark(100 * MORE_ABOVE, "more")]
    return [ChartSpec("What tries again yield", _yield_summary(enough), [dots], marks=marks, horizontal=True,
                      x_title="passed, % of tries again")]  # fmt: skip


def _yield_summary(enough: list[Row]) -> str:
    best = max(enough, key=lambda row: row["passed"] / row["retried"])
    return f"Tries again help most for {_name(best)}: {of(Share(best['passed'], best['retried']))} passed."


def _yield_table(context: Context, shown: list[Row], found: list[Row]) -> Table:
    rows = [
        [row["workflow"], row["step"] or "(whole run)", row["error_type"] or "–", row["tries"], row["retried"],
         said(Share(row["passed"], row["retried"])) if row["retried"] else "–", _by_attempt(row),
         _or_unknown(row["waste"]), _or_unknown(row["delay"]), str(row["advice"])]
        for row in shown
    ]  # fmt: skip
    columns = ["Workflow", "Step", "Error", "Failed tries", "Tried again", "Passed (95 %)", "After each try", "Took",
               "Delay", "Advice"]  # fmt: skip
    more = f", {len(shown)} of {len(found)}" if len(found) > len(shown) else ""
    links = [runs_page(context.period, row["workflow"]) for row in shown]
    return Table(f"Failed tries and what came of trying again{more}", columns, rows, links)


def _by_attempt(row: Row) -> str:
    return ", ".join(f"{each['attempt']}: {each['passed']} of {each['retried']}" for each in row["attempts"]) or "–"

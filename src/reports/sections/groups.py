"""What should be fixed first? Error groups by what they are expected to waste next week, and by the runs they cost."""

from typing import Any

from reports.charts.colours import BLUE, GREY, ORANGE, RED
from reports.charts.spec import ChartSpec, Series
from reports.links import group_page, runs_page
from reports.model import Section, Table
from reports.sections.context import Context
from reports.sections.group_rows import Costs, Row, costs, told
from reports.statistics import LEAST_BAD, LEAST_RUNS, Share
from reports.wording import count, duration, minute, number, of, percent

_MOST = 15
_VERSIONS = 3
_SPARKS = " ▁▂▃▄▅▆▇█"
_NO_GROUP, _WHY = "no error group", "consequences of other runs, or nothing known"


def build(context: Context) -> Section:
    found = costs(context)
    shown = [told(context, found, place) for place in range(min(_MOST, len(found)))]
    largest = [told(context, found, place) for place in (-found.runs).argsort(kind="stable")[:_MOST]]
    sums = _sums(context, found, shown)
    finding = _finding(found, shown, largest, sums)
    return Section(
        key="groups",
        heading="What should be fixed first?",
        finding=finding,
        charts=[_chart(context, largest, sums, finding)] if sums["bad"] else [],
        tables=[_table(context, shown, sums), _known(context, shown), _pareto(context, largest, sums)]
        if sums["bad"]
        else [],
        data={"groups": shown, **sums},
        notes=_notes(sums),
        open=True,
    )


def _sums(context: Context, found: Costs, shown: list[Row]) -> dict[str, Any]:
    """``bad`` = the runs of the groups shown, of the ``others``, and of those ``without_group``."""
    bad, waste = int(context.now.bad.n.sum()), int(context.now.bad.waste.sum())
    before = int(context.before.bad.n.sum())
    rest = slice(len(shown), None)
    return {
        "bad": bad,
        "before": before,
        "waste": waste,
        "number_of_groups": len(found),
        "others": {
            "groups": len(found) - len(shown), "runs": int(found.runs[rest].sum()),
            "before": int(found.before[rest].sum()), "waste": int(found.waste[rest].sum()),
            "expected_runs": float(found.expected_runs[rest].sum()),
            "expected_waste": float(found.expected_waste[rest].sum()), "daily": found.daily[rest].sum(axis=0).tolist(),
        },
        "without_group": {
            "runs": bad - int(found.runs.sum()), "before": None, "waste": waste - int(found.waste.sum()),
        },
    }  # fmt: skip


def _notes(sums: dict[str, Any]) -> list[str]:
    if sums["without_group"]["runs"] >= 0:
        return []
    return [f"Error groups hold {number(-sums['without_group']['runs'], 'run')} more than ended badly."]


def _finding(found: Costs, shown: list[Row], largest: list[Row], sums: dict[str, Any]) -> str:
    if not sums["bad"]:
        return "Nothing failed in this period."
    alone = sums["without_group"]["runs"]
    said = []
    if largest:
        top = largest[0]
        cost = of(Share(top["runs"], sums["bad"]))
        if sums["bad"] >= LEAST_RUNS:
            cost = f"{count(top['runs'])}, {percent(top['runs'] / sums['bad'])} of all"
        said = [*_next_week(shown[0]), f"Most bad runs are by {_name(top)}: {cost}."]
        said.append(f"{number(len(found), 'error group')} in all{_new(int(found.new.sum()), len(found))}.")
    if alone > 0:
        said.append(f"{number(alone, 'bad run has', 'bad runs have')} no group: consequences, or nothing known.")
    return " ".join(said)


def _new(new: int, groups: int) -> str:
    if groups == 1:
        return ", new in this period" if new else ""
    return f", {'none' if not new else 'all' if new == groups else count(new)} of them new in this period"


def _next_week(first: Row) -> list[str]:
    if first["runs"] < LEAST_BAD:
        return []
    cost = f" and {duration(first['expected_waste'])} of work" if first["expected_waste"] else ""
    expected = f"about {number(round(first['expected_runs']), 'bad run')}{cost} next week if it goes on as lately"
    return [f"Fix first: {_name(first)}; expect {expected}."]


def _name(row: Row) -> str:
    where = f"{row['workflow']}, step {row['step']}" if row["step"] else row["workflow"]
    return f"{row['error_type']} in {where}" if where else str(row["error_type"])


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole >= LEAST_RUNS else f"{part} of {whole}"


def _chart(context: Context, largest: list[Row], sums: dict[str, Any], finding: str) -> ChartSpec:
    """A Pareto chart: runs, most first, and what they come to. Short names: the table has the long ones."""
    names = [f"{place}. {row['error_type']}"[:24] for place, row in enumerate(largest, 1)]
    parts = [("error groups", BLUE, names, [row["runs"] for row in largest], [group_page(row["id"]) for row in largest],
              [f"{_name(row)}: {row['runs']}" for row in largest])]  # fmt: skip
    others, alone = _rest(largest, sums), sums["without_group"]["runs"]
    page = runs_page(context.period)
    parts += [
        (label, colour, [label], [runs], [page], [f"{label}: {runs}"])
        for label, colour, runs in (("other groups", GREY, others), ("no group", ORANGE, alone))
        if runs > 0
    ]
    series = [
        Series("bar", name, x, values, colour, links=links, text=text) for name, colour, x, values, links, text in parts
    ]
    if sums["bad"] >= LEAST_RUNS:
        every = [name for each in series for name in each.x]
        reached = _cumulative([value for each in series for value in each.y], sums["bad"])
        series.append(Series("line", "cumulative share, %", every, reached, RED, dash="dash", second=True))
    second = "cumulative, %" if sums["bad"] >= LEAST_RUNS else ""
    return ChartSpec("Bad runs by error group", finding, series, stacked=True, y_title="bad runs", second_title=second)


def _rest(largest: list[Row], sums: dict[str, Any]) -> int:
    """Runs of groups that are not among the largest."""
    return int(sums["bad"] - sums["without_group"]["runs"] - sum(row["runs"] for row in largest))


def _cumulative(values: list[int], whole: int) -> list[Any]:
    sums, reached = 0, []
    for value in values:
        sums += value
        reached.append(100 * sums / whole)
    return reached


def _pareto(context: Context, largest: list[Row], sums: dict[str, Any]) -> Table:
    parts = [(_name(row), row["runs"], group_page(row["id"])) for row in largest]
    others, alone = _rest(largest, sums), sums["without_group"]["runs"]
    page = runs_page(context.period)
    parts += [
        (name, runs, page) for name, runs in (("other groups", others), (f"{_NO_GROUP} ({_WHY})", alone)) if runs > 0
    ]
    rows, reached = [], 0
    for name, runs, _ in parts:
        reached += runs
        rows.append([name, runs, _share(runs, sums["bad"]), _share(reached, sums["bad"])])
    columns = ["Error group", "Bad runs", "Share", "Cumulative"]
    return Table("Bad runs by error group, most first", columns, rows, [link for *_, link in parts])


def _table(context: Context, shown: list[Row], sums: dict[str, Any]) -> Table:
    rows = [_line(row, sums["bad"]) for row in shown]
    links = [group_page(row["id"]) for row in shown]
    others, alone, page = sums["others"], sums["without_group"], runs_page(context.period)
    if others["groups"]:
        rows.append(_sum(number(others["groups"], "other group"), others, sums["bad"]))
        links.append(page)
    if alone["runs"] > 0:
        rows.append(_sum(f"{_NO_GROUP} ({_WHY})", alone, sums["bad"]))
        links.append(page)
    rows.append(_sum("all", {"runs": sums["bad"], "before": sums["before"], "waste": sums["waste"]}, sums["bad"]))
    columns = ["Error", "Workflow", "Step", "Bad runs", "Share", "Before", "28 days", "Wasted", "Expected next week",
               "State"]  # fmt: skip
    return Table("Error groups, most expected loss first", columns, rows, [*links, page])


def _line(row: Row, bad: int) -> list[Any]:
    return [
        row["error_type"], row["workflow"], row["step"] or "–", row["runs"], _share(row["runs"], bad), row["before"],
        spark(row["daily"]), duration(row["waste"]), _expected(row), row["state"] or "–",
    ]  # fmt: skip


def _known(context: Context, shown: list[Row]) -> Table:
    rows = [
        [row["error_type"], row["workflow"], " ".join(row["error_message"].split())[:120], row["workflows"],
         _versions(row["versions"]), _minute(context, row["first_seen"]) + (" (new)" if row["new"] else ""),
         _minute(context, row["last_seen"])]
        for row in shown
    ]  # fmt: skip
    columns = ["Error", "Workflow", "Latest message", "Workflows", "Versions", "First seen", "Last seen"]
    links = [group_page(row["id"]) for row in shown]
    return Table("The same error groups: message, versions, first and last seen", columns, rows, links)


def _sum(name: str, part: dict[str, Any], bad: int) -> list[Any]:
    before = "–" if part["before"] is None else part["before"]
    expected = _expected(part) if "expected_runs" in part else ""
    share, bars = _share(part["runs"], bad), spark(part.get("daily", []))
    return [name, "", "", part["runs"], share, before, bars, duration(part["waste"]), expected, ""]


def _expected(part: dict[str, Any]) -> str:
    return f"{part['expected_runs']:.1f} runs, {duration(part['expected_waste'])}"


def _minute(context: Context, instant: int | None) -> str:
    return "–" if instant is None else minute(context.period.local(instant))


def _versions(versions: list[str]) -> str:
    more = f" and {len(versions) - _VERSIONS} more" if len(versions) > _VERSIONS else ""
    return ", ".join(versions[-_VERSIONS:]) + more if versions else "–"


def spark(values: list[int]) -> str:
    """A row of small bars."""
    top = max(values, default=0) or 1
    return "".join(_SPARKS[-(-value * (len(_SPARKS) - 1) // top)] for value in values)

"""Which steps fail without a reason in the code? Those that fail and then pass with nothing changed."""

from reports.charts.colours import ORANGE, RED
from reports.charts.spec import ChartSpec, Heat, Series
from reports.links import runs_page
from reports.model import Section, Table
from reports.sections.context import Context
from reports.sections.flaky_rows import BROKEN, FLAKY, MOST, STRIP, Row, add_strips, rows
from reports.statistics import LEAST_BAD, Share
from reports.wording import number, said

_GLYPHS = "○◐●"


def build(context: Context) -> Section:
    found = rows(context)
    shown = found[:MOST]
    add_strips(context, shown)
    finding = _finding(context, found)
    return Section(
        key="flakiness",
        heading="Which steps fail without a reason in the code?",
        finding=finding,
        charts=[*_scores(context, shown, finding), *_outcomes(shown)],
        tables=[_table(context, shown, found)] if shown else [],
        data={"steps": shown, "number_of_steps": len(found), "flaky": _count(found, FLAKY)},
        notes=_notes(context, found),
    )


def _count(found: list[Row], verdict: str) -> int:
    return sum(row["verdict"] == verdict for row in found)


def _notes(context: Context, found: list[Row]) -> list[str]:
    notes = []
    if any(not row["version"] for row in found):
        notes.append("Some runs tell no version: that nothing changed in these is known only within each run.")
    if context.filters.severity:
        notes.append("Tries have no severity: flaky steps are told of all runs, whatever the severity asked for.")
    return notes


def _finding(context: Context, found: list[Row]) -> str:
    if not context.now.runs.n.sum():
        return "No run ended in this period."
    if not found:
        return "No step failed and then passed with nothing changed."
    scored = [row for row in found if row["score"] is not None]
    if not scored:
        return f"{number(len(found), 'step')} failed and then passed, in too few runs for a score."
    flaky = [row for row in scored if row["verdict"] == FLAKY]
    told = [_top(flaky[0]) if flaky else _most(scored[0])]
    steps = {(row["workflow"], row["step"]) for row in flaky}
    if len(steps) > 1:
        told.append(
            f"{number(len(steps), 'step')} of {number(len({name for name, _ in steps}), 'workflow')} are flaky."
        )
    if broken := _count(scored, BROKEN):
        told.append(
            f"{number(broken, 'step')} failed for good more often than {'it' if broken == 1 else 'they'} passed."
        )
    return " ".join(told)


def _top(row: Row) -> str:
    low, high = row["interval"]
    return (
        f"The flakiest is {_name(row)}: in {row['mixed']} of "
        f"{number(row['runs'], 'run')} it failed and then passed with nothing changed "
        f"(score {row['score']:.3f}, 90 % interval {low:.3f} to {high:.3f})."
    )


def _most(row: Row) -> str:
    return (
        f"No step is known to be flaky. The highest score has {_name(row)}: in {row['mixed']} of "
        f"{number(row['runs'], 'run')} it failed and then passed; under {LEAST_BAD} are too few to say."
    )


def _name(row: Row) -> str:
    version = f" (version {row['version']})" if row["version"] else ""
    return f"step {row['step']} of {row['workflow']}{version}" if row["step"] else f"{row['workflow']}{version}"


def _scores(context: Context, shown: list[Row], finding: str) -> list[ChartSpec]:
    scored = [row for row in shown if row["score"] is not None]
    if not scored:
        return []
    low, high = ([row["interval"][side] for row in scored] for side in (0, 1))
    bars = Series("bar", "score, with 90 % interval", [row["score"] for row in scored], _labels(scored), ORANGE,
                  low=low, high=high, links=[_page(context, row) for row in scored])  # fmt: skip
    return [ChartSpec("Flakiest steps", finding, [bars], horizontal=True, x_title="score, 0 to 1")]


def _outcomes(shown: list[Row]) -> list[ChartSpec]:
    """The strips, the latest quarter hour at the right."""
    told = [row for row in shown if row["strip"]]
    if not told:
        return []
    padded = [[None] * (STRIP - len(row["strip"])) + row["strip"] for row in told]
    text = [["" if level is None else _GLYPHS[level] for level in strip] for strip in padded]
    columns = [str(place - STRIP) for place in range(STRIP)]
    heat = Heat(columns, _labels(told), padded, text, colour=RED, levels=["○ good", "◐ healed", "● bad"])
    summary = f"First {_name(told[0])}: {_GLYPHS[0]} good, {_GLYPHS[1]} healed, {_GLYPHS[2]} bad, the latest last."
    return [ChartSpec("The last quarter hours in which runs ended", summary, heat=heat)]


def _labels(shown: list[Row]) -> list[str]:
    named = (" · ".join(filter(None, (row["workflow"], row["step"], row["version"]))) for row in shown)
    return [f"{place}. {name}"[:72] for place, name in enumerate(named, 1)]


def _page(context: Context, row: Row) -> str:
    return runs_page(context.period, row["workflow"], "")


def _table(context: Context, shown: list[Row], found: list[Row]) -> Table:
    rows = [
        [row["workflow"], row["step"] or "(whole run)", row["version"] or "–", said(Share(row["mixed"], row["runs"])),
         row["gone"], _score(row), row["verdict"], "".join(_GLYPHS[level] for level in row["strip"]), _flips(row)]
        for row in shown
    ]  # fmt: skip
    columns = ["Workflow", "Step", "Version", "Failed, then passed", "Failed for good", "Score (90 %)", "Verdict",
               "Last quarter hours", "Flips"]  # fmt: skip
    more = f", {len(shown)} of {len(found)}" if len(found) > len(shown) else ""
    glyphs = f"{_GLYPHS[0]} good, {_GLYPHS[1]} healed, {_GLYPHS[2]} bad"
    links = [_page(context, row) for row in shown]
    return Table(f"Steps that failed and then passed with nothing changed{more} ({glyphs})", columns, rows, links)


def _score(row: Row) -> str:
    if row["score"] is None:
        return "too few runs"
    low, high = row["interval"]
    return f"{row['score']:.3f} ({low:.3f} to {high:.3f})"


def _flips(row: Row) -> str:
    able = len(row["strip"]) - 1
    return "–" if row["flips"] is None else f"{round(row['flips'] * able)} of {able}"

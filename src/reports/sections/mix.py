"""Why did the number of bad runs move: more runs, other workflows, or a higher share of bad ones?"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reports.charts.colours import BLUE, GREEN, RED
from reports.charts.spec import ChartSpec, Number, Series
from reports.judging import Judged
from reports.links import runs_page
from reports.model import Section, Table
from reports.sections.context import Context, begun_late
from reports.statistics import LEAST_BAD, Verdict
from reports.statistics.mix import split
from reports.wording import count, minute, number, signed

_MOST = 10
_WHOLE_FROM = 1_000  # bad runs
STEPS = ("before", "volume", "mix", "rate", "now")


@dataclass(slots=True, frozen=True)
class Part:
    """What one workflow (or some together) adds to the change, in bad runs."""

    volume: float
    mix: float
    rate: float

    @property
    def moved(self) -> float:
        return max(abs(self.mix), abs(self.rate))


@dataclass(slots=True, frozen=True)
class Moved:
    """Bad runs ``before`` + ``total`` = ``now``; ``parts`` are by workflow, in the order of ``judged``."""

    before: int
    now: int
    total: Part
    judged: list[Judged]
    parts: list[Part]

    @property
    def digits(self) -> int:
        """Tenths of a run say nothing where there are thousands."""
        return 1 if max(self.before, self.now) < _WHOLE_FROM else 0

    @property
    def told(self) -> bool:
        """Whether there is enough to ask why."""
        runs_before = sum(each.before.runs for each in self.judged)
        return bool(runs_before) and max(self.before, self.now) >= LEAST_BAD


def build(context: Context) -> Section:
    moved = moved_by(context.judged)
    finding = _finding(moved)
    return Section(
        key="mix",
        heading="Why did the number of bad runs move: volume, mix or rate?",
        finding=finding,
        charts=[_chart(moved, finding)] if moved.told else [],
        tables=[_split_table(moved), _workflow_table(context, moved)] if moved.told else [],
        data=_data(moved),
        notes=_notes(context, moved) if moved.told else [],
    )


def moved_by(judged: list[Judged]) -> Moved:
    """``volume`` is the growth that all workflows would have had alike, ``mix`` what is left of it."""
    numbers = ([e.before.bad for e in judged], [e.before.runs for e in judged],
               [e.now.bad for e in judged], [e.now.runs for e in judged])  # fmt: skip
    bad_before, runs_before, bad_now, runs_now = (np.array(each, dtype=np.int64) for each in numbers)
    found = split(bad_before, runs_before, bad_now, runs_now)
    before, runs = int(bad_before.sum()), int(runs_before.sum())
    alike = bad_before * (int(runs_now.sum()) / runs - 1) if runs else found.volumes
    parts = [
        Part(float(volume), float(whole - volume), float(rate))
        for volume, whole, rate in zip(alike, found.volumes, found.rates, strict=True)
    ]
    return Moved(before, before + found.change, Part(found.growth, found.mix, found.rate), judged, parts)


def _finding(moved: Moved) -> str:
    if not sum(each.now.runs for each in moved.judged):
        return "No run ended in this period."
    if not sum(each.before.runs for each in moved.judged):
        return "No run ended in the period before: there is nothing to compare with."
    if not moved.told:
        return f"{number(moved.before, 'bad run')} before and {moved.now} now are too few to ask why."
    volume, mix, rate = _shown(moved)
    before, now = count(moved.before), count(moved.now)
    went = f"went from {before} to {now}" if before != now else f"stayed at {now}"
    said = partial(signed, digits=moved.digits)
    parts = f"volume {said(volume)}, mix {said(mix)}, rate {said(rate)}"
    return f"The number of bad runs {went}: {parts}. {_largest(moved)}"


def _largest(moved: Moved) -> str:
    sizes = {"volume": abs(moved.total.volume), "mix": abs(moved.total.mix), "rate": abs(moved.total.rate)}
    name = max(sizes, key=lambda each: sizes[each])
    if not sizes[name]:
        return "Nothing moved it."
    if name == "volume":
        return f"Most of it is volume: {'more' if moved.total.volume > 0 else 'fewer'} runs ended in all."
    sign = np.sign(getattr(moved.total, name))
    place = max(range(len(moved.parts)), key=lambda place: sign * getattr(moved.parts[place], name))
    most = f"{moved.judged[place].workflow} ({signed(getattr(moved.parts[place], name), moved.digits)})"
    if name == "rate":
        word = "larger" if sign > 0 else "smaller"
        return f"Most of it is rate: a {word} share of runs ended badly, most of all in {most}."
    word = "more" if sign > 0 else "less"
    return f"Most of it is mix: workflows that fail {word} had a larger part of the runs, most of all {most}."


def _shown(moved: Moved) -> tuple[float, float, float]:
    """Rounded so that what is shown adds up: mix is what is left."""
    volume, rate = round(moved.total.volume, moved.digits), round(moved.total.rate, moved.digits)
    return volume, round(moved.now - moved.before - volume - rate, moved.digits) + 0.0, rate


def _chart(moved: Moved, finding: str) -> ChartSpec:
    steps = _shown(moved)
    starts = [moved.before, moved.before + steps[0], moved.before + steps[0] + steps[1]]
    values = [moved.before, *steps, moved.now]
    bases = [0, *starts, 0]
    text = [count(moved.before), *(signed(step, moved.digits) for step in steps), count(moved.now)]
    kinds = ["all", *("more" if step > 0 else "fewer" for step in steps), "all"]
    series = [
        _steps(name, kind, colour, values, bases, text, kinds)
        for name, kind, colour in (("bad runs", "all", BLUE), ("more", "more", RED), ("fewer", "fewer", GREEN))
        if kind in kinds
    ]
    return ChartSpec("Bad runs before and now, and what moved them", finding, series, y_title="bad runs")


def _steps(
    name: str, kind: str, colour: int, values: list[float], bases: list[float], text: list[str], kinds: list[str]
) -> Series:
    """Every series names every step, so that they stand in their order."""
    mine = [each == kind for each in kinds]
    heights: list[Number] = [value if own else None for value, own in zip(values, mine, strict=True)]
    floors: list[Number] = [base if own else None for base, own in zip(bases, mine, strict=True)]
    return Series("bar", name, list(STEPS), heights, colour, base=floors, text=text)


def _split_table(moved: Moved) -> Table:
    volume, mix, rate = _shown(moved)
    rows: list[list[Any]] = [
        ["Bad runs before", moved.before, ""],
        ["Volume", signed(volume, moved.digits), "if every workflow had grown as all runs did, and failed as before"],
        ["Mix", signed(mix, moved.digits), "workflows that fail more, or less, had another part of the runs"],
        ["Rate", signed(rate, moved.digits), "runs of the same workflow failed more, or less, often"],
        ["Bad runs now", moved.now, ""],
    ]
    return Table("The change of the number of bad runs", ["Part", "Bad runs", "Meaning"], rows)


def _workflow_table(context: Context, moved: Moved) -> Table:
    """Those that moved it most, by rate or by mix, and the others together."""
    order = sorted(range(len(moved.parts)), key=lambda place: (-moved.parts[place].moved, place))
    shown, others = order[:_MOST], order[_MOST:]
    rows = [_row(moved.judged[place].workflow, [place], moved) for place in shown]
    links = [runs_page(context.period, moved.judged[p].workflow, severity=context.filters.severity) for p in shown]
    if others:
        rows, links = [*rows, _row(f"{len(others)} others", others, moved)], [*links, ""]
    columns = ["Workflow", "Runs before", "Runs now", "Bad before", "Bad now", "By rate", "By mix", "By volume",
               "Verdict"]  # fmt: skip
    return Table("Workflows, by how much they moved it", columns, rows, links)


def _row(name: str, places: list[int], moved: Moved) -> list[Any]:
    judged, parts = [moved.judged[place] for place in places], [moved.parts[place] for place in places]
    return [
        name,
        sum(each.before.runs for each in judged),
        sum(each.now.runs for each in judged),
        sum(each.before.bad for each in judged),
        sum(each.now.bad for each in judged),
        *(signed(sum(getattr(each, part) for each in parts), moved.digits) for part in ("rate", "mix", "volume")),
        judged[0].verdict.value if len(judged) == 1 else "–",
    ]


def _notes(context: Context, moved: Moved) -> list[str]:
    notes = []
    if not any(each.verdict in {Verdict.WORSE, Verdict.BETTER} for each in moved.judged):
        notes.append("No workflow's share changed by more than chance explains: the part of rate may be chance.")
    if since := begun_late(context):
        known = f"Of the period before only what came since {minute(context.period.local(since))} is known"
        notes.append(f"{known}: the number of bad runs grew by that alone.")
    if context.period.until > context.period.now:
        notes.append("The period is not over, the one before is: part of the difference in volume is that.")
    return notes


def _data(moved: Moved) -> dict[str, Any]:
    return {
        "before": moved.before,
        "now": moved.now,
        **_plain(moved.total),
        "workflows": [
            {"workflow": judged.workflow, **_plain(part)}
            for judged, part in zip(moved.judged, moved.parts, strict=True)
        ],
    }


def _plain(part: Part) -> dict[str, float]:
    return {"volume": part.volume, "mix": part.mix, "rate": part.rate}

"""How good are these numbers? What is known to weaken them, and which sections it weakens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reports.gaps import Gap, gaps
from reports.hours import clock_changes
from reports.model import Section, Table
from reports.sections.context import Context, begun_late
from reports.statistics import LEAST_RUNS, Share
from reports.wording import label, minute, number, of, percent

ALL = "all"
_BASIS = (
    "A run counts where it ended; shares are bad runs of all that ended well or badly, with Wilson's 95 % interval."
)
_MOST_GAPS = 5
_MOST_SAID = 3
_TELEMETRY = {  # by their names in the notes of the frames
    "orphans": ("{} came of runs that are not known", "incidents, durations, what changed"),
    "quarantined": ("{} could not be worked on and were set aside", ALL),
    "duplicates": ("{} came more than once, and were counted once", "none"),
    "refused": ("{} came after their runs were forgotten, and were refused", ALL),
    "dropped": ("{} were dropped by their sender", ALL),
    "aliases": ("{} of groups were merged into others: their runs count there", "error groups"),
}
_THINGS = {"orphans": "span or record", "quarantined": "body", "aliases": "fingerprint"}
_PLURALS = {"orphans": "spans or records", "quarantined": "bodies"}
_HEADING = "How good are these numbers?"


@dataclass(slots=True, frozen=True)
class Line:
    """Something that is known about the numbers, and the sections that it weakens."""

    name: str
    said: str
    weakens: str
    number: int = 0


def build(context: Context) -> Section:
    if not context.frames.complete:
        return Section("quality", _HEADING, "", pending=True)
    found = gaps(context.frames, context.period)
    lines = [*_of_runs(context), *_of_buckets(context), *_of_gaps(context, found), *_of_telemetry(context),
             *_of_names(context)]  # fmt: skip
    weak = [line for line in lines if line.weakens != "none"]
    told = " ".join(f"{line.said}." for line in weak[:_MOST_SAID]) or "Nothing is known that weakens these numbers."
    if len(weak) > _MOST_SAID:
        told += f" {number(len(weak) - _MOST_SAID, 'more thing is', 'more are')} in the table."
    return Section(
        key="quality",
        heading=_HEADING,
        finding=told,
        notes=[_BASIS],
        tables=[_table(lines)] if lines else [],
        data={
            "notes": [line.said for line in lines],
            "lines": [{"name": line.name, "said": line.said, "weakens": line.weakens, "number": line.number}
                      for line in lines],
            "open_runs": context.frames.open_runs, "lost": context.now.number("lost"),
            "gaps": [{"since": each.since, "until": each.until, "expected": each.expected} for each in found],
            "telemetry": dict(context.frames.notes),
        },
    )  # fmt: skip


def _table(lines: list[Line]) -> Table:
    rows: list[list[Any]] = [[line.said, line.weakens] for line in lines]
    return Table("What is known about the numbers", ["What", "Weakens"], rows)


def _of(part: int, runs: int) -> str:
    share = Share(part, runs)
    return f"{of(share)} runs" + (f" ({percent(share.rate)})" if runs >= LEAST_RUNS else "")


def _of_runs(context: Context) -> Iterator[Line]:
    runs, n = context.now.runs, int(context.now.runs.n.sum())
    if late := int(runs.late.sum()):
        yield Line("late", f"{_of(late, n)} were heard of more than a minute after they ended", "over time", late)
    if skewed := int(runs.skewed.sum()):
        said = f"{_of(skewed, n)} ended after they were heard of, by their own clock"
        yield Line("skewed", said, "over time, incidents, durations", skewed)
    if nameless := int(runs.n[runs.version == ""].sum()):
        said = f"{_of(nameless, n)} name no version"
        yield Line("no_version", said, "what changed, flakiness", nameless)
    if lost := context.now.number("lost"):
        yield Line("lost", f"{number(lost, 'run')} fell silent and count as bad by the system's fault", ALL, lost)
    if still := context.frames.open_runs:
        yield Line("open", f"{number(still, 'run')} had not ended yet, and no number holds them", ALL, still)


def _of_buckets(context: Context) -> Iterator[Line]:
    period = context.period
    if context.incomplete:
        said = f"The last {period.width} was not over when this was made: it is marked, and never compared"
        yield Line("unfinished", said, "over time")
    if not context.before.runs.n.sum():
        said = "Nothing is known of the period before: nothing is compared"
        yield Line("no_before", said, "headline, why it moved, error groups")
    elif since := begun_late(context):
        said = f"Of the period before only what came since {minute(period.local(since))} is known"
        yield Line("short_before", said, "why it moved, error groups, did it help")
    if context.frames.kept_since > period.since:
        said = f"Rows of runs are kept since {minute(period.local(context.frames.kept_since))}, counts for longer"
        yield Line("kept_since", said, "incidents, what changed")
    for at, by in clock_changes(period):
        said = f"The clocks of {period.timezone} were changed on {label(period.local(at), 'day')}"
        hours = abs(by.total_seconds()) / 3600
        yield Line("clocks", f"{said}, by {hours:g} h: that day is {'shorter' if by.days >= 0 else 'longer'}",
                   "over time, rhythm")  # fmt: skip


def _of_gaps(context: Context, found: list[Gap]) -> Iterator[Line]:
    local = context.period.local
    for each in found[:_MOST_GAPS]:
        said = f"No run at all ended from {minute(local(each.since))} to {minute(local(each.until))}"
        yield Line("gap", f"{said}, where at least {each.expected:.0f} would have in other weeks", ALL)
    if (rest := len(found) - _MOST_GAPS) > 0:
        yield Line("gap", f"There are {number(rest, 'more such gap')}", ALL, rest)


def _of_telemetry(context: Context) -> Iterator[Line]:
    for name, count in context.frames.notes.items():
        if count:
            said, weakens = _TELEMETRY.get(name, (f"{{}} under {name.replace('_', ' ')}", ALL))
            things = number(count, _THINGS.get(name, "record"), _PLURALS.get(name, ""))
            yield Line(name, said.format(things), weakens, count)


def _of_names(context: Context) -> Iterator[Line]:
    """Values that were folded into "other" because there were too many."""
    for what, rows, column, weakens in (
        ("version", context.now.runs, "version", "what changed, flakiness"),
        ("workflow", context.now.runs, "workflow", ALL),
        ("error group", context.now.groups, "error_group", "error groups, did it help"),
    ):
        if folded := int(rows.n[rows[column] == "other"].sum()):
            said = f"{number(folded, 'run')} count under {what} “other”, for there were too many to tell apart"
            yield Line(f"other_{column}", said, weakens, folded)

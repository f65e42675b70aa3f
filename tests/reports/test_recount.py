"""Whatever became of the telemetry on its way, do the report's totals equal a recount by brute force?"""

import random
from collections import Counter
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from benchmarks.history.ingesting import Worker
from benchmarks.history.telemetry import Body

from alerting.consumer import housekeeping
from alerting.database.port import Store
from alerting.database.postgresql import open_postgresql
from alerting.database.sqlite import FILE_NAME, open_sqlite
from alerting.inbox.port import Position
from alerting.inbox.segments import FOLDER, SegmentArchive
from alerting.reporting.reading import frames_from
from alerting.storage import packs
from reports.frames import Frames
from reports.model import Report
from reports.period import Filters, Period
from reports.sketch import duration_bin
from reports.trend import trend
from rules.instants import DAY, HOUR, MINUTE, SECOND
from support.fuzzing import examples
from support.recount import BAD, ELIGIBLE, Ended, Recount, by_cause, recount
from support.shapes import END, START
from support.streams import KEEP, Sent, stream

CONFIGURATION = f"""
rules: []
retention: {{runs: {KEEP // DAY}d}}
severity: [{{match: {{workflow: "otel*"}}, severity: low}}, {{match: {{workflow: "retried*"}}, severity: low}},
           {{match: {{workflow: mapped}}, severity: low}}]
"""
FILTERS = (Filters(environment="staging"), Filters(version="1.1"), Filters(severity="low"), Filters(severity="high"),
           Filters(("otel*", "retr*"), "production", "1.0"))  # fmt: skip
PLACE = ("environment", "version", "severity")
PERIODS = (
    Period(START - 6 * DAY, END, "UTC", END),
    Period(START - 3 * DAY - 7 * MINUTE, START - 11 * HOUR, "Europe/Vienna", END),
    Period(START - 2 * DAY, START - 1, "Asia/Kolkata", END),
    Period(START - 5 * DAY, START, "Asia/Kathmandu", END),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> bytes:
    """A store just made: making one takes longer than a stream."""
    folder = tmp_path_factory.mktemp("empty")
    store = open_sqlite(folder)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return (folder / FILE_NAME).read_bytes()


def play(store: Store, folder: Path, sent: list[Sent], chance: random.Random) -> None:
    """Worked on as it comes, with all that is due in between; runs are evicted and days are packed all the while, some
    of them that are not over."""
    worker, archive = Worker(store, CONFIGURATION), SegmentArchive(folder / FOLDER)
    evicted_at = 0
    for each in sent:
        worker.wait_until(each.received_at)
        if each.received_at > evicted_at + 4 * HOUR:
            evicted_at = each.received_at
            housekeeping.expire(store, archive, Position(), evicted_at, worker.active.configuration)
        worker.take(Body(kind, body, media, each.received_at) for kind, body, media in each.bodies())
        if chance.random() < 0.1:
            packs.pack(store, each.received_at + chance.choice([0, 2, 3, 6]) * DAY)
    worker.wait_until(END)


@pytest.mark.parametrize("seed", range(examples(50)))
def test_totals_equal_a_recount_of_the_telemetry(tmp_path, empty, seed):
    (tmp_path / FILE_NAME).write_bytes(empty)
    store = open_sqlite(tmp_path)
    compare(store, tmp_path, seed)
    store.close()


@pytest.mark.parametrize("seed", range(1000, 1000 + examples(2)))
def test_so_they_do_over_postgresql(tmp_path, database, seed):
    store = open_postgresql(database.url, 4)
    compare(store, tmp_path, seed)
    store.close()


def test_the_streams_hold_what_is_to_be_counted():
    runs = [run for seed in range(50) for run in recount(stream(seed), END).runs]
    tries = Counter(cell[2:] for run in runs for cell, _, _ in run.tries)
    assert min(tries[2, then] for then in ("passed", "failed", "ended")) > 10
    assert sum(run.healed for run in runs) > 30
    assert {run.place[2] for run in runs} == {"", "low", "high", "critical"}


def compare(store: Store, folder: Path, seed: int) -> None:
    sent = stream(seed)
    play(store, folder, sent, random.Random(seed))
    truth = recount(sent, END)
    for period in (PERIODS[0], PERIODS[1 + seed % 3]):
        frames = frames_from(store, period)
        check(trend(frames, period, Filters()), frames, truth, period)
        check_sums(frames, truth, period)
        check_filtered(frames, truth, period, FILTERS[seed % len(FILTERS)])


def check(report: Report, frames: Frames, truth: Recount, period: Period) -> None:
    inside = truth.inside(period.first, period.until)
    eligible = [run for run in inside if run.outcome in ELIGIBLE]
    bad = [run for run in eligible if run.outcome in BAD]
    data = {section.key: section.data for section in report.sections}
    counted = Counter(dict(within(frames.runs, period).groupby(["workflow", "outcome"], observed=True).n.sum()))
    assert +counted == Counter((run.workflow, run.outcome) for run in inside)
    assert (data["headline"]["runs"], data["headline"]["bad"]) == (len(eligible), len(bad))
    assert {row["start"]: (row["runs"], row["bad"]) for row in data["over_time"]["series"] if row["runs"]} == over_time(
        eligible, period
    )
    assert sum(row["runs"] for row in data["groups"]["groups"]) == sum(by_cause(bad).values())
    assert groups(frames, period) == by_cause(bad)
    assert durations(frames, period) == Counter(
        (run.bucket, run.workflow, run.outcome == "succeeded", duration_bin(run.took))
        for run in eligible
        if run.took is not None
    )
    told = sum(row["n"] for row in data["durations"]["workflows"])
    assert told == sum(run.took is not None for run in eligible)
    assert data["quality"]["open_runs"] == truth.open_runs


def check_sums(frames: Frames, truth: Recount, period: Period) -> None:
    """Time, tries and places."""
    inside = truth.inside(period.first, period.until)
    eligible = [run for run in inside if run.outcome in ELIGIBLE]
    rows = within(frames.runs, period)
    cells = Counter(dict(rows.groupby([*PLACE, "workflow", "outcome"], observed=True).n.sum()))
    assert +cells == Counter((*run.place, run.workflow, run.outcome) for run in inside)
    sums = Counter[tuple[str, ...]]()
    for run in eligible:
        sums.update({
            (run.workflow, run.outcome, "healed"): int(run.healed), (run.workflow, run.outcome, "busy"): run.took or 0,
            (run.workflow, run.outcome, "waste"): run.waste,
        })  # fmt: skip
    assert summed(rows, ["workflow", "outcome"], ("healed", "busy", "waste")) == +sums
    assert within(frames.groups, period).waste.sum() == sum(run.waste for run in eligible if run.cause is not None)
    told = Counter[tuple[object, ...]]()
    for run in eligible:
        for cell, waste, delay in run.tries:
            key = (*run.place[:2], run.workflow, *cell)
            told.update({(*key, "n"): 1, (*key, "waste"): waste, (*key, "delay"): delay})
    names = ["environment", "version", "workflow", "step", "error_type", "attempt", "then"]
    assert summed(within(frames.tries, period), names, ("n", "waste", "delay")) == +told


def check_filtered(frames: Frames, truth: Recount, period: Period, filters: Filters) -> None:
    """Good runs have no severity: with one asked for, all of them are the denominator."""
    data = trend(frames, period, filters).section("headline").data
    runs = [run for run in truth.inside(period.first, period.until) if run.outcome in ELIGIBLE and wanted(run, filters)]
    bad = [run for run in runs if run.outcome in BAD]
    assert (data["runs"], data["bad"]) == (len(runs), len(bad))


def wanted(run: Ended, filters: Filters) -> bool:
    environment, version, severity = run.place
    named = not filters.workflows or any(fnmatchcase(run.workflow, glob) for glob in filters.workflows)
    as_bad = run.outcome not in BAD or filters.severity in {"", severity}
    return named and as_bad and filters.environment in {"", environment} and filters.version in {"", version}


def within(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    return rows[(rows.bucket >= period.first) & (rows.bucket < period.until)]


def summed(rows: pd.DataFrame, names: list[str], counted: tuple[str, ...]) -> Counter[tuple[object, ...]]:
    sums = rows.groupby(names, observed=True)[list(counted)].sum()
    return +Counter({(*cell, name): int(value) for name in counted for cell, value in sums[name].items()})


def over_time(runs: list[Ended], period: Period) -> dict[str, tuple[int, int]]:
    """Runs, and bad ones, by the start of their local day, or hour."""
    found: dict[str, tuple[int, int]] = {}
    for run in runs:
        local = datetime.fromtimestamp(run.bucket / SECOND, ZoneInfo(period.timezone)).replace(minute=0)
        start = (local.replace(hour=0) if period.until - period.since > 3 * DAY else local).isoformat()
        runs_, bad = found.get(start, (0, 0))
        found[start] = (runs_ + 1, bad + (run.outcome in BAD))
    return found


def groups(frames: Frames, period: Period) -> Counter[tuple[str, str]]:
    """Bad runs by workflow and type of error; several groups may have one type."""
    types = dict(zip(frames.group_info.id, frames.group_info.error_type, strict=True))
    found: Counter[tuple[str, str]] = Counter()
    for row in within(frames.groups, period).itertuples():
        found[row.workflow, types.get(row.error_group, "of none that is left")] += row.n
    return +found


def durations(frames: Frames, period: Period) -> Counter[tuple[int, str, bool, int]]:
    found: Counter[tuple[int, str, bool, int]] = Counter()
    for row in within(frames.durations, period).itertuples():
        found[row.bucket, row.workflow, row.good, row.bin] += row.n
    return +found

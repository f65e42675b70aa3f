"""Whatever became of the telemetry on its way, do the report's totals equal a recount by brute force?"""

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from benchmarks.history.ingesting import Worker
from benchmarks.history.telemetry import Body

from alerting.consumer import housekeeping
from alerting.database.sqlite import FILE_NAME, SqliteStore, open_sqlite
from alerting.inbox.port import Position
from alerting.inbox.segments import FOLDER, SegmentArchive
from alerting.reporting.reading import frames_from
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

CONFIGURATION = f"rules: []\nretention: {{runs: {KEEP // DAY}d}}"
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


def play(folder: Path, empty: bytes, sent: list[Sent]) -> SqliteStore:
    """Worked on as it comes, with all that is due in between; runs are evicted all the while."""
    (folder / FILE_NAME).write_bytes(empty)
    store = open_sqlite(folder)
    worker, archive = Worker(store, CONFIGURATION), SegmentArchive(folder / FOLDER)
    evicted_at = 0
    for each in sent:
        worker.wait_until(each.received_at)
        if each.received_at > evicted_at + 4 * HOUR:
            evicted_at = each.received_at
            housekeeping.expire(store, archive, Position(), evicted_at, worker.active.configuration)
        worker.take(Body(kind, body, media, each.received_at) for kind, body, media in each.bodies())
    worker.wait_until(END)
    return store


@pytest.mark.parametrize("seed", range(examples(60)))
def test_totals_equal_a_recount_of_the_telemetry(tmp_path, empty, seed):
    sent = stream(seed)
    store = play(tmp_path, empty, sent)
    truth = recount(sent, END)
    for period in (PERIODS[0], PERIODS[1 + seed % 3]):
        frames = frames_from(store, period)
        check(trend(frames, period, Filters()), frames, truth, period)
    store.close()


def check(report: Report, frames: Frames, truth: Recount, period: Period) -> None:
    inside = truth.inside(period.first, period.until)
    eligible = [run for run in inside if run.outcome in ELIGIBLE]
    bad = [run for run in eligible if run.outcome in BAD]
    data = {section.key: section.data for section in report.sections}
    rows = frames.runs[(frames.runs.bucket >= period.first) & (frames.runs.bucket < period.until)]
    counted = Counter(dict(rows.groupby(["workflow", "outcome"]).n.sum()))
    assert counted == Counter((run.workflow, run.outcome) for run in inside)
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
    rows = frames.groups[(frames.groups.bucket >= period.first) & (frames.groups.bucket < period.until)]
    types = dict(zip(frames.group_info.id, frames.group_info.error_type, strict=True))
    found: Counter[tuple[str, str]] = Counter()
    for row in rows.itertuples():
        found[row.workflow, types[row.error_group]] += row.n
    return found


def durations(frames: Frames, period: Period) -> Counter[tuple[int, str, bool, int]]:
    rows = frames.durations[(frames.durations.bucket >= period.first) & (frames.durations.bucket < period.until)]
    found: Counter[tuple[int, str, bool, int]] = Counter()
    for row in rows.itertuples():
        found[row.bucket, row.workflow, row.good, row.bin] += row.n
    return found

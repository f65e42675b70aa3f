"""Is wasted time counted exactly, and is advice on retries given only where the numbers allow it?"""

import json
import random
from datetime import UTC, datetime

import pytest

from reports.counting import counts
from reports.frames import frames_of
from reports.period import DAY, QUARTER, Filters, Period
from reports.sections.context import Context
from reports.sections.retries import build
from reports.statistics import wilson

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000
WEEK = Period(NOW - 7 * DAY, NOW, "UTC", NOW)
SECOND = 1_000_000


def section(runs=(), tries=(), period=WEEK, filters=None):
    """Runs as (ended, workflow, outcome, healed, busy, waste); tries as (ended, workflow, step, error, attempt, then,
    waste, delay)."""
    cells, failed = {}, {}
    for ended, workflow, outcome, healed, busy, waste in runs:
        cell = (ended - ended % QUARTER, "otel", workflow, "prod", "1", "", outcome)
        add(cells, cell, (1, healed, 0, 0, busy, waste))
    for ended, workflow, step, error, attempt, then, waste, delay in tries:
        cell = (ended - ended % QUARTER, "otel", workflow, "prod", "1", "", step, error, attempt, then)
        add(failed, cell, (1, waste, delay))
    frames = frames_of([(*k, *v) for k, v in cells.items()], tries=[(*k, *v) for k, v in failed.items()])
    filters = filters or Filters()
    return build(Context(counts(frames, period, filters), counts(frames, period.previous(), filters), frames, filters))


def add(into, key, values):
    into[key] = tuple(map(sum, zip(into.get(key, (0,) * len(values)), values, strict=True)))


def history(seed, runs=3000, chance_of_good=None):
    """Runs of a step that is tried up to four times; by workflow, how often a try again passes."""
    good = chance_of_good or {"pay": 0.6, "import": 0.01}
    chance = random.Random(seed)
    made, tried = [], []
    for _ in range(runs):
        ended, workflow = NOW - 1 - chance.randrange(14 * DAY), chance.choice(list(good))
        attempt, waste, own = 1, 0, []
        passed = chance.random() > 0.2
        while not passed and attempt < 4:
            took = chance.randrange(1, 60) * SECOND
            passed = chance.random() < good[workflow]
            waste += took
            own.append([ended, workflow, "charge", "Timeout", attempt, "passed" if passed else "failed", took, 0])
            attempt += 1
        if not passed:
            own.append([ended, workflow, "charge", "Timeout", attempt, "ended", SECOND, 0])
            waste += SECOND
        else:
            for each in own:
                each[7] = each[6] + 5 * SECOND
        tried += map(tuple, own)
        outcome = "succeeded" if passed else chance.choice(["failed", "timed_out", "lost"])
        made.append((ended, workflow, outcome, int(passed and bool(own)), waste + 30 * SECOND, waste))
    return made, tried


def inside(rows, first):
    return [row for row in rows if first <= row[0] - row[0] % QUARTER < first + 7 * DAY]


@pytest.mark.parametrize("seed", range(4))
def test_sums_equal_a_recount(seed):
    made, tried = history(seed)
    data = section(made, tried).data
    for part, first in ((data, WEEK.first), (data["before"], WEEK.first - 7 * DAY)):
        runs, tries = inside(made, first), inside(tried, first)
        assert (part["runs"], part["healed"]) == (len(runs), sum(row[3] for row in runs))
        assert (part["busy"], part["waste"]) == (sum(row[4] for row in runs), sum(row[5] for row in runs))
        assert sum(part["by_cause"].values()) == part["waste"]
        assert part["by_cause"]["healed"] == sum(row[5] for row in runs if row[2] == "succeeded")
        assert part["delay"] == sum(row[7] for row in tries)
        assert part["retried"] == sum(row[5] != "ended" for row in tries)
        assert part["passed"] == sum(row[5] == "passed" for row in tries)
    assert sum(row["waste"] for row in data["workflows"]) == data["waste"]
    for row in data["retries"]:
        own = [each for each in inside(tried, WEEK.first) if each[1] == row["workflow"]]
        again = [each for each in own if each[5] != "ended"]
        assert (row["tries"], row["retried"]) == (len(own), len(again))
        assert row["interval"] == pytest.approx(wilson(row["passed"], len(again)))
        assert row["attempts"] == [
            {"attempt": k, "retried": sum(each[4] == k for each in again),
             "passed": sum(each[4] == k and each[5] == "passed" for each in again)}
            for k in (1, 2, 3)
            if any(each[4] == k for each in again)
        ]  # fmt: skip


def test_bars_sum_to_the_wasted_hours():
    found = section(*history(1))
    [chart] = [each for each in found.charts if each.title == "Wasted hours"]
    assert sum(sum(each.y) for each in chart.series) * 3_600_000_000 == pytest.approx(found.data["waste"])
    assert {each.name for each in chart.series} == {"ended well after all", "own fault", "timeout", "system"}
    assert chart.series[0].hatched == [False] * 7 + [True]


def test_what_never_passes_is_to_be_stopped_and_what_often_does_is_to_be_tried_more():
    found = section(*history(1))
    assert {row["workflow"]: row["advice"] for row in found.data["retries"]} == {
        "import": "stop retrying",
        "pay": "retry more",
    }
    assert "Stop retrying step charge of import after Timeout: " in found.finding
    assert "Retry step charge of pay after Timeout more often: even the last try allowed passed in " in found.finding
    [yields] = [each for each in found.charts if each.title == "What tries again yield"]
    rates = dict(zip(yields.series[0].y, yields.series[0].x, strict=True))
    assert [rate for name, rate in rates.items() if "pay" in name] == [pytest.approx(60, abs=6)]


@pytest.mark.parametrize("seed", range(20))
def test_a_yield_of_ten_per_cent_gets_no_advice(seed):
    found = section(*history(seed, 1200, {"pay": 0.1}))
    assert {str(row["advice"]) for row in found.data["retries"]} == {"retries are worth it as they are"}


def test_few_tries_get_no_advice_and_no_percentage():
    tried = [(NOW - DAY - i, "pay", "", "Boom", 1, "failed", SECOND, 0) for i in range(19)]
    made = [(row[0], "pay", "failed", 0, 2 * SECOND, SECOND) for row in tried]
    found = section(made, tried)
    assert found.data["retries"][0]["advice"] == "too few retries"
    assert "Of the tries again 0 of 19 passed: too few to tell whether they help." in found.finding
    assert "%" not in found.finding
    assert [chart.title for chart in found.charts] == ["Wasted hours"]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], "No run ended in this period."),
        ([(NOW - DAY, "pay", "succeeded", 0, 5 * SECOND, 0)],
         "None of the 5.0 s that runs took was wasted. Nothing was tried again."),
        ([(NOW - DAY, "pay", "failed", 0, 0, 0)], "How long runs took is not known. Nothing was tried again."),
        ([(NOW - DAY, "pay", "failed", 0, 5 * SECOND, 5 * SECOND)] * 30,
         "2.5 min of the 2.5 min that runs took were wasted (100.0 %). Nothing was tried again."),
    ],
)  # fmt: skip
def test_it_says_plainly_what_there_is(runs, said):
    found = section(runs)
    assert found.finding == said
    json.dumps(found.data, allow_nan=False)


def test_cancelled_runs_are_not_in_the_sums():
    cancelled = (NOW - DAY, "pay", "cancelled", 0, 9 * SECOND, 9 * SECOND)
    assert section([cancelled]).finding == "No run ended in this period."


def test_many_workflows_are_summed_up_in_a_last_row():
    runs = [(NOW - DAY, f"w{i:02}", "failed", 0, i * SECOND, i * SECOND) for i in range(1, 31)]
    found = section(runs)
    table = found.tables[1]
    assert (len(table.rows), table.rows[-1][0]) == (16, "15 others")
    assert table.rows[-1][1] == "2.0 min"
    assert sum(row["waste"] for row in found.data["workflows"]) == found.data["waste"]


@pytest.mark.parametrize(("zone", "day"), [("Asia/Kathmandu", (2026, 5, 4)), ("Europe/Vienna", (2026, 10, 26))])
def test_wasted_time_is_in_the_local_day_of_the_end(zone, day):
    until = int(datetime(*day, 12, tzinfo=UTC).timestamp()) * 1_000_000
    period = Period(until - 6 * DAY, until, zone, until)
    chance = random.Random(2)
    runs = [(period.first + chance.randrange(6 * DAY), "pay", "failed", 0, SECOND, SECOND) for _ in range(400)]
    [chart] = section(runs, period=period).charts
    days = [period.local(ended).strftime("%-d %b %Y") for ended, *_ in runs]
    told = dict(zip(chart.series[0].x, chart.series[0].y, strict=True))
    assert {name: round(hours * 3600) for name, hours in told.items()} == {each: days.count(each) for each in told}

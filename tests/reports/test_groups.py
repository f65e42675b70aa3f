"""Do error groups add up to the bad runs, and is the one to be fixed first the one that will cost most?"""

import json
import random
from datetime import UTC, datetime

import pytest

from reports.counting import counts
from reports.frames import frames_of
from reports.period import DAY, QUARTER, Filters, Period
from reports.sections.context import Context
from reports.sections.groups import build, spark

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000
WEEK = Period(NOW - 7 * DAY, NOW, "UTC", NOW)
SECOND = 1_000_000


def section(made, known=None, period=WEEK, filters=None):
    """Of bad runs as (ended, workflow, version, group, waste)."""
    filters = filters or Filters()
    runs, groups = {}, {}
    for ended, workflow, version, group, waste in made:
        cell = (ended - ended % QUARTER, "otel", workflow, "prod", version, "high")
        add(runs, (*cell, "failed"), waste)
        if group:
            add(groups, (*cell, group), waste)
    info = [(g, "pay", "charge", f"E-{g}", "it broke", 9, first, NOW, "ongoing", 0, "")
            for g, first in ({row[3]: NOW - 30 * DAY for row in made if row[3]} | (known or {})).items()]  # fmt: skip
    frames = frames_of(
        [(*key, n, 0, 0, 0, waste, waste) for key, (n, waste) in runs.items()],
        groups=[(*key, n, waste) for key, (n, waste) in groups.items()],
        group_info=info,
    )
    return build(Context(counts(frames, period, filters), counts(frames, period.previous(), filters), frames, filters))


def add(into, key, waste):
    n, sums = into.get(key, (0, 0))
    into[key] = (n + 1, sums + waste)


def history(seed, groups=40, runs=2000):
    """Fortnight of bad runs, some groups far more frequent; one in ten has none."""
    chance = random.Random(seed)
    names = [f"g{i}" for i in range(groups)]
    weights = [1 / (i + 1) for i in range(groups)]
    return [
        (NOW - 1 - chance.randrange(14 * DAY), chance.choice(["pay", "import"]), chance.choice(["1", "2", ""]),
         chance.choices(names, weights)[0] if chance.random() > 0.1 else "", chance.randrange(60 * SECOND))
        for _ in range(runs)
    ]  # fmt: skip


def inside(row, first, until):
    return first <= row[0] - row[0] % QUARTER < until


@pytest.mark.parametrize("seed", range(4))
def test_every_part_equals_a_recount_and_the_parts_sum_to_all_bad_runs(seed):
    made = history(seed)
    found = section(made)
    now = [row for row in made if inside(row, WEEK.first, WEEK.until)]
    data = found.data
    assert data["bad"] == len(now)
    assert data["number_of_groups"] == len({row[3] for row in now} - {""})
    for row in data["groups"]:
        own = [each for each in now if each[3] == row["id"]]
        assert (row["runs"], row["waste"]) == (len(own), sum(each[4] for each in own))
        before = [each for each in made if each[3] == row["id"] and inside(each, WEEK.first - 7 * DAY, WEEK.first)]
        assert row["before"] == len(before)
        assert row["workflows"] == len({each[1] for each in own})
        assert set(row["versions"]) == {each[2] for each in own} - {""}
    for name in ("runs", "waste"):
        parts = [*data["groups"], data["others"], data["without_group"]]
        assert sum(part[name] for part in parts) == data["bad" if name == "runs" else "waste"]
    assert data["without_group"]["runs"] == sum(not row[3] for row in now)
    assert data["others"]["groups"] == data["number_of_groups"] - 15


@pytest.mark.parametrize("seed", range(2))
def test_the_rows_of_both_tables_and_the_bars_sum_to_all_bad_runs(seed):
    found = section(history(seed))
    first, known, pareto = found.tables
    assert sum(row[3] for row in first.rows[:-1]) == first.rows[-1][3] == found.data["bad"]
    assert [row[0] for row in known.rows] == [row[0] for row in first.rows[: len(known.rows)]]
    assert sum(row[1] for row in pareto.rows) == found.data["bad"]
    assert pareto.rows[-1][3] == "100.0 %"
    [chart] = found.charts
    assert sum(value for each in chart.series if each.kind == "bar" for value in each.y) == found.data["bad"]
    heights = chart.series[0].y
    assert heights == sorted(heights, reverse=True)
    assert chart.series[-1].y == sorted(chart.series[-1].y)
    assert chart.series[-1].y[-1] == pytest.approx(100)
    assert len(first.links) == len(first.rows)


def test_first_comes_what_goes_on_not_what_is_over():
    over = [(NOW - 6 * DAY + i, "pay", "1", "over", 60 * SECOND) for i in range(60)]
    going = [(NOW - 1 - i * DAY // 10, "pay", "1", "going", 60 * SECOND) for i in range(50)]
    found = section(over + going)
    assert [row["id"] for row in found.data["groups"]] == ["going", "over"]
    assert found.finding.startswith("Fix first: E-going in pay, step charge; expect about")
    assert "Most bad runs are by E-over in pay, step charge: 60, 54.5 % of all." in found.finding


def test_expected_loss_of_a_steady_group_is_its_weekly_loss():
    made = [(NOW - 1 - i * DAY // 10, "pay", "1", "g", 60 * SECOND) for i in range(140)]
    [row] = section(made).data["groups"]
    assert row["expected_runs"] == pytest.approx(70, rel=0.02)
    assert row["expected_waste"] == pytest.approx(70 * 60 * SECOND, rel=0.02)


def test_a_group_first_seen_in_the_period_is_new():
    made = [(NOW - DAY - i, "pay", "1", group, 0) for group in ("old", "fresh") for i in range(10)]
    found = section(made, {"fresh": NOW - DAY})
    assert {row["id"]: row["new"] for row in found.data["groups"]} == {"old": False, "fresh": True}
    assert "2 error groups in all, 1 of them new in this period." in found.finding


@pytest.mark.parametrize(("zone", "day"), [("Asia/Kathmandu", (2026, 5, 4)), ("Europe/Vienna", (2026, 10, 26))])
def test_the_28_days_are_local_ones_and_the_last_is_the_newest(zone, day):
    until = int(datetime(*day, 12, tzinfo=UTC).timestamp()) * 1_000_000
    period = Period(until - 30 * DAY, until, zone, until)
    chance = random.Random(5)
    made = [(until - 1 - chance.randrange(30 * DAY), "pay", "1", "g", 0) for _ in range(300)]
    [row] = section(made, period=period).data["groups"]
    days = [period.local(ended).date() for ended, *_ in made]
    last = period.local(until - 1).date()
    assert row["daily"] == [sum((last - each).days == ago for each in days) for ago in reversed(range(28))]


def test_runs_that_are_all_consequences_are_named():
    found = section([(NOW - DAY - i, "pay", "1", "", 0) for i in range(30)])
    assert found.finding == "30 bad runs have no group: consequences, or nothing known."
    assert [row[3] for row in found.tables[0].rows] == [30, 30]


def test_nothing_failed():
    found = section([])
    assert (found.finding, found.charts, found.tables) == ("Nothing failed in this period.", [], [])
    assert json.loads(json.dumps(found.data, allow_nan=False))["bad"] == 0


def test_few_runs_get_no_percentage_and_no_forecast():
    found = section([(NOW - DAY - i, "pay", "1", f"g{i % 2}", SECOND) for i in range(7)])
    shown = found.finding + json.dumps([table.rows for table in found.tables])
    assert "%" not in shown
    assert "4 of 7" in found.finding
    assert "fixed first" not in found.finding


def test_filters_cut_groups_and_what_is_expected():
    made = history(3)
    found = section(made, filters=Filters(workflows=("pay",), version="1"))
    own = [row for row in made if row[1] == "pay" and row[2] == "1"]
    assert section(own).data == found.data


def test_links_are_quoted():
    found = section([(NOW - DAY, "pay & go", "1", "a/b", 0)] * 3)
    assert found.charts[0].series[0].links == ["groups/a%2Fb"]


def test_a_spark_has_its_highest_bar_at_the_top():
    assert spark([0, 1, 8, 4]) == " ▁█▄"
    assert spark([]) == ""

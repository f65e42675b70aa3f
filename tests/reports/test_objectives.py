"""Are budgets those of the runs, is burning told from bad luck, and does a forecast know what it cannot know?"""

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from reports.charts.picture import picture
from reports.charts.plotly_figure import plotly_figure
from reports.frames import Objective
from reports.period import DAY, Filters, Period
from reports.sections.objectives import build
from support.made import HOUR, MONTH, NOW, QUARTER, made, run, section_of

START = MONTH.since
NOON = NOW - 12 * HOUR
OPEN = Period(NOON - 20 * DAY, NOON + 10 * DAY, "UTC", NOON)


def history(rate, a_day=100, days=28, until=NOW, workflow="pay", seed=1):
    chance = np.random.default_rng(seed)
    return [run(until - (place + 1) * DAY // a_day, workflow, "failed" if chance.random() < rate else "succeeded")
            for place in range(days * a_day)]  # fmt: skip


def about(runs, *objectives, period=MONTH, filters=Filters()):  # noqa: B008
    return section_of(build, made(runs, objectives=[Objective(*each) for each in objectives]), period, filters)


def test_a_budget_is_what_the_objective_leaves_of_the_runs():
    runs = [*history(0.02), *history(0.5, workflow="mail")]
    [objective] = about(runs, ("p*", 0.99)).data["objectives"]
    bad = sum(each[1] == "pay" and each[5] == "failed" for each in runs)
    assert (objective["runs"], objective["bad"]) == (2800, bad)
    assert objective["budget"] == pytest.approx(28)
    assert objective["used"] == pytest.approx(bad / 28)
    assert not objective["kept"]


def test_it_is_said_which_were_kept_and_which_used_most():
    runs = [*history(0.02), *history(0.001, workflow="mail")]
    finding = about(runs, ("pay", 0.99), ("mail", 0.99)).finding
    assert finding.startswith("1 of 2 objectives are kept. pay used most of its budget: ")
    assert "28 allowed." in finding


def test_a_fire_in_the_last_hours_burns_too_fast_and_an_old_one_does_not():
    calm = history(0.001)
    now = [run(NOW - (place + 1) * 30_000_000, outcome="failed") for place in range(100)]
    assert "The budget of pay burns too fast at the end." in about([*calm, *now], ("pay", 0.99)).finding
    then = [run(at - 5 * DAY, outcome="failed") for at, *_ in now]
    assert "Too fast" not in about([*calm, *then], ("pay", 0.99)).finding


def test_windows_hold_the_runs_of_their_quarter_hours():
    runs = [run(NOW - 10 * 60_000_000), run(NOW - 20 * 60_000_000, outcome="failed"), run(NOW - 2 * HOUR)]
    burns = about(runs, ("pay", 0.9)).data["objectives"][0]["burns"]
    assert (burns[0]["long"], burns[0]["short"]) == ([1, 2], [0, 1])
    assert burns[1]["long"] == [1, 3]
    table = next(table for table in about(runs, ("pay", 0.9)).tables if "burns" in table.caption)
    assert [row[1] for row in table.rows] == ["1 h and 15 min", "6 h and 30 min", "1 d and 2 h", "3 d and 6 h"]


def test_a_period_that_is_over_has_no_forecast_and_says_why():
    section = about(history(0.02), ("pay", 0.99))
    assert section.data["objectives"][0]["forecast"] is None
    assert any("period is over" in note for note in section.notes)


@pytest.mark.parametrize(("days", "known"), [(30, True), (16, True), (12, False), (3, False)])
def test_a_forecast_takes_fourteen_days_of_history(days, known):
    section = about(history(0.01, days=days, until=NOON), ("pay", 0.99), period=OPEN)
    assert (section.data["objectives"][0]["forecast"] is not None) is known
    assert any("it takes runs on 14 whole days" in note for note in section.notes) is not known


@pytest.mark.parametrize(("rate", "low", "high"), [(0.002, 0, 0.05), (0.05, 0.95, 1), (0.01, 0.1, 0.9)])
def test_the_chance_of_breaking_it_follows_the_rate(rate, low, high):
    [objective] = about(history(rate, days=40, until=NOON), ("pay", 0.99), period=OPEN).data["objectives"]
    assert low <= objective["forecast"]["exceeded"] <= high


def test_the_fan_goes_on_from_what_is_known_and_is_drawn():
    section = about(history(0.01, days=40, until=NOON), ("pay", 0.99), period=OPEN)
    forecast = section.data["objectives"][0]["forecast"]
    assert len(forecast["fan"]) == 11
    assert all(row == sorted(row) for row in forecast["fan"])
    assert forecast["fan"][0][0] >= section.data["objectives"][0]["bad"]
    assert forecast["budget"] == pytest.approx(0.01 * 3000, rel=0.02)
    chart = section.charts[-1]
    assert chart.series[0].y[-1] == section.data["objectives"][0]["bad"]
    assert next(table for table in section.tables if "to come" in table.caption).rows[-1][0] == "2 Dec 2026"
    for each in section.charts:
        assert plotly_figure(each)["data"]
        assert picture(each)[:4] == b"\x89PNG"


def test_forecasts_hold_as_often_as_they_say():
    """Of histories of one rate the 90 % band of the last day holds what came then in about nine of ten."""
    held = 0
    for seed in range(40):
        runs = history(0.02, 50, 50, NOON + 10 * DAY, seed=seed)
        known = [each for each in runs if each[0] < NOON]
        [objective] = about(known, ("pay", 0.98), period=OPEN).data["objectives"]
        came = sum(each[5] == "failed" for each in runs if each[0] >= OPEN.since)
        low, *_, high = objective["forecast"]["fan"][-1]
        held += low <= came <= high
    assert 31 <= held <= 40  # 36 are expected, with a deviation of 1.9


def test_missed_runs_are_told_by_workflow_and_never_in_the_share():
    runs = [run(NOW - DAY, "nightly", "missed")] * 3 + [run(NOW - 40 * DAY, "nightly", "missed"), run(NOW - DAY)]
    runs += [run(NOW - DAY, "pay", "missed")]
    section = about(runs, ("*", 0.9))
    assert section.data["missed"] == [["nightly", 3, 1], ["pay", 1, 0]]
    assert section.data["objectives"][0]["runs"] == 1
    assert "4 runs that should have come did not, most of nightly (3)." in section.finding
    table = next(table for table in section.tables if "Missed" in table.caption)
    assert table.links[0].startswith("runs?workflow=nightly&outcome=missed&since=")


def test_without_objectives_it_says_how_to_set_one():
    finding = about([run(NOW - DAY)]).finding
    assert finding.startswith("No objective is set. A rule with the condition burn_rate")
    assert "No run was missed." in finding


def test_few_runs_have_no_percentage():
    section = about([run(NOW - DAY, outcome="failed"), *[run(NOW - DAY)] * 5], ("pay", 0.9))
    row = section.tables[0].rows[0]
    assert row[6] == "1 of 0.6"
    assert not any("%" in str(cell) for cell in [*row[2:], section.finding])
    assert section.charts == []
    assert any("one run decides there" in note for note in section.notes)


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5])
def test_an_objective_without_a_budget_is_named_and_left_out(target):
    section = about(history(0.02), ("pay", target), ("pay", 0.9))
    assert len(section.data["objectives"]) == 1
    assert any("leaves no budget: give a share between 0 and 1" in note for note in section.notes)


@pytest.mark.parametrize("runs", [[], [run(NOW - DAY)], [run(START + h * HOUR, outcome="failed") for h in range(600)]])
def test_little_and_all_bad_is_said_plainly(runs):
    section = about(runs, ("pay", 0.99))
    assert "nan" not in section.finding
    assert section.finding.startswith(
        "No run ended that"
        if not runs
        else "1 of 1 objective is kept."
        if len(runs) == 1
        else "0 of 1 objective is kept."
    )


def test_days_of_the_fan_are_local():
    now = int(datetime(2026, 10, 20, 6, 20, tzinfo=UTC).timestamp()) * 1_000_000
    period = Period(now - 15 * DAY, now + 9 * DAY, "Asia/Kathmandu", now)
    runs = history(0.02, days=30, until=now)
    [objective] = about(runs, ("pay", 0.99), period=period).data["objectives"]
    assert len(objective["forecast"]["fan"]) == math.ceil((9 * DAY + (now + 345 * 60_000_000) % DAY) / DAY)


def test_filters_cut_budgets():
    runs = [*history(0.02), *history(0.5, workflow="mail")]
    assert about(runs, ("*", 0.9), filters=Filters(workflows=("mail",))).data["objectives"][0]["runs"] == 2800


def test_a_run_at_the_very_start_of_the_period_counts():
    assert about([run(START), run(START - QUARTER)], ("pay", 0.9)).data["objectives"][0]["runs"] == 1

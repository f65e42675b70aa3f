"""Is everything said that weakens the numbers, and nothing that does not?"""

from datetime import UTC, datetime

import numpy as np
import pytest

from reports.frames import frames_of
from reports.gaps import gaps
from reports.period import DAY, Filters, Period
from reports.sections.quality import build
from support.made import HOUR, MONTH, NOW, made, run, section_of

START = MONTH.since


def named(section):
    return {line["name"]: line for line in section.data["lines"]}


def hourly(per_hour, start=START - 28 * DAY, until=NOW, without=(), seed=1):
    """Poisson numbers of runs in each hour, none from and to the hours of the period that are given."""
    chance = np.random.default_rng(seed)
    runs = []
    for place, at in enumerate(range(start, until, HOUR)):
        silent = any(a <= (at - START) // HOUR < b for a, b in without)
        runs += [run(at + HOUR // 2, version="1")] * (0 if silent else int(chance.poisson(per_hour(place % 168))))
    return runs


def test_good_numbers_are_called_good():
    section = section_of(build, made(hourly(lambda _: 5)))
    assert section.finding.endswith("Nothing is known that weakens these numbers.")
    assert section.data["lines"] == []


def test_each_weakness_is_counted_and_says_what_it_weakens():
    runs = [run(START + h * HOUR, late=h < 30, skewed=h < 7, version="1" if h % 2 else "") for h in range(672)]
    runs += [run(NOW - DAY, outcome="lost", version="1")] * 2
    notes = {"orphans": 4, "quarantined": 1, "duplicates": 0, "odd_ones": 2}
    lines = named(section_of(build, made(runs, open_runs=3, notes=notes, kept_since=START + DAY)))
    assert {name: line["number"] for name, line in lines.items()} == {
        "late": 30, "skewed": 7, "no_version": 336, "lost": 2, "open": 3, "no_before": 0, "kept_since": 0, "orphans": 4,
        "quarantined": 1, "odd_ones": 2,
    }  # fmt: skip
    assert lines["late"]["said"] == "30 of 674 runs (4.5 %) were heard of more than a minute after they ended"
    assert lines["orphans"]["said"].startswith("4 spans or records came of runs that are not known")
    assert lines["quarantined"]["said"].startswith("1 body could not")
    assert lines["odd_ones"]["said"] == "2 records under odd ones"
    assert all(line["weakens"] for line in lines.values())


def test_many_are_in_the_table_and_three_in_the_sentence():
    runs = [run(START + h * HOUR, late=1, skewed=1) for h in range(672)]
    section = section_of(build, made(runs, open_runs=3, notes={"quarantined": 1}))
    assert section.finding.endswith("3 more are in the table.")
    assert len(section.tables[0].rows) == 6


def test_few_runs_have_no_percentage():
    assert "%)" not in str(section_of(build, made([run(NOW - DAY, late=1)])).tables[0].rows)


def test_values_folded_to_other_are_said():
    frames = made([*hourly(lambda _: 1), run(NOW - DAY, version="other")])
    cell = (NOW - DAY, "otel", "pay", "", "1", "high")
    frames.groups = frames_of(groups=[(*cell, "other", 5, 0)]).groups
    lines = named(section_of(build, frames))
    assert (lines["other_version"]["number"], lines["other_error_group"]["number"]) == (1, 5)


@pytest.mark.parametrize(("zone", "said"), [
    ("Europe/Vienna", ["by 1 h: that day is longer"]), ("Australia/Lord_Howe", ["by 0.5 h: that day is shorter"]),
    ("Asia/Kathmandu", []),
])  # fmt: skip
def test_changes_of_clocks_in_the_period_are_said(zone, said):
    until = int(datetime(2026, 10, 30, tzinfo=UTC).timestamp()) * 1_000_000
    section = section_of(build, made([run(until - DAY)]), Period(until - 28 * DAY, until, zone, until))
    told = [line["said"] for line in section.data["lines"] if line["name"] == "clocks"]
    assert [text.split(", ")[-1] for text in told] == said


def test_the_bucket_that_is_not_over_is_said():
    period = Period(START, NOW + HOUR, "UTC", NOW + HOUR)
    assert "unfinished" in named(section_of(build, made(hourly(lambda _: 5)), period))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_a_gap_is_found_to_the_hour(zone):
    runs = hourly(lambda _: 8, without=[(100, 106)])
    [gap] = gaps(made(runs), Period(START, NOW, zone, NOW))
    assert (gap.since, gap.until) == (START + 100 * HOUR, START + 106 * HOUR)
    assert 20 < gap.expected < 60
    section = section_of(build, made(runs))
    assert named(section)["gap"]["said"].startswith("No run at all ended from 2026-10-30 04:00 to 2026-10-30 10:00")


def test_quiet_hours_nights_and_rare_runs_are_no_gaps():
    """Nights without runs, an hour now and then, and workflows that run every other week."""
    for seed in range(10):
        assert gaps(made(hourly(lambda hour: 20 if 8 <= hour % 24 < 18 else 0, seed=seed)), MONTH) == []
        assert gaps(made(hourly(lambda _: 0.7, seed=seed)), MONTH) == []
    every_other = [run(START - 28 * DAY + week * 14 * DAY + n * 1_000_000) for week in range(4) for n in range(500)]
    assert gaps(made(every_other), MONTH) == []


def test_a_gap_that_lasts_ten_days_is_one_gap_and_one_before_the_period_is_none():
    assert len(gaps(made(hourly(lambda _: 8, without=[(100, 340)])), MONTH)) == 1
    assert gaps(made(hourly(lambda _: 8, without=[(-100, -90)])), MONTH) == []


def test_the_last_hours_can_be_a_gap():
    [gap] = gaps(made(hourly(lambda _: 8, without=[(28 * 24 - 5, 28 * 24)])), MONTH)
    assert gap.until == NOW


@pytest.mark.parametrize("runs", [[], [run(NOW - DAY)], [run(NOW - DAY, outcome="failed")] * 50])
def test_little_and_all_bad_is_no_trouble(runs):
    section = section_of(build, made(runs), filters=Filters(workflows=("p*",)))
    assert "Nothing is known of the period before: nothing is compared." in section.finding

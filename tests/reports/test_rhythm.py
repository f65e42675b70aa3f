"""Are the hours those of the zone, and is a pattern claimed only where there is one?"""

import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from reports.charts.picture import picture
from reports.charts.plotly_figure import plotly_figure
from reports.hour_bursts import outbursts
from reports.period import DAY, Filters, Period
from reports.sections.rhythm import build
from support.made import HOUR, MONTH, NOW, QUARTER, made, run, section_of

START = MONTH.since
CHANCE = np.random.default_rng(7)


def instants(start, until, number, seed=1):
    return np.random.default_rng(seed).integers(start, until, number).tolist()


def random_runs(start, until, number, rate=0.1, seed=1):
    ill = np.random.default_rng(seed + 100).random(number) < rate
    at = instants(start, until, number, seed)
    return [run(t, "pay", "failed" if bad else "succeeded") for t, bad in zip(at, ill, strict=True)]


def nightly(weeks, hour=2):
    """Ten runs an hour; in one hour of each Tuesday of the weeks given eight of them fail."""
    runs = []
    for place in range(28 * 24 * 10):
        at = START + place * HOUR // 10
        local = datetime.fromtimestamp(at / 1e6, UTC)
        ill = local.weekday() == 1 and local.hour == hour and place % 10 < 8 and (at - START) // (7 * DAY) in weeks
        runs.append(run(at, outcome="failed" if ill or place % 97 == 0 else "succeeded"))
    return runs


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe"])
def test_cells_are_those_of_a_recount_in_the_zone_over_changes_of_clocks(zone):
    until = int(datetime(2026, 11, 9, tzinfo=UTC).timestamp()) * 1_000_000
    period = Period(until - 56 * DAY, until, zone, until)
    runs = random_runs(period.since, until, 4_000)
    section = section_of(build, made(runs), period)
    counted, ill = Counter(), Counter()
    for at, _, _, _, _, outcome, *_ in runs:
        local = datetime.fromtimestamp((at - at % QUARTER) / 1e6, UTC).astimezone(ZoneInfo(zone))
        counted[local.weekday(), local.hour] += 1
        ill[local.weekday(), local.hour] += outcome == "failed"
    assert section.data["runs"] == [[counted[day, hour] for hour in range(24)] for day in range(7)]
    assert section.data["bad"] == [[ill[day, hour] for hour in range(24)] for day in range(7)]
    changes = sum("clocks were changed" in note for note in section.notes)
    assert changes == {"UTC": 0, "Asia/Kathmandu": 0}.get(zone, 1)
    assert any(zone in note for note in section.notes)


def test_a_fault_of_every_tuesday_night_is_found_and_named():
    section = section_of(build, made(nightly({0, 1, 2, 3})))
    assert section.data["pattern"]
    assert section.data["worst"][0]["hour"] == "Tue 02:00"
    assert "Yes, hours differ more than chance allows" in section.finding
    assert "The worst is Tue 02:00: 80.0 %" in section.finding
    assert "bad runs in 4 of 4 weeks" in section.finding


def test_one_outage_is_called_an_incident_and_no_rhythm():
    section = section_of(build, made(nightly({2}, hour=3)))
    assert section.finding.startswith("No: incidents aside, chance alone")
    assert any(note.startswith("10 runs in hours when far more failed") for note in section.notes)


def test_chance_is_called_chance():
    """Of twenty histories without a pattern none may be claimed but by p < 1 %; with these seeds none is."""
    for seed in range(20):
        section = section_of(build, made(random_runs(START, NOW, 1_500, seed=seed)))
        assert not section.data["pattern"], seed
        assert section.finding.startswith("No: chance alone")


def test_a_bad_workflow_that_runs_at_night_makes_no_bad_night():
    runs = [run(START + day * DAY + 3 * HOUR + n * QUARTER // 10, "night", "failed" if n % 2 else "succeeded")
            for day in range(28) for n in range(10)]  # fmt: skip
    runs += [run(START + h * HOUR, "day", "succeeded") for h in range(28 * 24)]
    assert not section_of(build, made(runs)).data["pattern"]


@pytest.mark.parametrize(("runs", "said"), [
    ([], "No run ended in this period."),
    ([run(NOW - DAY, outcome="failed")], "Too few runs ended badly to look for a pattern: 1 of 1."),
    ([run(START + h * HOUR, outcome="failed") for h in range(500)], "Every run ended badly"),
    ([run(START + h * HOUR) for h in range(500)], "Too few runs ended badly to look for a pattern: 0 of 500."),
])  # fmt: skip
def test_little_and_all_bad_is_said_plainly(runs, said):
    section = section_of(build, made(runs))
    assert section.finding.startswith(said)
    assert not section.data["pattern"]


def test_cells_of_few_runs_are_marked_and_have_no_percentage():
    section = section_of(build, made([run(START + h * HOUR, outcome="failed" if h % 9 == 0 else "succeeded")
                                      for h in range(28 * 24)]))  # fmt: skip
    heat = section.charts[0].heat
    assert all(all(row) for row in heat.weak)
    assert all("/" in text for row in heat.text for text in row)
    assert section.data["worst"] == []


def test_an_hour_without_runs_is_empty_and_not_zero():
    heat = section_of(build, made([run(START + 3 * HOUR)] * 30)).charts[0].heat
    assert heat.values[0][3] is not None
    assert heat.values[0][4] is None
    assert heat.text[0][4] == ""


def test_less_than_two_weeks_are_said():
    period = Period(NOW - 7 * DAY, NOW, "UTC", NOW)
    notes = section_of(build, made(random_runs(period.since, NOW, 500)), period).notes
    assert any("less than two weeks" in note for note in notes)


def test_filters_cut_the_maps_and_both_are_drawn():
    runs = [*nightly({0, 1}), *(run(START + h * HOUR, "other") for h in range(100))]
    section = section_of(build, made(runs), filters=Filters(workflows=("oth*",)))
    assert sum(map(sum, section.data["runs"])) == 100
    charts = section_of(build, made(runs)).charts
    assert [chart.heat.unit for chart in charts] == ["%", "runs"]
    for chart in charts:
        assert plotly_figure(chart)["data"]
        assert picture(chart)[:4] == b"\x89PNG"


def test_what_comes_in_most_weeks_is_no_outburst_and_small_workflows_are_looked_at_together():
    assert not outbursts(rows_of({(week, 30): 9 for week in range(4)})).any()
    assert outbursts(rows_of({(2, 30): 9})).sum() == 2
    apart = rows_of({(2, 30): 9}, strata=3)
    assert set(apart[outbursts(apart)].stratum) == {0, 1, 2}
    assert not len(outbursts(rows_of({})[:0]))


@pytest.mark.parametrize("number", [0, 1, 8, 300])
def test_a_section_of_few_runs_is_plain_data(number):
    section = section_of(build, made(random_runs(START, NOW, number)))
    assert json.loads(json.dumps(asdict(section)))["key"] == "rhythm"


def rows_of(ill, strata=1):
    """Ten runs in each hour of four weeks, dealt to the strata; ``ill`` of them by week and hour are bad."""
    rows = [
        (START + (week * 168 + hour) * HOUR, hour, place % strata, place < ill.get((week, hour), place == hour % 90), 1)
        for week in range(4) for hour in range(168) for place in range(10)
    ]  # fmt: skip
    named = pd.DataFrame(rows, columns=["bucket", "hour", "stratum", "bad", "n"])
    return named.groupby(["bucket", "hour", "stratum", "bad"], as_index=False).n.sum()

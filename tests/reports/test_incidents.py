"""Are incidents those of the runs, and are open ones not taken for short ones?"""

import random

import pytest

from reports.charts.picture import picture
from reports.charts.plotly_figure import plotly_figure
from reports.period import DAY, Filters
from reports.sections.incidents import build
from support.made import HOUR, MINUTE, MONTH, NOW, ends_of, made, run, section_of

START = MONTH.since


def about(runs, filters=Filters(), period=MONTH, **more):  # noqa: B008
    return section_of(build, made(runs, ends=ends_of(runs), **more), period, filters)


def listed(section):
    return [(each["workflow"], each["start"], each["close"]) for each in section.data["list"]]


def steady(workflow, outcomes, every=HOUR, start=START):
    return [run(start + place * every, workflow, outcome) for place, outcome in enumerate(outcomes)]


def busy(*bad, hours=28 * 24):
    """A run each hour of the period; those at the places given fail."""
    return steady("pay", ["failed" if place in bad else "succeeded" for place in range(hours)])


def brute(runs, k):
    """Walks through each workflow's runs by hand."""
    found = []
    for workflow in {each[1] for each in runs}:
        streak = []
        for each in [*sorted(each for each in runs if each[1] == workflow), None]:
            if each and each[5] == "failed":
                streak.append(each[0])
                continue
            if len(streak) >= k[workflow]:
                found.append((workflow, streak[0], each[0] if each else None))
            streak = []
    return sorted(found, key=lambda row: (row[1], row[0]))


@pytest.mark.parametrize("seed", range(4))
def test_incidents_are_those_that_a_walk_through_the_runs_finds(seed):
    chance = random.Random(seed)
    runs = []
    for workflow, a_day, share in (("busy", 40, 0.3), ("rare", 2, 0.4), ("well", 30, 0.0)):
        for _ in range(28 * a_day):
            outcome = "failed" if chance.random() < share else "succeeded"
            runs.append(run(START + chance.randrange(28 * DAY), workflow, outcome))
    found = listed(about(runs))
    assert len(found) > 50
    assert sorted(found, key=lambda row: (row[1], row[0])) == brute(runs, {"busy": 2, "rare": 1, "well": 2})


def test_one_bad_run_of_a_busy_workflow_is_no_incident_and_two_are_one():
    assert about(busy(50)).finding == "There was no incident: nowhere did enough runs in a row end badly."
    section = about(busy(50, 51, 52))
    assert listed(section) == [("pay", START + 50 * HOUR, START + 53 * HOUR)]
    assert section.data["list"][0]["opened"] == START + 51 * HOUR
    assert "1 incident in 1 workflow, none still open." in section.finding
    assert "longest took 3.0 h" in section.finding


def test_one_bad_run_of_a_rare_workflow_is_an_incident():
    assert listed(about(steady("rare", ["succeeded", "failed", "succeeded"], DAY))) == [
        ("rare", START + DAY, START + 2 * DAY)
    ]


def test_an_incident_that_is_open_counts_as_not_over_yet():
    runs = busy(*range(28 * 24 - 10, 28 * 24))
    section = about(runs)
    assert section.data["open"] == 1
    assert section.data["recovery"]["closed"] == 0
    assert section.data["recovery"]["median"] is None
    assert "1 still open" in section.finding
    assert section.tables[0].rows[0][-1] == "open, 10.0 h so far"


def test_open_incidents_make_the_median_longer_and_never_shorter():
    """Eleven took two hours; twelve go on since five: fewer than half are known to be over."""
    closed = [run(START + DAY * day + HOUR * hour, "pay", "failed" if hour < 2 else "succeeded")
              for day in range(11) for hour in range(24)]  # fmt: skip
    still = [run(NOW - 5 * HOUR + at, f"open-{n}", "failed") for n in range(12) for at in (0, HOUR)]
    before = [run(NOW - DAY * day, f"open-{n}") for n in range(12) for day in range(1, 28) for _ in range(5)]
    section = about([*closed, *still, *before])
    recovery = section.data["recovery"]
    assert (recovery["closed"], recovery["open"]) == (11, 12)
    assert recovery["median"] is None
    assert recovery["mean"] is None
    assert "had not recovered yet" in section.finding


def test_who_was_told_and_acted_comes_from_alerts_that_overlap():
    runs = busy(50, 51, 52, 200, 201)
    first, second = START + 50 * HOUR, START + 200 * HOUR
    alerts = [
        ("a", "pay", "", first + HOUR, first + HOUR, first + HOUR + MINUTE, first + 2 * HOUR, first + 3 * HOUR),
        ("b", "pay", "", first + HOUR, first + HOUR, first + 2 * HOUR, 0, first + 3 * HOUR),
        ("c", "pay", "staging", second, second, second + MINUTE, 0, 0),
        ("d", "other", "", second, second, second + MINUTE, 0, 0),
        ("e", "pay", "", second - 9 * HOUR, second - 9 * HOUR, second - 8 * HOUR, 0, second - HOUR),
    ]
    [one, other] = about(runs, alerts=alerts).data["list"]
    assert (one["told"], one["acted"]) == (first + HOUR + MINUTE, first + 2 * HOUR)
    assert (other["told"], other["acted"]) == (None, None)


def test_an_alert_that_was_open_already_means_that_people_knew_at_once():
    runs = busy(50, 51)
    start = START + 50 * HOUR
    alerts = [("a", "pay", "", start - HOUR, start - HOUR, start - HOUR, 0, 0)]
    assert about(runs, alerts=alerts).data["list"][0]["told"] == start


def test_no_message_is_said():
    assert "Nobody was told of it." in about(busy(50, 51)).finding


def test_environments_recover_each_for_itself():
    runs = [*busy(), *(run(START + (h + 1) * MINUTE * 30, "pay", "failed", environment="staging") for h in range(200))]
    section = about(runs)
    assert [each["environment"] for each in section.data["list"]] == ["staging"]
    assert section.data["open"] == 1
    assert about(runs, Filters(environment="prod")).data["incidents"] == 0


def test_another_versions_good_run_closes_what_a_version_began():
    runs = [*busy(hours=300), run(START + 300 * HOUR, outcome="failed", version="2"),
            run(START + 301 * HOUR, outcome="failed", version="2"), run(START + 302 * HOUR, version="1")]  # fmt: skip
    assert listed(about(runs, Filters(version="2"))) == [("pay", START + 300 * HOUR, START + 302 * HOUR)]
    assert about(runs, Filters(version="1")).data["incidents"] == 0


def test_one_that_began_before_the_period_is_shown_and_not_measured():
    runs = [*busy(0), run(START - 2 * HOUR, outcome="failed"), run(START - HOUR, outcome="failed")]
    section = about(runs)
    assert (section.data["incidents"], section.data["began"]) == (1, 0)
    assert "None of them began in the period." in section.finding
    assert any("had begun before" in note for note in section.notes)


def test_rows_kept_for_less_than_the_period_are_said():
    notes = about(busy(), kept_since=START + 9 * DAY).notes
    assert any("kept since 2026-11-04" in note for note in notes)


def test_runs_between_failures_have_an_interval_or_none_at_few_runs():
    few = about(steady("rare", ["failed", "succeeded"], DAY))
    assert next(tile for tile in few.tiles if tile.label == "Runs between failures").value == "1 in 2"
    many = about(busy(50, 51))
    tile = next(tile for tile in many.tiles if tile.label == "Runs between failures")
    assert (tile.value, tile.note) == ("336", "95 %: 93 to 1225; all runs by bad ones")


@pytest.mark.parametrize(("runs", "said"), [
    ([], "No run ended in this period."),
    ([run(NOW - DAY)], "There was no incident"),
    ([run(NOW - DAY, outcome="failed")], "1 incident in 1 workflow, 1 still open."),
    (busy(*range(28 * 24)), "1 incident in 1 workflow, 1 still open."),
])  # fmt: skip
def test_little_and_all_bad_is_said_plainly(runs, said):
    section = about(runs)
    assert said in section.finding
    assert "nan" not in section.finding


def test_lanes_lie_within_the_period_and_are_drawn():
    runs = [*busy(50, 51, 52, *range(28 * 24 - 3, 28 * 24), 0), run(START - HOUR, outcome="failed")]
    section = about(runs)
    lanes = section.charts[0]
    for series in lanes.series:
        ends = (
            [start + length for start, length in zip(series.base, series.x, strict=True)] if series.base else series.x
        )
        assert min(series.base or series.x) >= 0
        assert max(ends) <= 28
        assert len(series.links) == len(series.x)
    assert [series.name for series in lanes.series] == ["recovered", "still open", "start"]
    for chart in section.charts:
        assert plotly_figure(chart)["data"]
        assert picture(chart)[:4] == b"\x89PNG"


def test_a_lane_leads_to_its_bad_runs():
    link = about(busy(50, 51)).tables[0].links[0]
    assert link.startswith("runs?workflow=pay&outcome=bad&since=2026-10-28T02%3A00%3A00%2B00%3A00&until=2026-10-28T04")

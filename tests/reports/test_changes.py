"""Is a planted change found on its day, its suspect named as one, and what bad runs share told from chance?"""

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest

from reports.charts.picture import picture
from reports.charts.plotly_figure import plotly_figure
from reports.frames import frames_of
from reports.hours import clock_changes, day_edges
from reports.period import DAY, Filters, Period
from reports.sections.changes import build
from support.made import HOUR, MONTH, NOW, made, run, section_of

START = MONTH.since
STEP = 18  # the day on which the share rises


def stepped(workflow="pay", before=0.02, after=0.08, a_day=200, version=False, seed=3):
    """Two hundred runs a day, of which a larger share fails from one day on; in the course of a day version 2 takes
    over, and only it fails more often."""
    chance = np.random.default_rng(seed)
    runs = []
    for place in range(28 * a_day):
        at = START + place * DAY // a_day
        into = (at - START - STEP * DAY) / DAY
        newer = into >= 0 and (into >= 1 or chance.random() < 0.5)
        ill = chance.random() < (after if (newer if version else into >= 0) else before)
        runs.append(
            run(at, workflow, "failed" if ill else "succeeded", version=("2" if newer else "1") if version else "")
        )
    return runs


def change(at, title="deployed 2", version="2", workflows=(), environment=""):
    return at, "deployment", title, version, environment, workflows, "https://example.org/2"


def test_a_planted_step_is_found_on_its_day_and_said():
    section = section_of(build, made(stepped()))
    [found] = section.data["changes"]
    assert found["workflow"] == "pay"
    assert found["day"].startswith("2026-11-13")
    assert found["worse"]
    assert section.finding.startswith("On 13 Nov 2026 the share of bad runs of pay rose from ")
    assert "Nothing that is known was changed shortly before." in section.finding


def test_a_fall_is_a_fall():
    section = section_of(build, made(stepped(before=0.08, after=0.02)))
    assert " fell from " in section.finding
    assert not section.data["changes"][0]["worse"]


def test_nothing_is_found_where_nothing_changed():
    """Of thirty workflows without a change, in three histories."""
    for seed in range(3):
        runs = [each for n in range(30) for each in stepped(f"w{n}", 0.03, 0.03, 40, seed=100 * seed + n)]
        section = section_of(build, made(runs))
        assert section.data["changes"] == []
        assert section.finding.startswith("On no day did the share")


def outage(workflow, seed):
    """Forty runs a day, of which 3 % fail, and half on four single days."""
    chance = np.random.default_rng(seed)
    days = set((chance.permutation(7)[:4] * 4).tolist())
    return [run(START + place * DAY // 40, workflow,
                "failed" if chance.random() < (0.5 if place // 40 in days else 0.03) else "succeeded")
            for place in range(28 * 40)]  # fmt: skip


def test_outages_of_a_day_are_no_change():
    runs = [each for n in range(30) for each in outage(f"w{n}", n)]
    assert section_of(build, made(runs)).data["changes"] == []


def test_a_step_is_found_among_outages_which_are_in_none_of_its_shares():
    ill = {START + day * DAY for day in (4, 11, 24)}
    runs = [run(at, outcome="failed") if at - at % DAY in ill and n % 2 else run(at, outcome=outcome)
            for n, (at, _, _, _, _, outcome, *_) in enumerate(stepped())]  # fmt: skip
    section = section_of(build, made(runs))
    [found] = section.data["changes"]
    assert found["day"].startswith("2026-11-13")
    assert found["outbursts"] == ["2026-10-30 00:00", "2026-11-06 00:00", "2026-11-19 00:00"]
    assert (found["before"]["runs"], found["after"]["runs"]) == (16 * 200, 9 * 200)
    assert found["after"]["bad"] / found["after"]["runs"] < 0.11
    days = next(table for table in section.tables if "by day" in table.caption)
    assert days.rows[4][1].endswith(" of 200 (outburst)")
    assert any("Outbursts" in note for note in section.notes)


def test_a_version_that_first_ran_then_is_suspected_and_never_called_the_cause():
    section = section_of(build, made(stepped(version=True)))
    [suspect] = section.data["changes"][0]["suspects"]
    assert (suspect["title"], suspect["kind"]) == ("2 first ran", "first run of a version")
    assert suspect["p"] is not None
    assert suspect["having"]["bad"] / suspect["having"]["runs"] > suspect["lacking"]["bad"] / suspect["lacking"]["runs"]
    assert "Suspected, not proven: 2 first ran" in section.finding
    assert any("does not make it the cause" in note for note in section.notes)


def test_versions_that_run_side_by_side_are_counted_only_while_they_do():
    runs = stepped(version=True)
    [suspect] = section_of(build, made(runs)).data["changes"][0]["suspects"]
    newer = [each for each in runs if each[3] == "2"]
    last_old = max(each[0] for each in runs if each[3] == "1") // (15 * 60_000_000)
    both = [each for each in newer if each[0] // (15 * 60_000_000) <= last_old]
    assert suspect["having"]["runs"] == len(both) < len(newer)


def test_a_version_is_compared_with_those_before_it_and_not_with_its_successors():
    runs = stepped(version=True)
    later = [(*each[:3], "3", *each[4:]) if each[0] > START + 25 * DAY else each for each in runs]
    alone, followed = (section_of(build, made(each)).data["changes"][0]["suspects"] for each in (runs, later))
    assert [each["lacking"] for each in followed] == [each["lacking"] for each in alone]


@pytest.mark.parametrize(("distance", "suspected"), [
    (-25 * HOUR, False), (-23 * HOUR, True), (0, True), (23 * HOUR, True), (25 * HOUR, False),
])  # fmt: skip
def test_a_change_is_suspected_within_a_day_of_the_change_point(distance, suspected):
    section = section_of(build, made(stepped(), changes=[change(START + STEP * DAY + distance)]))
    assert bool(section.data["changes"][0]["suspects"]) is suspected


def test_the_nearer_of_two_comes_first_and_that_of_another_workflow_not_at_all():
    at = START + STEP * DAY
    changes = [change(at - 20 * HOUR, "far", ""), change(at - HOUR, "near", ""), change(at, "other", "", ("mail*",))]
    section = section_of(build, made(stepped(), changes=changes), filters=Filters(workflows=("p*",)))
    assert [each["title"] for each in section.data["changes"][0]["suspects"]] == ["near", "far"]


def test_a_release_that_was_told_of_is_not_listed_twice():
    section = section_of(build, made(stepped(version=True), changes=[change(START + STEP * DAY - HOUR)]))
    assert [each["title"] for each in section.data["changes"][0]["suspects"]] == ["deployed 2"]


def test_the_first_version_that_is_known_of_a_workflow_is_no_change():
    runs = [run(at, "pay", outcome, version="1") for at, _, _, _, _, outcome, *_ in stepped()]
    assert section_of(build, made(runs)).data["changes"][0]["suspects"] == []


def sampled(guilty="worker-7", times=6.0, bad=0.06, number=3000, seed=5):
    """Runs of two workflows with attributes; on one host they fail more often."""
    chance = np.random.default_rng(seed)
    rows = []
    for place in range(number):
        host = f"worker-{chance.integers(8)}"
        ill = chance.random() < bad * (times if host == guilty else 1)
        attributes = {"host": host, "region": str(chance.choice(["eu", "us"])), "id": f"x{place}",
                      **{f"noise{n}": str(chance.integers(4)) for n in range(20)}}  # fmt: skip
        at, workflow = START + int(chance.integers(28 * DAY)), str(chance.choice(["pay", "mail"]))
        outcome, group = ("failed", "g") if ill else ("succeeded", "")
        rows.append((f"run/{place}", at, workflow, "", "", outcome, "", group, attributes))
    return rows


def test_the_guilty_attribute_is_found_and_none_of_the_others():
    rows = sampled()
    section = section_of(build, made(stepped(before=0.04, after=0.04), sample=rows))
    [lead] = section.data["leads"]
    assert lead["value"] == "host=worker-7"
    mine = [row for row in rows if row[8]["host"] == "worker-7"]
    assert lead["bad_having"] == sum(row[5] == "failed" for row in mine)
    assert lead["good_having"] == sum(row[5] == "succeeded" for row in mine)
    assert lead["interval"][0] > 1
    assert "Bad runs have host=worker-7 in common" in section.finding
    latest = max((row for row in mine if row[5] == "failed"), key=lambda row: row[1])
    assert lead["latest"] == latest[0]
    chart = section.charts[-1]
    assert chart.log
    assert chart.series[0].links == [f"runs/{latest[0].replace('/', '%2F')}"]


def test_no_attribute_is_accused_without_reason():
    runs = stepped(before=0.04, after=0.04, a_day=20)
    for seed in range(5):
        section = section_of(build, made(runs, sample=sampled("none", number=1500, seed=seed)))
        assert section.data["leads"] == []
    assert "none is commoner among bad runs than chance allows" in section.finding


def test_version_environment_and_hour_of_the_day_are_asked_about_too():
    rows = []
    for place in range(2000):
        at = START + place * 20 * 60_000_000
        night = datetime.fromtimestamp(at / 1e6, UTC).hour < 6
        ill = place % (3 if night else 20) == 0
        outcome = "failed" if ill else "succeeded"
        rows.append((f"r{place}", at, "pay", "prod" if place % 2 else "dev", "1", outcome, "", "", {}))
    leads = section_of(build, made(stepped(), sample=rows)).data["leads"]
    assert "hour=00:00 to 06:00" in [lead["value"] for lead in leads]


def test_a_bad_run_of_each_top_group_is_put_beside_a_good_one():
    rows = [row for row in sampled() if row[5] == "failed"]
    cell = (START, "otel", "pay", "", "", "high")
    frames = made(stepped(), sample=rows)
    frames.groups = frames_of(groups=[(*cell, "g", 5, 0), (*cell, "unknown", 3, 0)]).groups
    table = next(each for each in section_of(build, frames).tables if "beside" in each.caption)
    latest = max(rows, key=lambda row: row[1])
    assert [row[0] for row in table.rows] == [latest[0]]
    assert table.links == [f"runs/{latest[0].replace('/', '%2F')}/beside"]


@pytest.mark.parametrize(("runs", "said"), [
    ([], "No run ended in this period."),
    ([run(NOW - DAY, outcome="failed")], "On no day did the share of bad runs change"),
    ([run(START + h * HOUR, outcome="failed") for h in range(500)], "On no day did the share of bad runs change"),
])  # fmt: skip
def test_little_and_all_bad_is_said_plainly(runs, said):
    assert section_of(build, made(runs)).finding.startswith(said)


def test_few_days_and_few_runs_are_said():
    period = Period(NOW - 3 * DAY, NOW, "UTC", NOW)
    assert any("6 days that are over" in note for note in section_of(build, made([run(NOW - DAY)]), period).notes)
    [tiny] = section_of(build, made(stepped(before=0.0, after=0.9, a_day=2))).data["changes"]
    table = section_of(build, made(stepped(before=0.0, after=0.9, a_day=2))).tables[0]
    assert tiny["after"]["runs"] == 20
    assert table.rows[0][3] == "0.0 % (0.0 % to 9.6 %)"


def test_the_charts_have_their_numbers_in_tables_and_are_drawn():
    section = section_of(build, made(stepped(version=True), sample=sampled()))
    days = next(table for table in section.tables if "by day" in table.caption)
    assert len(days.rows) == 28
    assert section.charts[0].marks
    for chart in section.charts:
        assert plotly_figure(chart)["data"]
        assert picture(chart)[:4] == b"\x89PNG"


@pytest.mark.parametrize(("zone", "hours"), [("Europe/Vienna", 25), ("Asia/Kathmandu", 24), ("UTC", 24)])
def test_days_are_local_and_the_one_under_way_is_left_out(zone, hours):
    now = int(datetime(2026, 10, 28, 12, tzinfo=UTC).timestamp()) * 1_000_000
    period = Period(now - 10 * DAY, now, zone, now)
    edges = day_edges(period)
    assert all(period.local(edge).hour == 0 and period.local(edge).minute == 0 for edge in edges)
    assert edges[0] <= period.first < edges[1]
    assert now - DAY < edges[-1] <= now
    assert max(later - edge for edge, later in itertools.pairwise(edges)) == hours * HOUR
    assert len(clock_changes(period)) == (hours != 24)

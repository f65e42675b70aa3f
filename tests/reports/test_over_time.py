"""Do the bars over time hold each bad run once, where it ended?"""

import random
from collections import Counter
from datetime import datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from reports.period import DAY, Filters, Period
from reports.sections import over_time
from reports.sections.buckets import buckets
from support.trends import BAD, HOUR, NOW, WEEK, Run, context_of, instant, many

OUTCOMES = ["succeeded", "failed", "timed_out", "crashed", "lost", "cancelled"]


def history(period, n=2000, seed=1):
    chance, length = random.Random(seed), period.until - period.since
    before = period.previous()
    return [
        Run(chance.choice([period.first, before.first]) + chance.randrange(length),
            f"w{chance.randrange(12)}", chance.choice(OUTCOMES))
        for _ in range(n)
    ]  # fmt: skip


def bars(chart):
    return {each.name: each.y for each in chart.series if each.kind == "bar"}


@pytest.mark.parametrize(
    ("zone", "until", "days"),
    [
        ("UTC", instant(2026, 11, 23, 12), 7),
        ("Asia/Kathmandu", instant(2026, 11, 23, 12), 9),
        ("Europe/Vienna", instant(2026, 10, 27), 2),  # an hour comes twice
        ("Europe/Vienna", instant(2026, 3, 30), 2),  # an hour is missing
        ("America/New_York", instant(2026, 11, 3), 30),
        ("UTC", instant(2026, 11, 23), 200),
    ],
)
def test_bars_equal_a_recount_in_local_time(zone, until, days):
    period = Period(until - days * DAY, until, zone, until)
    runs = history(period)
    section = over_time.build(context_of(runs, period))
    place = ZoneInfo(zone)

    def start(at):
        local = datetime.fromtimestamp(at / 1e6, place).replace(minute=0, second=0, microsecond=0)
        if period.width == "hour":
            return local.isoformat()
        days_back = local.weekday() if period.width == "week" else 0
        day = datetime.fromordinal(local.toordinal() - days_back).replace(tzinfo=place)
        return day.isoformat()

    bad = [run for run in runs if run.outcome in BAD and period.first <= run.at < period.until]
    counted = {each["start"]: each["bad"] for each in section.data["series"] if each["bad"]}
    assert counted == Counter(start(run.at) for run in bad)
    kinds, workflows = map(bars, section.charts)
    assert sum(map(sum, kinds.values())) == sum(map(sum, workflows.values())) == len(bad)
    assert sum(kinds["system"]) == sum(run.outcome in {"crashed", "lost"} for run in bad)
    assert len(workflows) == 8
    for names in (each.x for chart in section.charts for each in chart.series):
        assert len(names) == len(set(names)) <= 120


def test_an_hour_that_comes_twice_has_two_names():
    names = buckets(Period(instant(2026, 10, 24, 22), instant(2026, 10, 25, 23), "Europe/Vienna", NOW)).labels
    assert [name for name in names if "02:00" in name] == ["25 Oct, 02:00 CEST", "25 Oct, 02:00 CET"]
    assert len(names) == len(set(names)) == 25


def test_long_periods_are_summed_up_to_120_bars():
    period = Period(NOW - 3000 * DAY, NOW, "UTC", NOW)
    runs = [Run(NOW - day * DAY - HOUR, outcome="failed") for day in range(3000)]
    section = over_time.build(context_of(runs, period))
    kinds = bars(section.charts[0])["own fault"]
    assert (len(kinds), sum(kinds)) == (108, 3000)
    assert section.charts[0].x_title == "one bar: 4 weeks"
    assert len(section.data["series"]) == 430


def test_the_period_before_is_laid_over_the_same_local_times():
    """Clocks went back between the two: an early run of each is in the same bar."""
    until = instant(2026, 10, 27, 23)
    period = Period(instant(2026, 10, 26, 23), until, "Europe/Vienna", until)
    runs = [Run(instant(2026, 10, 27, 5), outcome="failed"), Run(instant(2026, 10, 20, 4), outcome="failed")]
    chart = over_time.build(context_of(runs, period)).charts[0]
    own, before = chart.series[:2]
    assert own.y.index(1) == before.y.index(1) == 6
    assert [each for each in before.y if each is not None] == [1]


def test_what_is_not_over_is_hatched_and_said():
    section = over_time.build(context_of(many(30, 3, NOW - HOUR)))
    assert section.charts[0].series[0].hatched == [False] * 7 + [True]
    assert "not over" in section.notes[0]
    assert "23 Nov 2026 (not over): 3 of 30, 10.0 %" in section.finding
    whole = Period(instant(2026, 11, 16), instant(2026, 11, 23), "UTC", NOW)
    assert over_time.build(context_of(many(30, 3, NOW - DAY), whole)).notes == []


def test_shares_need_twenty_runs_in_their_bucket():
    chart = over_time.build(context_of([*many(19, 5, NOW - 2 * DAY), *many(20, 5, NOW - DAY)])).charts[0]
    [line] = [each for each in chart.series if each.second and each.kind == "line"]
    [band] = [each for each in chart.series if each.kind == "band"]
    assert [each for each in line.y if each is not None] == [25.0]
    low, high = (next(each for each in ends if each is not None) for ends in (band.low, band.high))
    assert low < 25 < high


def test_bars_lead_to_their_runs_within_the_period():
    context = context_of(many(30, 3, NOW - HOUR), filters=Filters(workflows=("p*",)))
    links = over_time.build(context).charts[0].series[0].links
    first, last = (parse_qs(link.split("?")[1]) for link in (links[0], links[-1]))
    assert (first["since"], first["until"]) == (["2026-11-16T12:00:00+00:00"], ["2026-11-17T00:00:00+00:00"])
    assert (last["since"], last["until"]) == (["2026-11-23T00:00:00+00:00"], ["2026-11-23T12:00:00+00:00"])
    assert (first["workflow"], first["outcome"]) == (["p*"], ["bad"])


def change(at, title="deployed", version="", environment="", workflows=()):
    return at, "deployment", title, version, environment, workflows, ""


def test_changes_are_drawn_where_they_were_made():
    changes = [
        change(NOW - DAY, version="v2"),
        change(NOW - DAY + HOUR, "a schedule"),
        change(NOW - 3 * DAY, "of another", workflows=("other*",)),
        change(NOW - 4 * DAY, "in test", environment="test"),
        change(NOW - 9 * DAY, "long ago"),
        change(NOW + HOUR, "to come"),
    ]
    runs = many(30, 3, NOW - 2 * DAY, environment="prod")
    asked = Filters(workflows=("pay",), environment="prod", version="")
    section = over_time.build(context_of(runs, filters=asked, changes=changes))
    assert [(mark.x, mark.label) for mark in section.charts[0].marks] == [("22 Nov 2026", "deployed (v2) +1")]
    told = {row[0]: row[-1] for row in section.tables[0].rows if row[-1]}
    assert told == {"22 Nov 2026": "deployed (v2); a schedule"}
    everything = over_time.build(context_of(runs, changes=changes))
    assert len(everything.charts[0].marks) == 3


def test_a_chart_holds_no_more_than_twelve_lines():
    period = Period(NOW - 60 * DAY, NOW, "UTC", NOW)
    changes = [change(NOW - day * DAY, f"c{day}") for day in range(1, 40)]
    marks = over_time.build(context_of(many(30, 3, NOW - DAY), period, changes=changes)).charts[0].marks
    assert [mark.label for mark in marks] == [f"c{day}" for day in range(12, 0, -1)]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], "No run ended in this period."),
        (many(50, 0, NOW - DAY), "No run ended badly in this period."),
        ([Run(NOW - DAY, outcome="lost")], "The day with most bad runs was 22 Nov 2026: 1 of 1. "
         "1 of 8 days had some. By kind: own fault 0, timeout 0, system 1."),
    ],
)  # fmt: skip
def test_every_history_has_its_sentence(runs, said):
    section = over_time.build(context_of(runs))
    assert section.finding == said
    assert len(section.tables[0].rows) == len(WEEK.edges) - 1

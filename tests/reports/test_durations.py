"""Does the section on durations say what the durations were, and no more than they allow?"""

import json
import math
import random
from datetime import UTC, datetime

import pytest

from reports.counting import counts
from reports.frames import frames_of
from reports.period import DAY, QUARTER, Filters, Period
from reports.sections.context import Context
from reports.sections.durations import build
from reports.sketch import duration_bin

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000
WEEK = Period(NOW - 7 * DAY, NOW, "UTC", NOW)
SECOND = 1_000_000


def section(made, paths=(), period=WEEK, filters=None):
    cells = {}
    for ended, workflow, good, took in made:
        key = (ended - ended % QUARTER, "otel", workflow, "prod", "1", "", int(good), duration_bin(took))
        cells[key] = cells.get(key, 0) + 1
    frames = frames_of(durations=[(*key, n) for key, n in cells.items()], paths=paths)
    filters = filters or Filters()
    return build(Context(counts(frames, period, filters), counts(frames, period.previous(), filters), frames, filters))


def history(seed=1, slower=1.0, runs=3000):
    """Two weeks of runs. In the second one ``pay`` takes ``slower`` times as long; its bad runs take triple."""
    chance = random.Random(seed)
    made = []
    for _ in range(runs):
        ended, workflow, good = (
            NOW - 1 - chance.randrange(14 * DAY), chance.choice(["pay", "import"]), chance.random() > 0.1,
        )  # fmt: skip
        took = chance.lognormvariate(0, 0.5) * (30 if workflow == "import" else 1) * SECOND
        if workflow == "pay":
            took *= (slower if ended >= WEEK.since else 1) * (1 if good else 3)
        made.append((ended, workflow, good, round(took)))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_equal_a_recount_within_one_per_cent(seed):
    made = history(seed)
    found = section(made)
    for row in found.data["workflows"]:
        for part, first in ((row, WEEK.first), (row["before"], WEEK.previous().first)):
            until = first + 7 * DAY
            own = sorted(
                took
                for ended, workflow, good, took in made
                if (workflow, good) == (row["workflow"], row["good"]) and first <= ended - ended % QUARTER < until
            )
            assert part["n"] == len(own)
            assert part["max"] == pytest.approx(own[-1], rel=0.0101)
            for q, name, least in ((0.5, "p50", 10), (0.95, "p95", 100), (0.99, "p99", 500)):
                true = own[math.floor(q * (len(own) - 1))] if len(own) >= least else None
                assert part[name] == (None if true is None else pytest.approx(true, rel=0.0101))
    assert {row["p99"] is None for row in found.data["workflows"]} == {True, False}


def test_a_slowdown_is_found_and_shown_over_time():
    found = section(history(slower=2))
    [pay] = [row for row in found.data["workflows"] if row["workflow"] == "pay" and row["good"]]
    assert pay["drift"] == {"quantile": "p95", "ratio": pytest.approx(2, rel=0.25), "verdict": "slower"}
    assert "pay became slower: the 95th percentile" in found.finding
    assert found.charts[1].title == "Good runs of pay over time"


@pytest.mark.parametrize("seed", range(6))
def test_what_did_not_change_is_not_called_slower(seed):
    found = section(history(seed))
    assert {row["drift"]["verdict"] for row in found.data["workflows"] if row["good"]} == {"no evidence of a change"}
    assert "No workflow shows evidence" in found.finding


def test_bad_runs_that_take_longer_are_named():
    assert "Bad runs take more than twice as long as good ones in pay." in section(history()).finding


def test_few_bad_runs_are_not_compared():
    made = [(NOW - DAY - i, "pay", i >= 9, SECOND * (100 if i < 9 else 1)) for i in range(40)]
    found = section(made)
    assert "too few bad runs to compare" in found.finding
    assert {row["p50"] for row in found.data["workflows"] if not row["good"]} == {None}


@pytest.mark.parametrize("made", [[], [(NOW - DAY, "pay", True, SECOND)], [(NOW - DAY, "pay", False, SECOND)] * 30])
def test_without_enough_good_runs_it_says_so(made):
    found = section(made)
    assert found.finding == "Too few runs with a known start have ended to speak of durations."
    json.dumps(found.data, allow_nan=False)


def test_of_many_workflows_those_with_most_runs_are_told():
    made = [(NOW - DAY, f"w{i:02}", True, SECOND) for i in range(30) for _ in range(i + 1)]
    told = [row["workflow"] for row in section(made).data["workflows"]]
    assert told == [f"w{i:02}" for i in range(29, 9, -1)]


@pytest.mark.parametrize(("zone", "day"), [("Asia/Kathmandu", (2026, 5, 4)), ("Europe/Vienna", (2026, 10, 25))])
def test_over_time_every_good_run_is_in_its_local_day(zone, day):
    until = int(datetime(*day, 12, tzinfo=UTC).timestamp()) * 1_000_000 + 3 * DAY
    period = Period(until - 10 * DAY, until, zone, until)
    chance = random.Random(4)
    made = [(period.first + chance.randrange(period.until - period.first), "pay", True, SECOND) for _ in range(500)]
    table = section(made, period=period).tables[1]
    days = [period.local(ended).strftime("%-d %b %Y") for ended, *_ in made]
    assert [(row[0].removesuffix(" (not over)"), row[1]) for row in table.rows] == [
        (each, days.count(each)) for each in [row[0].removesuffix(" (not over)") for row in table.rows]
    ]
    assert sum(row[1] for row in table.rows) == 500
    assert table.rows[-1][0].endswith("(not over)")


def paths(seed, runs, bad_share, before_share=0.2):
    """Traces of good, bad and earlier good runs: the step ``charge`` has its share, the run itself the rest."""
    chance = random.Random(seed)
    made = []
    for place, (at, bad, share) in enumerate(
        [(NOW - DAY, 0, 0.2), (NOW - DAY, 1, bad_share), (NOW - 10 * DAY, 0, before_share)]
    ):
        for index in range(runs):
            own = min(0.95, max(0.01, chance.gauss(share, 0.05)))
            run = (f"r{place}-{index}", at + index, "pay", "prod", "1", bad)
            made += [(*run, "charge", own), (*run, "", 1 - own)]
    return made


def test_a_step_that_bad_runs_wait_for_is_found_and_its_shares_are_means_over_runs():
    made = paths(1, 40, 0.6)
    found = section([], made)
    [charge] = [row for row in found.data["critical_path"] if row["step"] == "charge"]
    shares = [row[7] for row in made if row[5] == 1 and row[6] == "charge"]
    assert charge["bad"] == pytest.approx(sum(shares) / 40)
    assert charge["apart"]["interval"][0] < charge["bad"] - charge["good"] < charge["apart"]["interval"][1]
    assert charge["apart"]["interval"][0] > 0.3
    assert "Bad runs of pay wait more for charge: 60 % of their time" in found.finding
    assert "grew" not in found.finding
    assert section([], made).data == found.data


def test_a_step_that_grew_in_good_runs_is_told():
    made = paths(2, 40, 0.2, before_share=0.1)
    good = [row for row in made if row[5] == 0 and row[6] == "charge"]
    before, now = (sum(row[7] for row in good if (row[1] < WEEK.since) is early) / 40 for early in (True, False))
    assert f"the share of charge grew from {before:.0%} to {now:.0%}".replace("%", " %") in section([], made).finding


def test_few_traces_get_no_interval():
    found = section([], paths(1, 9, 0.9))
    assert {(row["apart"], row["drift"]) for row in found.data["critical_path"]} == {(None, None)}
    assert "wait more" not in found.finding
    assert found.notes == ["The critical path of pay is from kept traces: 9 good runs and 9 bad ones."]


def test_of_many_traces_the_newest_count():
    """Three hundred bad runs: the first hundred never waited for the step."""
    made = [(f"r{i}", NOW - DAY + i, "pay", "prod", "1", 1, "charge" if i >= 100 else "fetch", 1.0) for i in range(300)]
    rows = section([], made).data["critical_path"]
    assert [(row["step"], row["bad"], row["bad_runs"]) for row in rows] == [("charge", 1.0, 200), ("fetch", 0.0, 200)]


def test_traces_are_cut_by_the_filters():
    made = [*paths(1, 12, 0.6), ("x", NOW - DAY, "pay", "test", "1", 1, "other", 1.0)]
    steps = {row["step"] for row in section([], made, filters=Filters(environment="prod")).data["critical_path"]}
    assert steps == {"charge", ""}


def test_bootstrap_intervals_hold_no_difference_in_most_samples():
    """Both sides alike: of 60 intervals a few leave out 0, not many."""
    missed = 0
    for seed in range(12):
        made = [
            (f"{run}-{name}", at, f"w{name}", *rest)
            for name in range(5)
            for run, at, _, *rest in paths(10 * seed + name, 15, 0.2)
        ]
        rows = [row for row in section([], made).data["critical_path"] if row["step"] == "charge"]
        assert len(rows) == 5
        missed += sum(not row["apart"]["interval"][0] <= 0 <= row["apart"]["interval"][1] for row in rows)
    assert 1 <= missed <= 9


def test_of_many_steps_that_do_not_differ_none_is_told():
    """Fifty intervals of 95 % would leave out 0 twice or thrice; the sentence allows for how many were asked."""
    told = 0
    for seed in range(10):
        chance = random.Random(seed)
        made = [
            (f"r{bad}-{i}", NOW - DAY + i, f"w{workflow}", "prod", "1", bad, f"s{step}", chance.random() / 2)
            for workflow in range(5)
            for bad in (0, 1)
            for i in range(20)
            for step in range(10)
        ]
        told += "wait more" in section([], [(f"{row[2]}-{row[0]}", *row[1:]) for row in made]).finding
    assert told <= 2

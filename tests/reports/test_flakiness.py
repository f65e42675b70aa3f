"""Are flaky steps those that failed and passed with nothing changed, and is a score given only where runs allow it?"""

import json
import random
from datetime import UTC, datetime

import pytest
from scipy.stats import beta

from reports.counting import counts
from reports.frames import frames_of
from reports.period import DAY, QUARTER, Filters, Period
from reports.sections.context import Context
from reports.sections.flakiness import build

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000
WEEK = Period(NOW - 7 * DAY, NOW, "UTC", NOW)


def section(made, period=WEEK, filters=None):
    """Runs as (ended, workflow, version, bad, {step: how often it failed}); a step that failed and is not in the way of
    a good run passed at last."""
    runs, tries = {}, {}
    for ended, workflow, version, bad, failures in made:
        cell = (ended - ended % QUARTER, "otel", workflow, "prod", version, "")
        healed = not bad and bool(failures)
        key = (*cell, "failed" if bad else "succeeded")
        n, h = runs.get(key, (0, 0))
        runs[key] = (n + 1, h + healed)
        for step, times in failures.items():
            for attempt in range(1, times + 1):
                then = "failed" if attempt < times else "ended" if bad else "passed"
                key = (*cell, step, "Boom", attempt, then)
                tries[key] = tries.get(key, 0) + 1
    frames = frames_of(
        [(*key, n, healed, 0, 0, 0, 0) for key, (n, healed) in runs.items()],
        tries=[(*key, n, 0, 0) for key, n in tries.items()],
    )
    filters = filters or Filters()
    return build(Context(counts(frames, period, filters), counts(frames, period.previous(), filters), frames, filters))


def history(seed, runs=1500, flaky=0.1, broken=0.02):
    chance = random.Random(seed)
    made = []
    for _ in range(runs):
        workflow, version = chance.choice(["pay", "import"]), chance.choice(["1", "2"])
        failures, bad = {}, chance.random() < broken
        if bad:
            failures["fetch"] = 2
        elif workflow == "pay" and version == "2" and chance.random() < flaky:
            failures["charge"] = chance.choice([1, 2])
        made.append((NOW - 1 - chance.randrange(7 * DAY), workflow, version, bad, failures))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_scores_equal_a_recount(seed):
    made = [row for row in history(seed) if row[0] - row[0] % QUARTER >= WEEK.first]
    [row] = section(made).data["steps"]
    own = [each for each in made if each[1:3] == ("pay", "2")]
    mixed = sum("charge" in each[4] for each in own)
    assert (row["workflow"], row["step"], row["version"]) == ("pay", "charge", "2")
    assert (row["mixed"], row["gone"], row["runs"]) == (mixed, 0, len(own))
    posterior = beta(1 + mixed, 19 + len(own) - mixed)
    assert row["score"] == pytest.approx(posterior.mean())
    assert row["interval"] == pytest.approx([posterior.ppf(0.05), posterior.ppf(0.95)])
    assert row["verdict"] == "flaky"


def test_the_sentence_names_the_flakiest_step():
    found = section(history(1))
    row = found.data["steps"][0]
    assert found.finding.startswith(
        f"The flakiest is step charge of pay (version 2): in {row['mixed']} of {row['runs']} "
        "runs it failed and then passed"
    )
    [scores, strip] = found.charts
    assert scores.series[0].x == [row["score"]]
    assert scores.series[0].low < scores.series[0].x < scores.series[0].high
    assert strip.heat.values == [[None] * (50 - len(row["strip"])) + row["strip"]]


def test_the_strip_tells_the_last_fifty_quarter_hours_by_their_worst_run():
    made = history(2, runs=3000)
    [row] = section(made).data["steps"]
    worst = {}
    for ended, workflow, version, bad, failures in made:
        if (workflow, version) == ("pay", "2"):
            place = ended - ended % QUARTER
            worst[place] = max(worst.get(place, 0), 2 if bad else 1 if failures else 0)
    assert row["strip"] == [worst[place] for place in sorted(worst)][-50:]
    changes = sum((a == 2) != (b == 2) for a, b in zip(row["strip"], row["strip"][1:], strict=False))
    assert row["flips"] == pytest.approx(changes / 49)
    assert set(section(made).tables[0].rows[0][7]) == {"○◐●"[level] for level in row["strip"]}


def test_ten_runs_are_needed_for_a_score():
    made = [(NOW - DAY - i * QUARTER, "pay", "1", False, {"charge": 1} if i < 3 else {}) for i in range(9)]
    found = section(made)
    assert (found.data["steps"][0]["score"], found.data["steps"][0]["interval"]) == (None, None)
    assert found.finding == "1 step failed and then passed, in too few runs for a score."
    scored = section([*made, (NOW - DAY, "pay", "1", False, {})])
    assert scored.data["steps"][0]["score"] == pytest.approx(4 / 30)
    assert "No step is known to be flaky" in scored.finding


def test_a_step_that_fails_for_good_more_often_than_it_passes_is_rather_broken():
    made = [(NOW - DAY - i, "pay", "1", i % 3 > 0, {"charge": 2}) for i in range(60)]
    found = section(made)
    [row] = found.data["steps"]
    assert (row["mixed"], row["gone"], row["verdict"]) == (20, 40, "rather broken")
    assert "flakiest" not in found.finding.lower()


def test_what_only_fails_for_good_is_not_flaky():
    made = [(NOW - DAY - i, "pay", "1", True, {"charge": 3}) for i in range(60)]
    found = section(made)
    assert found.finding == "No step failed and then passed with nothing changed."
    assert (found.charts, found.tables) == ([], [])


def test_nothing_ended():
    found = section([])
    assert found.finding == "No run ended in this period."
    json.dumps(found.data, allow_nan=False)


def test_versions_are_apart_and_a_run_without_one_is_noted():
    made = [(NOW - DAY - i, "pay", version, False, {"charge": 1}) for version in ("1", "") for i in range(30)]
    found = section(made)
    assert sorted((row["version"], row["runs"]) for row in found.data["steps"]) == [("", 30), ("1", 30)]
    assert len(found.notes) == 1


def test_filters_cut_the_steps():
    assert section(history(1), filters=Filters(version="1")).data["steps"] == []


def test_of_many_steps_the_flakiest_are_shown():
    made = [
        (NOW - DAY - i, "pay", "1", False, {f"s{place:02}": 1 for place in range(30) if i < 10 + place})
        for i in range(60)
    ]
    found = section(made)
    assert [row["step"] for row in found.data["steps"]] == [f"s{place:02}" for place in range(29, 14, -1)]
    assert (found.data["number_of_steps"], found.data["flaky"]) == (30, 30)
    assert "30 steps of 1 workflow are flaky." in found.finding

"""Are changes found where they are, and only where they are?"""

import numpy as np
import pytest

from reports.statistics import Share
from reports.statistics.changepoints import changepoints, strongest

DAYS, STEP = 28, 18


def series(chance, runs, before, after):
    shares = np.where(np.arange(DAYS) < STEP, before, after)
    return chance.binomial(runs, shares), np.full(DAYS, runs)


@pytest.mark.parametrize(
    ("runs", "before", "after", "power", "error", "times"),
    [(50, 0.02, 0.06, 0.72, 1, 120), (200, 0.02, 0.04, 0.88, 1, 80), (10, 0.02, 0.06, 0.13, 3, 300)],
)
def test_power_and_place_are_those_of_the_published_table(runs, before, after, power, error, times):
    chance = np.random.default_rng(runs)
    found = [strongest(*series(chance, runs, before, after)) for _ in range(times)]
    called = [change for change in found if change.p <= 0.01]
    deviation = (power * (1 - power) / times) ** 0.5
    assert len(called) / times == pytest.approx(power, abs=3 * deviation)
    assert np.median([abs(change.day - STEP) for change in called]) <= error


@pytest.mark.parametrize("runs", [10, 50, 200])
def test_one_in_a_hundred_unchanged_series_is_called_changed(runs):
    chance = np.random.default_rng(runs)
    uneven = chance.poisson(runs, DAYS) * (np.arange(DAYS) % 7 < 5)
    called = sum(bool(changepoints(chance.binomial(uneven, 0.03), uneven)) for _ in range(1000))
    assert called / 1000 <= 0.01 + 3 * (0.01 * 0.99 / 1000) ** 0.5


def test_an_episode_has_two_ends_with_the_rates_between_them():
    bad = np.array([1] * 12 + [15] * 6 + [1] * 12)
    rise, fall = changepoints(bad, np.full(30, 50))
    assert (rise.day, fall.day) == (12, 18)
    assert (rise.before, rise.after, fall.after) == (Share(12, 600), Share(90, 300), Share(12, 600))
    assert rise.after == fall.before
    low, high = rise.after.interval
    assert low < 0.3 < high


def test_a_plain_change_among_hundreds_of_series_survives_their_number():
    bad = np.array([0] * 14 + [10] * 14)
    assert strongest(bad, np.full(28, 50)).p * 500 <= 0.05


def test_a_segment_has_three_days():
    assert strongest(np.zeros(5, dtype=int), np.full(5, 10)) is None
    assert strongest(np.array([0, 0, 0, 0, 0, 9]), np.full(6, 10)).day == 3


@pytest.mark.parametrize("bad", [0, 10])
def test_where_all_or_none_are_bad_nothing_changed(bad):
    assert changepoints(np.full(28, bad), np.full(28, 10)) == []


def test_days_without_runs_say_nothing():
    runs = np.array([0] * 10 + [50] * 18)
    assert changepoints(np.where(runs, 2, 0), runs) == []


def test_the_same_numbers_give_the_same_answer():
    given = series(np.random.default_rng(4), 50, 0.02, 0.05)
    assert changepoints(*given) == changepoints(*given)

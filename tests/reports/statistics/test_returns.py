"""Is a silence called one only when it is too long for chance?"""

import math

import numpy as np
import pytest

from reports.statistics.returns import daily_rate, expected_loss, gone_quiet, returned_at, too_long


@pytest.mark.parametrize(("rate", "gap", "long"), [(1, 2.99, False), (1, 3.0, True), (0.1, 29, False), (0.1, 30, True)])
def test_a_gap_is_too_long_if_chance_leaves_it_once_in_twenty(rate, gap, long):
    assert too_long(rate, gap) is long


def test_daily_failures_are_quiet_after_three_days():
    days = np.arange(10.0)
    assert not gone_quiet(days, 11.9)
    assert gone_quiet(days, 12.1)


def test_five_times_make_a_rate():
    assert not gone_quiet(np.arange(4.0), 100)
    assert gone_quiet(np.arange(5.0), 100)


def test_the_return_after_a_long_silence_is_found_in_the_period_only():
    days = np.array([*range(10), 20, 21, 22], dtype=float)
    assert returned_at(days, 10) == 20
    assert returned_at(days, 20) == 20
    assert returned_at(days, 21) is None
    assert returned_at(np.arange(30.0), 0) is None
    assert returned_at(np.zeros(0), 0) is None


def test_a_steady_process_is_seldom_called_quiet():
    chance = np.random.default_rng(1)
    called = 0
    for _ in range(2000):
        *seen, now = chance.exponential(1, 41).cumsum()
        called += gone_quiet(np.array(seen), now)
    assert called / 2000 == pytest.approx(0.05, abs=0.02)


def test_a_day_weighs_half_of_the_day_a_week_later():
    week_ago, today = np.zeros(28, dtype=int), np.zeros(28, dtype=int)
    week_ago[-8] = today[-1] = 10
    assert daily_rate(week_ago) == pytest.approx(daily_rate(today) / 2)
    assert daily_rate(np.full(28, 4)) == pytest.approx(4)
    assert math.isnan(daily_rate(np.zeros(0, dtype=int)))


def test_the_expected_loss_is_of_a_week():
    assert expected_loss(np.full(28, 4), 0.5) == pytest.approx(14)

"""Do forecasts come true as often as they say?"""

import numpy as np
import pytest
from scipy.stats import betabinom

from reports.statistics import Share
from reports.statistics.forecast import expected_runs, forecast, overdispersion

NOTHING = Share(0, 0)


def future(chance, runs, size, days):
    shares = np.full(days, 0.03) if size is None else chance.beta(0.03 * size, 0.97 * size, days)
    return chance.binomial(runs, shares)


@pytest.mark.parametrize("size", [None, 60])
@pytest.mark.parametrize("runs", [50, 300])
def test_forecasts_hold_whether_days_are_alike_or_not(runs, size):
    chance = np.random.default_rng(runs)
    inside, said, happened = [], [], []
    for _ in range(300):
        bad = future(chance, runs, size, 38)
        spent = Share(int(bad[21:28].sum()), 7 * runs)
        seen = forecast(bad[:28], np.full(28, runs), np.full(10, float(runs)), spent, 0.97)
        total = bad[21:].sum()
        inside.append(seen.fan[-1, 0] <= total <= seen.fan[-1, -1])
        said.append(seen.exceeded)
        happened.append(total > seen.budget)
    assert np.mean(inside) == pytest.approx(0.91, abs=0.05)
    assert np.mean(happened) == pytest.approx(np.mean(said), abs=0.08)
    certain = np.array(said)
    assert np.mean(np.array(happened)[certain > 0.7]) > 0.6
    assert np.mean(np.array(happened)[certain < 0.3]) < 0.35


def test_alike_days_give_the_posterior_predictive_of_jeffreys():
    bad, runs = np.full(20, 3), np.full(20, 100)
    seen = forecast(bad, runs, np.array([250.0, 250.0]), Share(2, 50), 0.97)
    law = betabinom(500, 60.5, 1940.5)
    assert seen.budget == pytest.approx(16.5)
    assert seen.exceeded == pytest.approx(law.sf(14), abs=1e-6)
    assert seen.fan[-1].tolist() == [2 + law.ppf(q) for q in (0.05, 0.25, 0.5, 0.75, 0.95)]


def test_the_fan_opens_from_what_is_spent():
    runs = np.full(20, 100)
    seen = forecast(np.full(20, 3), runs, np.array([0.0, 100, 100]), Share(7, 100), 0.97)
    assert seen.fan[0].tolist() == [7] * 5
    assert (np.diff(seen.fan, axis=1) >= 0).all()
    assert (np.diff(seen.fan, axis=0) >= 0).all()


@pytest.mark.parametrize(("days", "said"), [(13, False), (14, True)])
def test_fourteen_days_make_a_forecast(days, said):
    seen = forecast(np.full(days, 1), np.full(days, 50), np.full(7, 50.0), NOTHING, 0.95)
    assert (seen is not None) is said


def test_at_the_end_of_the_period_it_is_known():
    history, none = (np.full(14, 1), np.full(14, 50)), np.zeros(0)
    assert forecast(*history, none, Share(6, 100), 0.95).exceeded == 1
    assert forecast(*history, none, Share(5, 100), 0.95).exceeded == 0
    assert forecast(*history, np.zeros(2), Share(5, 100), 0.95).exceeded == 0


def test_a_spent_budget_stays_spent():
    assert forecast(np.zeros(14, int), np.full(14, 50), np.full(2, 50.0), Share(90, 100), 0.95).exceeded == 1


def test_millions_of_runs_are_forecast_too():
    runs = np.full(28, 300_000)
    bad = np.random.default_rng(1).binomial(runs, 0.02)
    seen = forecast(bad, runs, np.full(20, 300_000.0), NOTHING, 0.97)
    assert seen.fan[-1, 2] == pytest.approx(120_000, rel=0.01)
    assert seen.exceeded == pytest.approx(0, abs=1e-9)


def test_each_weekday_goes_on_as_it_was():
    runs = np.array([0] * 5 + [10, 20, 30, 40, 50, 0, 0] * 4)
    assert expected_runs(runs, 9).tolist() == [10, 20, 30, 40, 50, 0, 0, 10, 20]
    with pytest.raises(ValueError, match="at least seven"):
        expected_runs(runs[:6], 3)


def test_days_that_scatter_like_chance_are_not_overdispersed():
    chance = np.random.default_rng(2)
    runs = np.full(400, 200)
    assert overdispersion(chance.binomial(runs, 0.1), runs) == pytest.approx(1, abs=0.2)
    wide = chance.binomial(runs, chance.beta(5, 45, 400))
    assert overdispersion(wide, runs) == pytest.approx(1 + 199 / 51, rel=0.2)
    assert overdispersion(np.zeros(5, int), np.full(5, 9)) == 1

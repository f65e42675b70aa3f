"""Is a rhythm seen where there is one, and not where workflows merely run at different hours?"""

import numpy as np
import pytest

from reports.statistics.rhythm import beta_prior, rhythm

NIGHT = np.arange(168) % 24 == 2


def test_one_in_a_hundred_tables_without_a_pattern_is_called_one():
    chance = np.random.default_rng(1)
    called = 0
    for _ in range(600):
        mean = chance.gamma(1, 3, (8, 1)) * np.where(chance.random((8, 168)) < 0.5, 2, 0.3)
        runs = chance.poisson(mean)
        called += rhythm(chance.binomial(runs, chance.beta(1, 20, (8, 1))), runs).patterned
    assert called / 600 <= 0.01 + 3 * (0.01 * 0.99 / 600) ** 0.5


def test_a_nightly_fault_is_found():
    chance = np.random.default_rng(2)
    runs = chance.poisson(8, (6, 168))
    found = [rhythm(chance.binomial(runs, np.where(NIGHT, 0.15, 0.03)), runs).patterned for _ in range(40)]
    assert np.mean(found) >= 0.9


def test_a_bad_workflow_that_runs_at_night_makes_no_bad_night():
    runs = np.stack([np.where(NIGHT, 60, 0), np.where(NIGHT, 0, 60)])
    bad = np.random.default_rng(3).binomial(runs, [[0.3], [0.01]])
    assert bad.sum(axis=0)[NIGHT].mean() > 10 * bad.sum(axis=0)[~NIGHT].mean()
    assert not rhythm(bad, runs).patterned


def test_fifty_workflows_with_a_pattern_are_judged_with_all_draws():
    chance = np.random.default_rng(4)
    runs = chance.poisson(50, (50, 168))
    assert rhythm(chance.binomial(runs, np.where(NIGHT, 0.1, 0.03)), runs).p == 0.001


def test_the_prior_that_cells_come_from_is_found():
    chance = np.random.default_rng(5)
    found = []
    for _ in range(200):
        runs = chance.poisson(40, 168)
        a, b = beta_prior(chance.binomial(runs, chance.beta(2, 38, 168)), runs)
        found.append((a / (a + b), a + b))
    mean, size = np.median(found, axis=0)
    assert mean == pytest.approx(0.05, rel=0.05)
    assert size == pytest.approx(40, rel=0.25)


def test_rates_of_few_runs_lean_on_the_rest():
    runs = np.full((1, 168), 100)
    bad = np.where(NIGHT, 30, 2)[np.newaxis]
    runs[0, 5], bad[0, 5] = 1, 1
    seen = rhythm(bad, runs)
    assert seen.rates[2] == pytest.approx(0.3, abs=0.03)
    assert seen.rates[5] < 0.3
    assert np.flatnonzero(seen.sparse).tolist() == [5]


def test_cells_that_differ_by_chance_alone_are_given_one_rate():
    runs = np.full((1, 168), 50)
    seen = rhythm(np.tile([1, 2], 84)[np.newaxis], runs)
    assert seen.rates == pytest.approx(np.full(168, 0.03), rel=0.01)
    assert not seen.patterned


@pytest.mark.parametrize("bad", [0, 3])
def test_no_runs_none_bad_and_all_bad_have_no_pattern(bad):
    runs = np.zeros((2, 168), dtype=int)
    runs[0, :10] = bad
    seen = rhythm(runs, runs)
    assert seen.p == 1
    assert np.isfinite(seen.rates).all()


def test_a_table_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="168 hours of the week"):
        rhythm(np.zeros((2, 24), dtype=int), np.zeros((2, 24), dtype=int))

"""Are the p of redrawing as honest as those of a formula?"""

import numpy as np
import pytest
from scipy.stats import hypergeom, kstest

from reports.statistics.arrays import checked
from reports.statistics.permutation import p_value, redistributed


def test_nothing_is_rarer_than_the_draws_can_show():
    assert p_value(1, lambda n: np.zeros(n), (99, 900)) == 1 / 1000


def test_what_is_common_costs_only_the_first_stage():
    asked = []

    def redraw(draws):
        asked.append(draws)
        return np.ones(draws)

    assert p_value(1, redraw, (99, 900)) == 1
    assert asked == [99]


def test_p_of_what_is_chance_is_spread_evenly():
    chance = np.random.default_rng(1)
    ps = [p_value(chance.normal(), chance.standard_normal, (999,)) for _ in range(500)]
    assert kstest(ps, "uniform").pvalue > 0.01


@pytest.mark.parametrize("bad", [4, 1990])
@pytest.mark.parametrize("runs", [[30, 0, 470, 1500], [30_000, 0, 470_000, 1_500_000]])
def test_bad_runs_are_dealt_by_the_hypergeometric_law(bad, runs):
    cells = np.array(runs)
    dealt = redistributed(np.random.default_rng(2), bad, cells, 4000)
    assert (dealt.sum(axis=1) == bad).all()
    assert (dealt <= cells).all()
    law = hypergeom(cells.sum(), cells[2], bad)
    assert dealt[:, 2].mean() == pytest.approx(law.mean(), abs=4 * law.std() / 4000**0.5)
    assert dealt[:, 2].std() == pytest.approx(law.std(), rel=0.06)


def test_unsound_counts_are_refused_with_their_place():
    with pytest.raises(ValueError, match=r"cell \(1,\): 3 bad of 2 runs"):
        checked(np.array([0, 3]), np.array([1, 2]))
    with pytest.raises(ValueError, match="one number of each for each cell"):
        checked(np.array([0]), np.array([1, 2]))

"""Does the budget burn only where it does, however few the runs?"""

import math

import pytest
from scipy.stats import binomtest

from reports.statistics import Share
from reports.statistics.burn import PAIRS, broken_p, burn_rate, burning

FAST, *_, SLOW = PAIRS


def test_a_burn_of_one_spends_the_budget_exactly():
    assert burn_rate(Share(1, 100), 0.99) == pytest.approx(1)
    assert burn_rate(Share(144, 1000), 0.99) == pytest.approx(14.4)
    assert math.isnan(burn_rate(Share(0, 0), 0.99))


@pytest.mark.parametrize(
    ("pair", "long", "short", "expected"),
    [
        (FAST, Share(150, 1000), Share(15, 100), True),
        (FAST, Share(143, 1000), Share(15, 100), False),
        (FAST, Share(150, 1000), Share(14, 100), False),  # it is over
        (FAST, Share(150, 1000), Share(0, 0), False),
        (FAST, Share(4, 4), Share(1, 1), False),  # under five bad runs
        (FAST, Share(5, 5), Share(1, 1), True),
        (SLOW, Share(6, 500), Share(2, 100), False),  # chance does as much
        (SLOW, Share(15, 500), Share(2, 100), True),
    ],
)
def test_both_windows_must_burn_and_chance_must_not_explain_it(pair, long, short, expected):
    assert burning(pair, long, short, 0.99) is expected


def test_the_exact_test_is_the_binomial_one():
    assert broken_p(Share(6, 100), 0.97) == pytest.approx(binomtest(6, 100, 0.03, alternative="greater").pvalue)
    assert broken_p(Share(0, 100), 0.97) == 1


@pytest.mark.parametrize("objective", [0, 1, 99.9])
def test_an_objective_that_is_no_share_is_refused(objective):
    with pytest.raises(ValueError, match=r"between 0 and 1, such as 0\.99"):
        burn_rate(Share(1, 100), objective)

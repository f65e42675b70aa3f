"""Are the intervals and verdicts as honest as they claim?"""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from reports.statistics import (
    Share,
    Verdict,
    benjamini_hochberg,
    detectable_rate,
    difference_p,
    newcombe,
    verdict,
    wilson,
)

SHARES = [n / 200 for n in range(1, 101)]


def coverage(runs, share):
    inside = [bad for bad in range(runs + 1) if wilson(bad, runs)[0] <= share <= wilson(bad, runs)[1]]
    return float(binom.pmf(inside, runs, share).sum())


@pytest.mark.parametrize("runs", [20, 50, 100, 500])
def test_wilson_covers_as_often_as_it_says(runs):
    covered = [coverage(runs, share) for share in SHARES]
    assert 0.94 <= sum(covered) / len(covered) <= 0.965
    assert min(covered) >= 0.90


@pytest.mark.parametrize(("runs", "share", "expected"), [(20, 0.05, 0.925), (100, 0.01, 0.921), (500, 0.01, 0.962)])
def test_wilson_reproduces_exact_coverage(runs, share, expected):
    assert coverage(runs, share) == pytest.approx(expected, abs=0.001)


def test_newcombe_reproduces_the_published_example():
    # Newcombe 1998, example (a), method 10: 56/70 − 48/80 gives 0.0524 to 0.3339.
    low, high = newcombe(Share(48, 80), Share(56, 70))
    assert (low, high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_benjamini_hochberg_orders_and_bounds():
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.0533, 0.0533, 0.5], abs=1e-3)
    assert benjamini_hochberg([]) == []


@pytest.mark.parametrize(
    ("runs", "false", "power"), [(50, 0.004, 0.17), (100, 0.014, 0.40), (168, 0.019, 0.64), (500, 0.023, 0.98)]
)
def test_false_alarms_and_power_are_those_of_the_published_table(runs, false, power):
    assert called_worse(runs, 0.03, 0.03) == pytest.approx(false, abs=0.001)
    assert called_worse(runs, 0.03, 0.09) == pytest.approx(power, abs=0.01)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5])
@pytest.mark.parametrize("runs", [30, 200])
def test_unchanged_workflows_are_seldom_called_worse(runs, share):
    assert called_worse(runs, share, share) <= 0.03  # one side of 5 %, but for the steps of small numbers


def called_worse(runs, before, after):
    """The exact probability of that verdict, summed over all pairs of counts that are worth a thought."""
    firsts, seconds = (binom.pmf(range(runs + 1), runs, share) for share in (before, after))
    return sum(
        firsts[a] * seconds[b]
        for a, b in itertools.product(np.flatnonzero(firsts > 1e-7), np.flatnonzero(seconds > 1e-7))
        if b > a and judged(Share(int(a), runs), Share(int(b), runs)) is Verdict.WORSE
    )


def judged(before, after):
    return verdict(before, after, difference_p(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Share(1, 10), Share(9, 10), Verdict.TOO_FEW),
        (Share(0, 100), Share(4, 100), Verdict.TOO_FEW),
        (Share(2, 100), Share(30, 100), Verdict.WORSE),
        (Share(30, 100), Share(2, 100), Verdict.BETTER),
        (Share(5, 100), Share(6, 100), Verdict.NO_EVIDENCE),
    ],
)
def test_verdicts_keep_the_sample_rules(before, after, expected):
    assert verdict(before, after, difference_p(before, after)) is expected


@pytest.mark.parametrize(("bad", "runs"), [(3, 100), (5, 168), (15, 500), (20, 2000), (100, 500)])
def test_the_smallest_rise_that_could_be_seen_is_seen_four_times_in_five(bad, runs):
    rise = detectable_rate(Share(bad, runs), runs)
    assert called_worse(runs, bad / runs, rise) == pytest.approx(0.8, abs=0.04)


def test_without_runs_no_rise_can_be_seen():
    assert math.isnan(detectable_rate(Share(0, 0), 10))

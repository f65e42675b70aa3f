"""Are the intervals and verdicts as honest as they claim?"""

import math
import random

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


@pytest.mark.parametrize("runs", [50, 100, 500])
def test_unchanged_workflows_are_seldom_called_worse(runs):
    chance = random.Random(runs)
    called = sum(_judged(chance, runs, 0.03, 0.03) is Verdict.WORSE for _ in range(1500))
    assert called / 1500 <= 0.05


def test_a_tripled_rate_is_mostly_seen_with_many_runs():
    chance = random.Random(5)
    seen = sum(_judged(chance, 500, 0.03, 0.09) is Verdict.WORSE for _ in range(300))
    assert seen / 300 >= 0.9


def _judged(chance, runs, before, after):
    first = Share(sum(chance.random() < before for _ in range(runs)), runs)
    second = Share(sum(chance.random() < after for _ in range(runs)), runs)
    return verdict(first, second, difference_p(first, second))


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


def test_the_smallest_rise_that_could_be_seen_is_seen_four_times_in_five():
    rate = detectable_rate(Share(15, 500), 500)
    chance = random.Random(11)
    seen = 0
    for _ in range(300):
        after = Share(sum(chance.random() < rate for _ in range(500)), 500)
        seen += verdict(Share(15, 500), after, difference_p(Share(15, 500), after)) is Verdict.WORSE
    assert 0.65 <= seen / 300 <= 1
    assert math.isnan(detectable_rate(Share(0, 0), 10))

"""Are quantiles of binned durations those of the durations, and are their intervals honest?"""

import math

import numpy as np
import pytest

from reports.distributions import LEAST, histograms, longest, quantile_interval, quantiles
from reports.sketch import duration_bin


def binned(durations):
    bins = np.array([duration_bin(int(each)) for each in durations], dtype=np.int64)
    return histograms(np.zeros(len(bins), dtype=np.int64), 1, bins, np.ones(len(bins), dtype=np.int64))


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_quantiles_are_within_one_per_cent(q):
    durations = np.sort(np.random.default_rng(3).lognormal(14, 1.5, 5000).round())
    assert quantiles(binned(durations), q)[0] == pytest.approx(durations[math.floor(q * 4999)], rel=0.0101)
    assert longest(binned(durations))[0] == pytest.approx(durations[-1], rel=0.0101)


def test_rows_are_counted_apart_and_negative_places_not_at_all():
    places, bins, n = (np.array(each) for each in ([0, 1, -1, 1], [100, 200, 300, 400], [3, 1, 9, 1]))
    counts = histograms(places, 3, bins, n)
    assert counts.sum(axis=1).tolist() == [3, 2, 0]
    assert np.isnan(quantiles(counts, 0.5)[2])
    assert np.isnan(longest(counts)[2])


def test_a_correction_that_came_before_what_it_corrects_counts_as_nothing():
    counts = histograms(np.array([0, 0]), 1, np.array([10, 20]), np.array([-1, 2]))
    assert counts.sum() == 2


@pytest.mark.parametrize(("q", "n"), [(0.5, 10), (0.5, 200), (0.95, 100), (0.95, 1000)])
def test_intervals_of_a_quantile_hold_it_in_95_of_100_samples(q, n):
    drawn = np.random.default_rng(7).exponential(1e9, (2000, n))
    bins = np.ceil(np.log(drawn) / math.log(1.01 / 0.99)).astype(np.int64)
    counts = histograms(np.repeat(np.arange(2000), n), 2000, bins.ravel(), np.ones(bins.size, dtype=np.int64))
    low, high = quantile_interval(counts, q)
    true = -1e9 * math.log(1 - q)
    held = np.mean((low * 0.98 <= true) & (true <= high * 1.02))
    assert 0.94 <= held <= 0.995


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_too_few_runs_have_no_interval(q):
    few = binned(range(1000, 1000 + LEAST[q] - 1))
    assert all(np.isnan(end[0]) for end in quantile_interval(few, q))

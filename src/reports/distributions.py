"""How are durations spread? Counts in bins of many distributions at once, and the quantiles of each."""

import numpy as np
from scipy.stats import binom

from reports.sketch import bin_value
from reports.statistics.arrays import Floats, Ints

LEAST = {0.5: 10, 0.95: 100, 0.99: 500}  # n ≥ 5 / (1 − q): fewer runs do not tell the quantile


def histograms(places: Ints, size: int, bins: Ints, n: Ints) -> Ints:
    """``size`` rows of counts by bin (``sketch.duration_bin``): each of ``n`` is added to the row that ``places`` says;
    negative places are left out. What corrections have not filled up yet counts as nothing."""
    inside = places >= 0
    width = int(bins.max(initial=0)) + 1
    flat = places[inside] * width + bins[inside]
    counts = np.bincount(flat, weights=n[inside], minlength=size * width).astype(np.int64)
    return np.maximum(counts, 0).reshape(size, width)


def quantiles(counts: Ints, q: float) -> Floats:
    """The ``q`` quantile in µs of each row, within 1 %; NaN for a row without any."""
    return _at(counts, q * (counts.sum(axis=1) - 1))


def quantile_interval(counts: Ints, q: float) -> tuple[Floats, Floats]:
    """95 % interval in µs of each row's ``q`` quantile, whatever the distribution: from the ranks between which the
    binomial law puts it (David and Nagaraja, Order Statistics, 3rd ed., 7.1). NaN where there are fewer than LEAST."""
    total = counts.sum(axis=1)
    low, high = (_at(counts, binom.ppf(p, total, q) - below) for p, below in ((0.025, 1), (0.975, 0)))
    few = total < LEAST[q]
    return np.where(few, np.nan, low), np.where(few, np.nan, high)


def longest(counts: Ints) -> Floats:
    """In µs, within 1 %; NaN for a row without any."""
    return quantiles(counts, 1.0)


def _at(counts: Ints, rank: Floats) -> Floats:
    """What stands at a rank (from 0) of each row's durations in order."""
    values = np.array([bin_value(bin_) for bin_ in range(counts.shape[1])])
    sums = counts.cumsum(axis=1)
    found = values[(sums > rank[:, None]).argmax(axis=1)]
    return np.where(sums[:, -1] > 0, found, np.nan)

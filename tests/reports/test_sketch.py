"""Are durations in bins within what they promise?"""

import math
import random

import pytest

from reports.sketch import bin_value, duration_bin, quantile


@pytest.mark.parametrize("duration", [2, 999, 10**6, 37 * 10**6, 86_400 * 10**6])
def test_a_bin_stands_for_its_durations_within_one_per_cent(duration):
    assert bin_value(duration_bin(duration)) == pytest.approx(duration, rel=0.0101)


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_quantiles_are_within_one_per_cent(q):
    chance = random.Random(3)
    durations = sorted(round(chance.lognormvariate(14, 1.5)) for _ in range(5000))
    bins: dict[int, int] = {}
    for duration in durations:
        bins[duration_bin(duration)] = bins.get(duration_bin(duration), 0) + 1
    assert quantile(bins, q) == pytest.approx(durations[math.floor(q * 4999)], rel=0.0101)
    assert math.isnan(quantile({}, q))

"""Do times that are not over count for what they show?"""

import numpy as np
import pytest

from reports.statistics.survival import recovery


def of(times, closed):
    return recovery(np.array(times, dtype=float), np.array(closed, dtype=bool))


def test_the_estimate_is_that_of_kaplan_and_meier():
    # Freireich 1963, weeks of remission under 6-MP, a textbook's example.
    times = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    closed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    seen = of(times, closed)
    assert [t for t, _ in seen.curve] == [0, 6, 7, 10, 13, 16, 22, 23, 35]
    shares = [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448, 0.448]
    assert [share for _, share in seen.curve] == pytest.approx(shares, abs=0.001)
    assert (seen.median, seen.p90, seen.closed, seen.open, seen.longest) == (23, None, 9, 12, 35)


def test_open_ones_make_the_median_longer_than_leaving_them_out():
    chance = np.random.default_rng(1)
    truth, seen_for = chance.exponential(60, 400), chance.uniform(0, 120, 400)
    closed = truth <= seen_for
    times = np.minimum(truth, seen_for)
    assert recovery(times, closed).median == pytest.approx(60 * np.log(2), rel=0.2)
    assert np.median(times[closed]) < 30


def test_p90_needs_fifty_times_and_so_many_recovered():
    assert of(range(1, 50), [1] * 49).p90 is None
    assert of(range(1, 51), [1] * 50).p90 is not None
    assert of(range(1, 56), [1] * 55).p90 == 50
    assert of(range(1, 51), [1] * 40 + [0] * 10).p90 is None


def test_a_mean_needs_ten_times_and_none_open():
    assert of(range(9), [1] * 9).mean is None
    assert of(range(10), [1] * 10).mean == 4.5
    assert of(range(11), [1] * 10 + [0]).mean is None


def test_none_recovered_and_none_at_all():
    still = of([3, 5], [0, 0])
    assert (still.median, still.open, still.curve) == (None, 2, [(0, 1), (5, 1)])
    nothing = of([], [])
    assert (nothing.median, nothing.longest, nothing.curve) == (None, None, [(0, 1)])


def test_times_below_nothing_are_refused():
    with pytest.raises(ValueError, match="0 or longer"):
        of([-1], [1])

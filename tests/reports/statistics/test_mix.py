"""Does the split leave no remainder, and name the right cause?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics.mix import split

counts = st.integers(0, 10**6).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs)))
workflows = st.lists(st.tuples(counts, counts), max_size=20)


def of(*pairs):
    table = np.array(pairs, dtype=np.int64).reshape(len(pairs), 4)
    return split(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


@given(workflows)
def test_the_terms_sum_to_the_change(pairs):
    found = of(*((*before, *after) for before, after in pairs))
    assert found.change == sum(after[0] - before[0] for before, after in pairs)
    assert found.growth + found.mix + found.rate == pytest.approx(found.change, abs=1e-6)
    each = [after[0] - before[0] for before, after in pairs]
    assert (found.volumes + found.rates).tolist() == pytest.approx(each, abs=1e-6)


def test_twice_the_runs_at_the_same_rates_is_growth():
    found = of((10, 100, 20, 200), (4, 50, 8, 100))
    assert (found.growth, found.mix, found.rate) == pytest.approx((14, 0, 0))


def test_more_runs_of_the_bad_workflow_and_fewer_of_the_good_is_mix():
    found = of((50, 100, 100, 200), (0, 200, 0, 100))
    assert (found.growth, found.mix, found.rate) == pytest.approx((0, 50, 0))


def test_the_same_runs_failing_more_often_is_rate():
    found = of((10, 100, 30, 100), (5, 50, 5, 50))
    assert (found.growth, found.mix, found.rate) == pytest.approx((0, 0, 20))
    assert found.rates.tolist() == pytest.approx([20, 0])


def test_a_workflow_that_is_new_or_gone_is_volume():
    found = of((0, 0, 30, 100), (5, 50, 0, 0))
    assert found.rates.tolist() == [0, 0]
    assert found.volumes.tolist() == pytest.approx([30, -5])


def test_without_runs_before_all_of_it_is_growth():
    found = of((0, 0, 30, 100))
    assert (found.growth, found.mix, found.rate) == (30, 0, 0)


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="5 bad of 4 runs"):
        of((5, 4, 0, 0))

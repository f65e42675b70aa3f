"""Is a step called flaky for failing and passing unchanged, and not for being broken?"""

import numpy as np
import pytest
from scipy.stats import beta

from reports.statistics.flakiness import flakiness, flip_rate


def of(cells, outcomes):
    return flakiness(np.array(cells), np.array([each == "." for each in outcomes]))


def test_cells_that_failed_and_then_passed_are_mixed():
    seen = of([1, 1, 2, 2, 3, 3, 4, 4, 5, 6], "x.xx.x..x.")
    assert (seen.mixed, seen.cells, seen.runs) == (1, 4, 10)
    assert seen.score == pytest.approx(2 / 24)
    assert (seen.low, seen.high) == pytest.approx(tuple(beta.ppf([0.05, 0.95], 2, 22)))


def test_a_step_that_breaks_with_a_version_is_not_flaky():
    broken = of([1] * 10 + [2] * 10, "." * 10 + "x" * 10)
    flaky = of([1] * 10 + [2] * 10, ".x" * 10)
    assert (broken.mixed, flaky.mixed) == (0, 2)
    assert broken.flips == pytest.approx(1 / 19)
    assert flaky.flips == 1
    assert broken.score < flaky.score


def test_cells_need_not_lie_together():
    assert of([7, 9] * 5, "xxxxxxxx.x").mixed == 1


def test_the_interval_holds_the_truth_as_often_as_it_says():
    chance = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        share = chance.beta(1, 19)
        mixed = chance.random(60) < share
        seen = flakiness(np.repeat(np.arange(60), 2), np.stack([~mixed, np.ones(60, dtype=bool)], axis=1).ravel())
        held += seen.low <= share <= seen.high
    assert held / 400 == pytest.approx(0.9, abs=0.045)


def test_under_ten_runs_nothing_is_said():
    assert of([1] * 9, "x.x.x.x.x") is None
    assert of([1] * 10, "x.x.x.x.x.") is not None
    assert np.isnan(flip_rate(np.array([True])))


def test_a_cell_for_each_run_is_asked_for():
    with pytest.raises(ValueError, match="1 cells and 2 outcomes"):
        of([1], "..")

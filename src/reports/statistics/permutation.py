"""How often does chance alone do as much? Tests by redrawing, with a fixed seed."""

from collections.abc import Callable

import numpy as np

from reports.statistics.arrays import Floats, Ints

SEED = 20_011
_ENOUGH = 10  # so many redraws as extreme settle that there is nothing to claim
_AT_ONCE = 1_000  # redraws held in memory
_SMALL = 1_000_000  # runs that are cheap to lay out one by one


def p_value(observed: float, redraw: Callable[[int], Floats], stages: tuple[int, ...]) -> float:
    """The share of redraws at least as extreme as ``observed``, which itself counts as one (Phipson and Smyth 2010).

    ``redraw(n)`` gives n statistics. The ``stages`` are drawn in turn until ten are as extreme (after Besag and
    Clifford 1991): what is far from being claimed costs only the first.
    """
    drawn = extreme = 0
    for size in stages:
        for left in range(size, 0, -_AT_ONCE):
            extreme += int(np.count_nonzero(redraw(min(left, _AT_ONCE)) >= observed - 1e-9))
        drawn += size
        if extreme >= _ENOUGH:
            break
    return (1 + extreme) / (1 + drawn)


def redistributed(chance: np.random.Generator, bad: int, runs: Ints, draws: int) -> Ints:
    """``bad`` bad runs dealt at random to cells of so many ``runs``; shape (draws, cells)."""
    total = int(runs.sum())
    one_by_one = total <= _SMALL and min(bad, total - bad) <= 10 * len(runs)
    return chance.multivariate_hypergeometric(runs, bad, size=draws, method="count" if one_by_one else "marginals")

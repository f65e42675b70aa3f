"""Will the error budget last? Bad runs still to come, with the spread that days have had so far."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import betabinom

from reports.statistics.arrays import Floats, Ints, checked
from reports.statistics.burn import allowed
from reports.statistics.shares import Share

LEAST_DAYS = 14
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(slots=True, frozen=True)
class Forecast:
    """``fan[day, quantile]`` are bad runs of the whole period by the end of each day ahead, at ``QUANTILES``;
    ``exceeded`` is the probability that they are more than ``budget`` at its end."""

    exceeded: float
    budget: float
    fan: Ints


def forecast(bad: Ints, runs: Ints, ahead: Floats, spent: Share, objective: float) -> Forecast | None:
    """Of past days' ``bad`` of ``runs``, the runs expected on each day ``ahead``, and what the period has ``spent``.

    None under 14 days of history or without runs in them. The bad runs to come are beta-binomial: the posterior
    predictive under Jeffreys' prior, widened by the days' overdispersion (Pearson's χ² over its degrees of freedom,
    McCullagh and Nelder 1989, 4.5). The budget is (1 − objective) of all runs of the period, the expected included.
    """
    checked(bad, runs)
    if len(bad) < LEAST_DAYS or not runs.sum():
        return None
    budget = allowed(objective) * (spent.runs + float(ahead.sum()))
    to_come = np.rint(ahead.cumsum()).astype(np.int64)
    by_day = [_cumulative(int(m), *_predictive(bad, runs, int(m))) for m in to_come]
    fan = [[spent.bad + first + int(np.searchsorted(sums, q)) for q in QUANTILES] for first, sums in by_day]
    left = int(budget + 1e-9) - spent.bad
    exceeded = _above(left, *by_day[-1]) if by_day else float(left < 0)
    return Forecast(exceeded, budget, np.array(fan, dtype=np.int64).reshape(len(to_come), len(QUANTILES)))


def expected_runs(runs: Ints, days: int) -> Floats:
    """Runs on each of the next ``days``: the mean of the same weekday in the last four weeks that are there."""
    weeks = min(4, len(runs) // 7)
    if not weeks:
        raise ValueError(f"{len(runs)} days of history: give at least seven, to know each weekday")
    week = runs[-7 * weeks :].reshape(weeks, 7).mean(axis=0)
    return np.resize(week, days)


def overdispersion(bad: Ints, runs: Ints) -> float:
    """How many times as widely days scatter as chance alone would make them; at least 1."""
    some = runs > 0
    k, n = bad[some], runs[some]
    p = k.sum() / n.sum()
    if len(n) < 2 or not 0 < p < 1:
        return 1.0
    chi2 = float(((k - n * p) ** 2 / (n * p * (1 - p))).sum())
    return max(1.0, chi2 / (len(n) - 1))


def _predictive(bad: Ints, runs: Ints, to_come: int) -> tuple[float, float]:
    """a and b of the beta-binomial of so many runs ``to_come``, its variance that of D-fold scattering days.

    With no overdispersion (D = 1) they are those of the posterior, B + ½ and N − B + ½.
    """
    known, spread = int(runs.sum()), overdispersion(bad, runs)
    mean = (int(bad.sum()) + 0.5) / (known + 1)
    alike = (spread - 1) / max(to_come - 1, 1) + spread / (known + 2)
    size = 1 / min(alike, 0.99) - 1
    return mean * size, (1 - mean) * size


def _cumulative(runs: int, a: float, b: float) -> tuple[int, Floats]:
    """The first number of bad runs that is worth a thought, and the chance of so many or fewer for it and all above.

    scipy's own sums go over all numbers from 0 for each quantile, which takes seconds with a million runs; beyond
    twelve deviations there is nothing.
    """
    mean, deviation = (float(x) for x in (betabinom.mean(runs, a, b), betabinom.std(runs, a, b)))
    first, last = max(0, int(mean - 12 * deviation)), min(runs, int(mean + 12 * deviation) + 12)
    sums = np.cumsum(betabinom.pmf(np.arange(first, last + 1), runs, a, b))
    return first, sums / sums[-1]


def _above(number: int, first: int, sums: Floats) -> float:
    place = number - first
    return 1.0 if place < 0 else float(1 - sums[min(place, len(sums) - 1)])

"""Is it tied to the hour of the week? Steadied rates of a 7 × 24 table, and a test of whether there is a pattern."""

from dataclasses import dataclass

import numpy as np

from reports.statistics.arrays import Bools, Floats, Ints, checked
from reports.statistics.permutation import SEED, p_value, redistributed

CELLS = 168  # Monday 0 h first
LEAST_RUNS_IN_CELL = 5  # below it a cell is hatched
ALPHA = 0.01
_STAGES = (99, 900)


@dataclass(slots=True, frozen=True)
class Rhythm:
    """``bad``, ``runs`` and ``rates`` have 168 places; ``p`` is that of "no cell differs"."""

    bad: Ints
    runs: Ints
    rates: Floats
    prior: tuple[float, float]
    p: float

    @property
    def patterned(self) -> bool:
        return self.p < ALPHA

    @property
    def sparse(self) -> Bools:
        return np.asarray(self.runs < LEAST_RUNS_IN_CELL)


def rhythm(bad: Ints, runs: Ints, *, seed: int = SEED) -> Rhythm:
    """Of ``bad[w, 168]`` and ``runs[w, 168]``, a row for each workflow.

    Rates are (B + a) / (N + a + b), the posterior means of an empirical Bayes prior (Kleinman 1973). The test redraws
    the bad runs of every workflow over its own runs (a multivariate hypergeometric), so that a bad workflow that runs
    at night makes no bad night, and compares Pearson's χ² of the cells.
    """
    checked(bad, runs)
    if bad.ndim != 2 or bad.shape[1] != CELLS:
        raise ValueError(f"bad has the shape {bad.shape}: give a row for each workflow, of {CELLS} hours of the week")
    all_bad, all_runs = bad.sum(axis=0), runs.sum(axis=0)
    a, b = beta_prior(all_bad, all_runs)
    return Rhythm(all_bad, all_runs, (all_bad + a) / (all_runs + a + b), (a, b), _pattern_p(bad, runs, seed))


def beta_prior(bad: Ints, runs: Ints) -> tuple[float, float]:
    """a and b of the beta that cells' rates come from, by weighted moments (Kleinman 1973, weights n).

    Where cells differ no more than chance makes them, a + b is 1,000,000: every cell is given the rate of all.
    """
    some = runs > 0
    n, total = runs[some], int(runs.sum())
    mean = int(bad.sum()) / total if total else 0.0
    spread = mean * (1 - mean)
    strays = (n - 1) * (1 - n / total) if total else n
    if not spread or not strays.sum():
        return mean * 1e6, (1 - mean) * 1e6
    scatter = float((n * (bad[some] / n - mean) ** 2).sum()) / spread
    within = min(max((scatter - (len(n) - 1)) / float(strays.sum()), 1e-6), 0.5)
    size = 1 / within - 1
    return mean * size, (1 - mean) * size


def _pattern_p(bad: Ints, runs: Ints, seed: int) -> float:
    of_workflow, totals = bad.sum(axis=1), runs.sum(axis=1)
    telling = (of_workflow > 0) & (of_workflow < totals)
    if not telling.any():
        return 1.0
    bad, runs, of_workflow, totals = bad[telling], runs[telling], of_workflow[telling], totals[telling]
    expected = (runs * (of_workflow / totals)[:, np.newaxis]).sum(axis=0)
    used = expected > 0
    chance = np.random.default_rng(seed)

    def chi2(drawn: Ints) -> Floats:
        return np.asarray(((drawn[:, used] - expected[used]) ** 2 / expected[used]).sum(axis=1))

    def redraw(draws: int) -> Floats:
        dealt = np.zeros((draws, CELLS), dtype=np.int64)
        for k, n in zip(of_workflow, runs, strict=True):
            dealt += redistributed(chance, int(k), n, draws)
        return chi2(dealt)

    return p_value(float(chi2(bad.sum(axis=0)[np.newaxis])[0]), redraw, _STAGES)

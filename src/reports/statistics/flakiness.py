"""Does it fail and pass with nothing changed?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from reports.statistics.arrays import Bools, Ints

LEAST_RUNS_FOR_SCORE = 10
PRIOR = (1.0, 19.0)  # one cell in twenty is mixed


@dataclass(slots=True, frozen=True)
class Flakiness:
    """``score`` with its 90 % interval; ``mixed`` of ``cells`` that ran more than once; ``flips`` per run but the
    first. Flips near 0 are streaks (broken, then mended), not flakiness."""

    score: float
    low: float
    high: float
    mixed: int
    cells: int
    runs: int
    flips: float


def flakiness(cells: Ints, passed: Bools) -> Flakiness | None:
    """Of one step's runs in order of time, each with its cell (version and input, as numbers); None under ten runs.

    The score is the posterior mean of the share of cells with a failure that passed later, under a Beta(1, 19) prior. A
    cell that ran once could not have been mixed, and is not counted.
    """
    if len(cells) != len(passed):
        raise ValueError(f"{len(cells)} cells and {len(passed)} outcomes: give one of each for each run")
    if len(cells) < LEAST_RUNS_FOR_SCORE:
        return None
    mixed, repeated = _mixed(cells, passed)
    a, b = PRIOR[0] + mixed, PRIOR[1] + repeated - mixed
    low, high = (float(beta.ppf(q, a, b)) for q in (0.05, 0.95))
    return Flakiness(a / (a + b), low, high, mixed, repeated, len(cells), flip_rate(passed))


def flip_rate(passed: Bools) -> float:
    """The share of runs whose outcome is not that of the run before; NaN under two."""
    return float(np.mean(passed[1:] != passed[:-1])) if len(passed) > 1 else float("nan")


def _mixed(cells: Ints, passed: Bools) -> tuple[int, int]:
    """How many cells failed and then passed, of how many that ran more than once."""
    _, cell, runs = np.unique(cells, return_inverse=True, return_counts=True)
    places = np.arange(len(cells))
    first_failure = np.full(len(runs), len(cells))
    np.minimum.at(first_failure, cell[~passed], places[~passed])
    last_pass = np.full(len(runs), -1)
    np.maximum.at(last_pass, cell[passed], places[passed])
    return int(np.count_nonzero(first_failure < last_pass)), int(np.count_nonzero(runs > 1))

"""On which day did the share of bad runs change? A likelihood-ratio scan, its threshold found by permutation."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import xlogy

from reports.statistics.arrays import Floats, Ints, checked
from reports.statistics.permutation import SEED, p_value, redistributed
from reports.statistics.shares import Share

LEAST_DAYS = 3  # of a segment
ALPHA = 0.01
_STAGES = (99, 900, 9_000)  # down to p = 0.0001, for many series are judged together


@dataclass(slots=True, frozen=True)
class Changepoint:
    """``day`` is the first day of the new share; ``before`` and ``after`` reach to the neighbouring changepoints."""

    day: int
    p: float
    before: Share
    after: Share


def strongest(bad: Ints, runs: Ints, *, seed: int = SEED) -> Changepoint | None:
    """The likeliest place of one change in days of ``bad`` of ``runs``, however weak; None under six days.

    The statistic is the greatest of 2·log likelihood ratio over all places (Hinkley and Hinkley 1970), and p the share
    of redistributions of the bad runs over the days, each run as likely as the next, that reach it.
    Who looks at several series puts these p through ``benjamini_hochberg`` first.
    """
    checked(bad, runs)
    if len(bad) < 2 * LEAST_DAYS:
        return None
    ratios = _ratios(bad[np.newaxis], runs)[0]
    place = int(ratios.argmax())
    chance = np.random.default_rng(seed)
    total = int(bad.sum())

    def redraw(draws: int) -> Floats:
        return np.asarray(_ratios(redistributed(chance, total, runs, draws), runs).max(axis=1))

    p = p_value(float(ratios[place]), redraw, _STAGES)
    day = place + LEAST_DAYS
    return Changepoint(day, p, _share(bad[:day], runs[:day]), _share(bad[day:], runs[day:]))


def changepoints(bad: Ints, runs: Ints, *, alpha: float = ALPHA, seed: int = SEED) -> list[Changepoint]:
    """All changes with p ≤ ``alpha``, by day: binary segmentation (Scott and Knott 1974) with ``strongest``."""
    found = sorted(_segmented(bad, runs, 0, alpha, seed))
    edges = [0, *(day for day, _ in found), len(bad)]
    segments = [_share(bad[a:b], runs[a:b]) for a, b in pairwise(edges)]
    return [Changepoint(day, p, segments[i], segments[i + 1]) for i, (day, p) in enumerate(found)]


def _segmented(bad: Ints, runs: Ints, offset: int, alpha: float, seed: int) -> Iterator[tuple[int, float]]:
    change = strongest(bad, runs, seed=seed)
    if change is None or change.p > alpha:
        return
    yield offset + change.day, change.p
    yield from _segmented(bad[: change.day], runs[: change.day], offset, alpha, seed)
    yield from _segmented(bad[change.day :], runs[change.day :], offset + change.day, alpha, seed)


def _ratios(bad: Ints, runs: Ints) -> Floats:
    """2·log likelihood ratio of "changed here" for each series (row) and place."""
    places = slice(LEAST_DAYS - 1, len(runs) - LEAST_DAYS)
    left_bad, left_runs = bad.cumsum(axis=1), runs.cumsum()
    all_bad, all_runs = left_bad[:, -1:], left_runs[-1]
    left_bad, left_runs = left_bad[:, places], left_runs[places]
    split = _likelihood(left_bad, left_runs) + _likelihood(all_bad - left_bad, all_runs - left_runs)
    return 2 * (split - _likelihood(all_bad, all_runs))


def _likelihood(bad: Ints, runs: Ints) -> Floats:
    """The log likelihood of ``bad`` of ``runs`` at its own share, without the binomial coefficient."""
    good = runs - bad
    return np.asarray(xlogy(bad, bad) + xlogy(good, good) - xlogy(runs, runs))


def _share(bad: Ints, runs: Ints) -> Share:
    return Share(int(bad.sum()), int(runs.sum()))

"""Has it gone quiet, has it come back, and how much of it is to be expected?"""

import math

import numpy as np

from reports.statistics.arrays import Floats, Ints
from reports.statistics.shares import LEAST_BAD

ALPHA = 0.05
HALF_LIFE = 7.0  # days


def too_long(rate: float, gap: float) -> bool:
    """Whether a Poisson process of ``rate`` leaves such a ``gap`` less than once in twenty: exp(−rate·gap) < 0.05."""
    return math.exp(-rate * gap) < ALPHA


def gone_quiet(seen: Floats, now: float) -> bool:
    """Whether it has not been seen for too long, by its rate from the first to the last time in ``seen``.

    Times rise, in any unit. Failures come in bursts, which make every pause look long: give the days on which it was
    seen, each once. Never true under five times.
    """
    return len(seen) >= LEAST_BAD and too_long(_rate(seen), now - float(seen[-1]))


def returned_at(seen: Floats, since: float) -> float | None:
    """The first time from ``since`` on at which it was back after it had ``gone_quiet``, or None."""
    for place in range(max(LEAST_BAD, int(np.searchsorted(seen, since))), len(seen)):
        if gone_quiet(seen[:place], float(seen[place])):
            return float(seen[place])
    return None


def daily_rate(counts: Ints, half_life: float = HALF_LIFE) -> float:
    """Failures a day, of whole days' ``counts`` up to now: a mean in which a day weighs half as much as the day
    ``half_life`` days later (exponential smoothing, Brown 1959). NaN without days."""
    if not len(counts):
        return math.nan
    weights = 0.5 ** (np.arange(len(counts))[::-1] / half_life)
    return float(np.average(counts, weights=weights))


def expected_loss(counts: Ints, mean_cost: float, days: float = 7.0) -> float:
    """What the next ``days`` will cost at the ``daily_rate``, in the unit of ``mean_cost`` (of one failure)."""
    return daily_rate(counts) * days * mean_cost


def _rate(seen: Floats) -> float:
    span = float(seen[-1] - seen[0])
    return (len(seen) - 1) / span if span > 0 else math.inf

"""Is the error budget burning too fast?"""

from dataclasses import dataclass
from datetime import timedelta

from scipy.stats import binom

from reports.statistics.shares import LEAST_BAD, Share

ALPHA = 0.01


@dataclass(slots=True, frozen=True)
class Pair:
    """Both windows must burn ``factor`` times as fast as the budget allows: the long one says that it matters, the
    short one that it is still going on."""

    factor: float
    long: timedelta
    short: timedelta


PAIRS = (  # The Site Reliability Workbook (Google 2018), chapter 5, with one more between its page and its ticket
    Pair(14.4, timedelta(hours=1), timedelta(minutes=5)),
    Pair(6, timedelta(hours=6), timedelta(minutes=30)),
    Pair(3, timedelta(days=1), timedelta(hours=2)),
    Pair(1, timedelta(days=3), timedelta(hours=6)),
)


def burn_rate(share: Share, objective: float) -> float:
    """How many times as fast as ``objective`` (a share of good runs, under 1) allows; NaN without runs."""
    return share.rate / allowed(objective)


def burning(pair: Pair, long: Share, short: Share, objective: float) -> bool:
    """Whether both windows burn at the pair's factor, and few runs are no excuse: at least five bad ones in the long
    window, and an exact binomial p < 1 % that the objective is kept in it."""
    if not long.runs or not short.runs or long.bad < LEAST_BAD:
        return False
    fast = min(burn_rate(long, objective), burn_rate(short, objective)) >= pair.factor
    return fast and broken_p(long, objective) < ALPHA


def broken_p(share: Share, objective: float) -> float:
    """One-sided p of "the objective is kept": so many bad runs or more by chance."""
    return float(binom.sf(share.bad - 1, share.runs, allowed(objective)))


def allowed(objective: float) -> float:
    """The share of bad runs that the objective allows."""
    if not 0 < objective < 1:
        raise ValueError(f"the objective is {objective:g}: give a share of good runs between 0 and 1, such as 0.99")
    return 1 - objective

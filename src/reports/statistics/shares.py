"""What does chance allow? Intervals, differences and verdicts for shares of bad runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import norm

Z95 = 1.959963984540054
LEAST_RUNS = 20  # below it a share is not worth a percentage
LEAST_BAD = 5  # below it nothing is called worse or better
_POWER_Z = 0.8416212335729143  # 80 %


class Verdict(StrEnum):
    WORSE = "worse"
    BETTER = "better"
    NO_EVIDENCE = "no evidence of a change"
    TOO_FEW = "too few runs"


@dataclass(slots=True, frozen=True)
class Share:
    """``bad`` of ``runs``."""

    bad: int
    runs: int

    @property
    def rate(self) -> float:
        return self.bad / self.runs if self.runs else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.bad, self.runs)


def wilson(bad: int, runs: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a binomial share (Wilson 1927), 95 % by default; (0, 1) where there are no runs."""
    if runs <= 0:
        return 0.0, 1.0
    share = bad / runs
    scale = 1 + z * z / runs
    centre = (share + z * z / (2 * runs)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(before: Share, after: Share) -> tuple[float, float]:
    """95 % interval of ``after.rate − before.rate`` (Newcombe 1998, method 10)."""
    low1, high1 = before.interval
    low2, high2 = after.interval
    p1, p2 = before.rate, after.rate
    difference = p2 - p1
    return (
        difference - math.sqrt((p2 - low2) ** 2 + (high1 - p1) ** 2),
        difference + math.sqrt((high2 - p2) ** 2 + (p1 - low1) ** 2),
    )


def difference_p(before: Share, after: Share) -> float:
    """Two-sided p of "the share did not change" (pooled score test); 1 where it cannot be asked."""
    runs = before.runs + after.runs
    pooled = (before.bad + after.bad) / runs if runs else 0.0
    if not before.runs or not after.runs or pooled in {0.0, 1.0}:
        return 1.0
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / before.runs + 1 / after.runs))
    return float(2 * norm.sf(abs(after.rate - before.rate) / deviation))


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """The q of each p: the false-discovery rate at which it would be called (Benjamini and Hochberg 1995)."""
    order = sorted(range(len(ps)), key=lambda index: ps[index], reverse=True)
    qs, least = [1.0] * len(ps), 1.0
    for place, index in enumerate(order):
        least = min(least, ps[index] * len(ps) / (len(ps) - place))
        qs[index] = least
    return qs


def verdict(before: Share, after: Share, q: float) -> Verdict:
    """Worse or better only if the interval of the difference excludes 0, enough runs were bad, and q ≤ 5 %."""
    if min(before.runs, after.runs) < LEAST_RUNS or max(before.bad, after.bad) < LEAST_BAD:
        return Verdict.TOO_FEW
    low, high = newcombe(before, after)
    if q <= 0.05 and low > 0 and after.bad >= LEAST_BAD:
        return Verdict.WORSE
    if q <= 0.05 and high < 0 and before.bad >= LEAST_BAD:
        return Verdict.BETTER
    return Verdict.NO_EVIDENCE


def detectable_rate(before: Share, runs_after: int) -> float:
    """The smallest share that, with so many runs, would be called worse four times in five; NaN without runs."""
    if not before.runs or not runs_after:
        return math.nan
    p1 = max(before.rate, 0.5 / before.runs)
    p2 = p1
    for _ in range(50):
        deviation = math.sqrt(p1 * (1 - p1) / before.runs + p2 * (1 - p2) / runs_after)
        p2 = min(1.0, p1 + (Z95 + _POWER_Z) * deviation)
    return max(p2, min(1.0, LEAST_BAD / runs_after))

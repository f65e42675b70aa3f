"""How low may the true share of failures be, given what was seen? The Wilson score interval's lower end."""

from math import sqrt
from statistics import NormalDist


def quantile(confidence: float) -> float:
    """z of a two-sided interval: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def lower_bound(failed: int, finished: int, z: float) -> float:
    """(p + z²/2n − z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), with p = failed/finished and n = finished.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212."""
    if not failed or not finished:
        return 0.0
    share, spread = failed / finished, z * z / finished
    centre = share + spread / 2
    return (centre - sqrt(spread * (share * (1 - share) + spread / 4))) / (1 + spread)

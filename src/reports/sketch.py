"""How long did runs take? Counts in logarithmic bins: any quantile within 1 %, and sketches add up.

The mapping of DDSketch (Masson, Rim, Lee, VLDB 2019): bin i holds (γ^(i−1), γ^i] with γ = (1 + α) / (1 − α).
"""

import math
from collections.abc import Mapping

ALPHA = 0.01
_GAMMA = (1 + ALPHA) / (1 - ALPHA)
_LOG_GAMMA = math.log(_GAMMA)
ZERO_BIN = 0  # durations up to 1 µs, which no clock told apart from nothing


def duration_bin(duration: int) -> int:
    """The bin of a duration in µs."""
    if duration <= 1:
        return ZERO_BIN
    return math.ceil(math.log(duration) / _LOG_GAMMA)


def bin_value(bin_: int) -> float:
    """The µs that stand for a bin: within α of every duration in it."""
    return 0.0 if bin_ == ZERO_BIN else 2 * _GAMMA**bin_ / (_GAMMA + 1)


def quantile(bins: Mapping[int, int], q: float) -> float:
    """The ``q`` quantile in µs of the durations counted in ``bins`` (bin → number). NaN when there are none."""
    total = sum(bins.values())
    if total <= 0:
        return math.nan
    rank = q * (total - 1)
    seen = 0
    for bin_ in sorted(bins):
        seen += bins[bin_]
        if seen > rank:
            return bin_value(bin_)
    return bin_value(max(bins))

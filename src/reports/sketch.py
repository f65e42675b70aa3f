"""How long did runs take? Counts in logarithmic bins: any quantile within 1 %, and sketches add up.

The mapping of DDSketch (Masson, Rim, Lee, VLDB 2019): bin i holds (γ^(i−1), γ^i] with γ = (1 + α) / (1 − α).
"""

import math

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

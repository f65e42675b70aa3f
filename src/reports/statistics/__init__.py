"""What does chance allow? The report's statistics: numbers in, plain findings out, one method in each file."""

from reports.statistics.shares import (
    LEAST_BAD,
    LEAST_RUNS,
    Z95,
    Share,
    Verdict,
    benjamini_hochberg,
    detectable_rate,
    difference_p,
    newcombe,
    verdict,
    wilson,
)

__all__ = [
    "LEAST_BAD",
    "LEAST_RUNS",
    "Z95",
    "Share",
    "Verdict",
    "benjamini_hochberg",
    "detectable_rate",
    "difference_p",
    "newcombe",
    "verdict",
    "wilson",
]

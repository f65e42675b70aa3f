"""Into which stretches is a chart over time cut? The period's buckets, summed up where there are too many to draw."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.period import Period
from reports.wording import label

MOST = 120
Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Buckets:
    """``edges`` are their starts and the end of the last one, in µs; ``size`` of the period's own buckets make one.
    ``unfinished``: not over when the report was made, or cut by the period's end."""

    edges: list[int]
    labels: list[str]
    unfinished: list[bool]
    size: int
    width: str

    def summed(self, values: Ints) -> Ints:
        """Values of the period's own buckets, summed up to these."""
        sums: Ints = np.add.reduceat(values, np.arange(0, len(values), self.size))
        return sums

    def shown(self, place: int) -> str:
        """The name in a table."""
        return self.labels[place] + (" (not over)" if self.unfinished[place] else "")


def buckets(period: Period, most: int = 0) -> Buckets:
    """All of them, or ``most`` at most."""
    own = period.edges
    size = -(-(len(own) - 1) // most) if most else 1
    edges = [*own[:-1:size], own[-1]]
    limit = min(period.now, period.until)
    return Buckets(edges, _labels(period, edges[:-1]), [end > limit for end in edges[1:]], size, period.width)


def _labels(period: Period, starts: Sequence[int]) -> list[str]:
    """When clocks go back an hour comes twice: both of them tell their zone's name."""
    moments = [period.local(start) for start in starts]
    names = [label(each, period.width) for each in moments]
    times = Counter(names)
    return [name if times[name] == 1 else f"{name} {each.tzname()}" for name, each in zip(names, moments, strict=True)]

"""Does it help to try again?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reports.statistics.shares import LEAST_RUNS, wilson

STOP_BELOW = 0.05
MORE_ABOVE = 0.30


class Advice(StrEnum):
    STOP = "stop retrying"
    MORE = "retry more"
    KEEP = "retries are worth it as they are"
    TOO_FEW = "too few retries"


@dataclass(slots=True, frozen=True)
class Retries:
    """``helped`` of ``tried`` retries succeeded."""

    helped: int
    tried: int

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.helped, self.tried)


@dataclass(slots=True, frozen=True)
class Yield:
    """``all`` retries together, the ``last`` one that is allowed, and what follows."""

    all: Retries
    last: Retries
    advice: Advice


def retry_yield(attempts: Sequence[Retries]) -> Yield:
    """Of the retries after the first failed attempt, after the second and so on, to the last that is allowed.

    *Stop retrying* if the upper limit of the whole yield is under 5 %; *retry more* if the lower limit of the last
    one's is over 30 % (Wilson, 95 %) and some still failed after it, so that there is more to win; nothing under 20
    retries.
    """
    together = Retries(sum(each.helped for each in attempts), sum(each.tried for each in attempts))
    last = attempts[-1] if attempts else together
    return Yield(together, last, _advice(together, last))


def _advice(together: Retries, last: Retries) -> Advice:
    if together.tried < LEAST_RUNS:
        return Advice.TOO_FEW
    if together.interval[1] < STOP_BELOW:
        return Advice.STOP
    if last.helped < last.tried and last.tried >= LEAST_RUNS and last.interval[0] > MORE_ABOVE:
        return Advice.MORE
    return Advice.KEEP

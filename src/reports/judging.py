"""Which workflows became worse or better?"""

from dataclasses import dataclass

from reports.counting import Counts
from reports.statistics import LEAST_BAD, LEAST_RUNS, Share, Verdict, benjamini_hochberg, difference_p, verdict

NONE = Share(0, 0)


@dataclass(slots=True, frozen=True)
class Judged:
    """A workflow's bad runs in both periods, and what may be said of the difference."""

    workflow: str
    before: Share
    now: Share
    verdict: Verdict


def judge(now: Counts, before: Counts) -> list[Judged]:
    """Every workflow of either period, the one with most bad runs first; false discoveries held to 5 %."""
    later, earlier = now.shares(), before.shares()
    names = sorted({*later, *earlier})
    pairs = [(earlier.get(name, NONE), later.get(name, NONE)) for name in names]
    qs = benjamini_hochberg([difference_p(*pair) for pair in pairs])
    found = [Judged(name, *pair, verdict(*pair, q)) for name, pair, q in zip(names, pairs, qs, strict=True)]
    return sorted(found, key=lambda each: (-each.now.bad, each.workflow))


def worst(judged: list[Judged]) -> Judged | None:
    """The one whose share is highest for sure: by the lower end of its interval. Where none has twenty runs and five
    bad ones, the one with most bad runs."""
    bad = [each for each in judged if each.now.bad]
    told = [each for each in bad if each.now.runs >= LEAST_RUNS and each.now.bad >= LEAST_BAD]
    if told:
        return max(told, key=lambda each: (each.now.interval[0], each.now.bad))
    return bad[0] if bad else None

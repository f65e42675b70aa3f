"""What does a section look at? This period, the one before, and the tables behind them."""

import fnmatch
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reports.counting import Counts, chosen
from reports.frames import Frames
from reports.judging import Judged, judge
from reports.period import Filters, Period

_TENTH = 10


@dataclass
class Context:
    """``now`` and ``before`` are counts cut by period and filters; ``frames`` holds everything that was read."""

    now: Counts
    before: Counts
    frames: Frames
    filters: Filters

    @property
    def period(self) -> Period:
        return self.now.period

    @property
    def incomplete(self) -> bool:
        """Whether the last bucket was still being filled when the report was made."""
        return self.period.edges[-1] > min(self.period.now, self.period.until)

    @cached_property
    def group_info(self) -> pd.DataFrame:
        """What is known of each error group, by its id."""
        return self.frames.group_info.set_index("id")

    @cached_property
    def judged(self) -> list[Judged]:
        """Every workflow beside the period before."""
        return judge(self.now, self.before)

    def rows(self, frame: pd.DataFrame, period: Period | None = None) -> pd.DataFrame:
        """Rows with an ``at``, within the period (this one by default) and the filters."""
        within = period or self.period
        return chosen(frame[(frame["at"] >= within.since) & (frame["at"] < within.until)], self.filters)

    def changes(self, period: Period | None = None) -> pd.DataFrame:
        """Changes within the period (this one by default) that concern what is asked for, oldest first. One without
        an environment concerns all of them, one without globs every workflow."""
        within = period or self.period
        found = self.frames.changes
        found = found[(found["at"] >= within.since) & (found["at"] < within.until)]
        if self.filters.environment:
            found = found[found.environment.isin(["", self.filters.environment])]
        if self.filters.workflows:
            found = found[pd.Series([self._concerns(globs) for globs in found.workflows], found.index, dtype=bool)]
        return found.sort_values("at", kind="stable")

    def _concerns(self, globs: tuple[str, ...]) -> bool:
        return not globs or any(fnmatch.fnmatchcase(name, each) for name in self._names for each in globs)

    @cached_property
    def _names(self) -> list[str]:
        """The workflows that ran and are asked for."""
        return sorted({*self.now.shares(), *self.before.shares()})


def begun_late(context: Context) -> int:
    """Since when anything is known at all (µs), where that leaves a tenth of the period before out, or more; else 0."""
    runs, before = context.frames.runs, context.before.period
    if not context.before.runs.n.sum():
        return 0
    first = int(runs.bucket[runs.n > 0].min())
    return first if (first - before.first) * _TENTH > before.until - before.first else 0

"""What does a section look at? This period, the one before, and the tables behind them."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reports.counting import Counts, chosen
from reports.frames import Frames
from reports.period import Filters, Period


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

    def rows(self, frame: pd.DataFrame, period: Period | None = None) -> pd.DataFrame:
        """Rows with an ``at``, within the period (this one by default) and the filters."""
        within = period or self.period
        return chosen(frame[(frame["at"] >= within.since) & (frame["at"] < within.until)], self.filters)

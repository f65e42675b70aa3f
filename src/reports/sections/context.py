"""What does a section look at? This period, the one before, and what is known of the error groups."""

from dataclasses import dataclass

import pandas as pd

from reports.counting import Counts
from reports.period import Period


@dataclass(frozen=True)
class Context:
    now: Counts
    before: Counts
    group_info: pd.DataFrame
    open_runs: int

    @property
    def period(self) -> Period:
        return self.now.period

    @property
    def incomplete(self) -> bool:
        """Whether the last bucket was still being filled when the report was made."""
        return self.period.edges[-1] > min(self.period.now, self.period.until)

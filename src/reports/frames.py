"""What is a report made from? Narrow tables of counts, as the shell reads them from its rollups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

RUNS = ("bucket", "engine", "workflow", "environment", "severity", "outcome", "n")
DURATIONS = ("bucket", "engine", "workflow", "good", "bin", "n")
GROUPS = ("bucket", "error_group", "workflow", "n")
GROUP_INFO = ("id", "workflow", "step", "error_type", "error_message", "count", "first_seen", "last_seen")
Rows = Sequence[tuple[Any, ...]]


@dataclass(slots=True)
class Frames:
    """``bucket`` is the start, in µs, of the quarter hour in which runs ended; ``bin`` is ``sketch.duration_bin``;
    ``open_runs`` had not ended when the tables were read."""

    runs: pd.DataFrame
    durations: pd.DataFrame
    groups: pd.DataFrame
    group_info: pd.DataFrame
    open_runs: int = 0


def frames_of(runs: Rows, durations: Rows, groups: Rows, group_info: Rows, open_runs: int = 0) -> Frames:
    return Frames(
        _frame(runs, RUNS, ("bucket", "n")),
        _frame(durations, DURATIONS, ("bucket", "bin", "n")).astype({"good": bool}),
        _frame(groups, GROUPS, ("bucket", "n")),
        _frame(group_info, GROUP_INFO, ("count", "first_seen", "last_seen")),
        open_runs,
    )


def _frame(rows: Rows, columns: tuple[str, ...], whole: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame.from_records(list(rows), columns=list(columns)).astype(dict.fromkeys(whole, "int64"))

"""What became of tries that failed? Sums by workflow, step and error type."""

from typing import Any

import pandas as pd

from reports.statistics import LEAST_RUNS
from reports.statistics.retries import Advice, Retries, retry_yield

_CELL = ["workflow", "step", "error_type"]
_MOST = 500  # rows for programs
Row = dict[str, Any]


def rows(tries: pd.DataFrame) -> list[Row]:
    """Those whose failed tries took longest first, at most 500, with all that have advice among them. ``tries`` failed;
    of these ``retried`` were tried again and ``passed``; ``attempts`` the same by the number of the try that failed.
    ``waste`` and ``delay`` in µs."""
    if not tries.n.sum():
        return []
    sums = _sums(tries)
    cells = sums.groupby(level=_CELL, observed=True).sum()
    cells = cells[cells.tries > 0].sort_values(["waste", "tries"], ascending=False, kind="stable")
    judged = cells[cells.passed + cells.failed >= LEAST_RUNS]
    wanted = pd.concat([cells.iloc[:_MOST], judged]).index.unique()
    attempts = _attempts(sums, wanted)
    found = [_row(cell, tuple(values), attempts.get(cell, [])) for cell, *values in cells.loc[wanted].itertuples()]
    return found[:_MOST] + [row for row in found[_MOST:] if row["advice"] in {Advice.STOP, Advice.MORE}]


def _sums(tries: pd.DataFrame) -> pd.DataFrame:
    """By cell and attempt: failed tries, how the next one went, and what they took."""
    passed, failed = (tries.n.where(tries.then == then, 0) for then in ("passed", "failed"))
    wide = tries[[*_CELL, "attempt"]].assign(
        tries=tries.n, passed=passed, failed=failed, waste=tries.waste, delay=tries.delay
    )
    return wide.groupby([*_CELL, "attempt"], observed=True).sum()


def _attempts(sums: pd.DataFrame, wanted: pd.Index) -> dict[Any, list[Row]]:
    """By cell, the attempts after which there was another one, in order."""
    each_try = sums.reset_index("attempt")
    again = each_try[(each_try.passed + each_try.failed > 0) & each_try.index.isin(wanted)]
    found: dict[Any, list[Row]] = {}
    for cell, attempt, passed, failed in again[["attempt", "passed", "failed"]].itertuples():
        each = {"attempt": int(attempt), "retried": int(passed + failed), "passed": int(passed)}
        found.setdefault(cell, []).append(each)
    return found


def _row(cell: tuple[str, str, str], values: tuple[int, ...], attempts: list[Row]) -> Row:
    tries, _, _, waste, delay = map(int, values)
    judged = retry_yield([Retries(each["passed"], each["retried"]) for each in attempts])
    return {
        **dict(zip(_CELL, map(str, cell), strict=True)),
        "tries": tries,
        "retried": judged.all.tried,
        "passed": judged.all.helped,
        "interval": list(judged.all.interval),
        "attempts": attempts,
        "advice": judged.advice,
        "waste": waste,
        "delay": delay,
    }

"""Which steps failed and then passed in the same run, with nothing changed? Sums by workflow, step and version."""

from typing import Any

import numpy as np
import pandas as pd

from reports.counting import BAD
from reports.sections.context import Context
from reports.statistics import LEAST_BAD
from reports.statistics.flakiness import LEAST_RUNS_FOR_SCORE, flip_rate, posterior

MOST = 15
STRIP = 50
GOOD, HEALED, FAILED = range(3)
FLAKY, BROKEN, TOO_FEW = "flaky", "rather broken", "too few failures to say"
_CELL = ["workflow", "step", "version"]
Row = dict[str, Any]


def rows(context: Context) -> list[Row]:
    """The flakiest first. ``mixed`` of the ``runs`` of this workflow and version had the step fail and then pass;
    in ``gone`` ones its last try failed too. ``score`` with its 90 % ``interval``: see ``statistics.flakiness``; None
    under ten runs. ``strip``: the last 50 quarter hours in which such runs ended, each as the worst of them was."""
    cells = _cells(context)
    score, low, high = posterior(cells.mixed.to_numpy(), cells.runs.to_numpy())
    scored = cells.assign(score=score, low=low, high=high, able=cells.runs >= LEAST_RUNS_FOR_SCORE)
    ordered = scored.sort_values(["able", "score", "mixed"], ascending=False, kind="stable")
    return [_row(tuple(map(str, cell)), values) for cell, values in zip(ordered.index, _plain(ordered), strict=True)]


def add_strips(context: Context, shown: list[Row]) -> None:
    strips = _strips(context, {(row["workflow"], row["version"]) for row in shown})
    for row in shown:
        row["strip"] = strips.get((row["workflow"], row["version"]), [])
        flips = flip_rate(np.array(row["strip"]) != FAILED)
        row["flips"] = None if np.isnan(flips) else flips


def _plain(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(zip(*(frame[name].tolist() for name in frame.columns), strict=True))


def _cells(context: Context) -> pd.DataFrame:
    """By cell with any mixed run: mixed, gone, runs."""
    tries = context.now.tries
    ends = tries[tries.then.isin(["passed", "ended"])]
    mixed, gone = (ends.n.where(ends.then == then, 0) for then in ("passed", "ended"))
    sums = ends[_CELL].assign(mixed=mixed, gone=gone).groupby(_CELL, observed=True).sum()
    sums = sums[sums.mixed > 0]
    runs = context.now.runs.groupby(["workflow", "version"], observed=True).n.sum()
    counted = runs.reindex(sums.reset_index("step").index).fillna(0).to_numpy().astype(np.int64)
    return sums.assign(runs=np.maximum(counted, sums.mixed))


def _row(cell: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    mixed, gone, runs, score, low, high, able = values
    return {
        **dict(zip(_CELL, cell, strict=True)),
        "mixed": mixed,
        "gone": gone,
        "runs": runs,
        "score": score if able else None,
        "interval": [low, high] if able else None,
        "verdict": _verdict(mixed, gone) if able else TOO_FEW,
    }


def _verdict(mixed: int, gone: int) -> str:
    if max(mixed, gone) < LEAST_BAD:
        return TOO_FEW
    return FLAKY if mixed >= gone else BROKEN


def _strips(context: Context, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    """By workflow and version: of each quarter hour in which runs ended the worst that was, the last 50, in order."""
    runs = context.now.runs
    runs = runs[(runs.n > 0) & runs.workflow.isin({name for name, _ in wanted})]
    worst = np.where(runs.outcome.isin(BAD), FAILED, np.where(runs.healed > 0, HEALED, GOOD))
    told = runs[["workflow", "version", "bucket"]].assign(worst=worst)
    cells = told.groupby(["workflow", "version", "bucket"], observed=True).worst.max()
    found: dict[tuple[str, str], list[int]] = {}
    for workflow, version in wanted:
        if (workflow, version) in cells.index:
            found[workflow, version] = cells.loc[(workflow, version)].to_numpy()[-STRIP:].tolist()
    return found

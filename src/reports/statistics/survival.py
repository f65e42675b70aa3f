"""How long until it was over? Times of recovery, of which some are not known to their end."""

from dataclasses import dataclass

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from reports.statistics.arrays import Bools, Floats

LEAST_FOR_MEAN = 10
LEAST_FOR_P90 = 50  # 5 / (1 − q), as for any quantile


@dataclass(slots=True, frozen=True)
class Recovery:
    """In the unit of the times. ``median`` and ``p90`` are None where so many had not recovered yet, ``p90`` also under
    50 times, ``mean`` under 10 or with one open. ``curve`` are steps (time, share still open) from (0, 1)."""

    closed: int
    open: int
    median: float | None
    p90: float | None
    mean: float | None
    longest: float | None
    curve: list[tuple[float, float]]


def recovery(times: Floats, closed: Bools) -> Recovery:
    """Of ``times`` from start to end or, where not ``closed``, to now: Kaplan and Meier (1958), open ones censored."""
    if len(times) != len(closed) or (times < 0).any():
        raise ValueError("give each time, 0 or longer, and whether it is closed")
    shut = int(closed.sum())
    quantiles, curve = _estimated(times, closed)
    complete = shut == len(times) >= LEAST_FOR_MEAN
    return Recovery(
        closed=shut,
        open=len(times) - shut,
        median=quantiles[0],
        p90=quantiles[1] if len(times) >= LEAST_FOR_P90 else None,
        mean=float(times.mean()) if complete else None,
        longest=float(times.max()) if len(times) else None,
        curve=curve,
    )


def _estimated(times: Floats, closed: Bools) -> tuple[tuple[float | None, float | None], list[tuple[float, float]]]:
    start = (0.0, 1.0)
    if not closed.any():
        return (None, None), [start, *((float(t), 1.0) for t in times.max(initial=0.0, keepdims=True) if t)]
    estimate = SurvfuncRight(times, closed.astype(int))
    steps = list(zip(estimate.surv_times.tolist(), estimate.surv_prob.tolist(), strict=True))
    last = (float(times.max()), steps[-1][1])
    curve = [start, *steps] if last[0] <= steps[-1][0] else [start, *steps, last]
    return (_reached(estimate, 0.5), _reached(estimate, 0.9)), curve


def _reached(estimate: SurvfuncRight, q: float) -> float | None:
    time = float(estimate.quantile(q))
    return None if np.isnan(time) else time

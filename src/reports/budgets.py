"""How much of an error budget is used, how fast does it burn, and will it last to the period's end?"""

import fnmatch
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.counting import BAD, ELIGIBLE, chosen
from reports.frames import Frames, Objective
from reports.hours import day_edges
from reports.period import DAY, MICROSECOND, QUARTER, Filters, Period, instant_of
from reports.statistics import Share
from reports.statistics.burn import PAIRS, Pair, allowed, burn_rate, burning
from reports.statistics.forecast import Forecast, expected_runs, forecast

Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Burn:
    """Shares of bad runs in both windows of a pair, how many times as fast as allowed, and whether that is too fast."""

    pair: Pair
    long: Share
    short: Share
    rates: tuple[float, float]
    too_fast: bool


@dataclass(slots=True, frozen=True)
class Budget:
    """``share`` of the period so far. ``ahead``: the edges (µs) of the days that are left of the period; none when it
    is over. ``days`` and ``so_far``: the ends of the period's days, and the bad runs up to each."""

    objective: Objective
    share: Share
    burns: list[Burn]
    forecast: Forecast | None
    ahead: list[int]
    days: list[int]
    so_far: list[int]

    @property
    def budget(self) -> float:
        """Bad runs that are allowed of the runs so far."""
        return allowed(self.objective.target) * self.share.runs

    @property
    def used(self) -> float | None:
        return self.share.bad / self.budget if self.budget else None

    @property
    def kept(self) -> bool:
        return self.share.bad <= self.budget + 1e-9


def sound(objective: Objective) -> bool:
    return 0 < objective.target < 1


def budgets(frames: Frames, period: Period, filters: Filters) -> list[Budget]:
    """One for each objective that can be kept and broken: about the runs of all workflows of its glob together."""
    if not any(map(sound, frames.objectives)):
        return []
    rows = chosen(frames.runs[(frames.runs.bucket < period.until) & frames.runs.outcome.isin(ELIGIBLE)], filters)
    if filters.severity:
        rows = rows[(rows.severity == filters.severity) | ~rows.outcome.isin(BAD)]
    return [_budget(each, _named(rows, each.workflow), period) for each in frames.objectives if sound(each)]


def _named(rows: pd.DataFrame, glob: str) -> pd.DataFrame:
    return rows[rows.workflow.isin([name for name in rows.workflow.cat.categories if fnmatch.fnmatchcase(name, glob)])]


def _budget(objective: Objective, rows: pd.DataFrame, period: Period) -> Budget:
    mine = rows[rows.bucket >= period.first]
    share = _share(mine)
    history = _whole_days(rows, period)
    ahead = _ahead(period)
    bad, runs = _by_day(rows, history)
    predicted = None
    if ahead and len(runs) >= 7:
        left = np.array([(end - start) / DAY for start, end in pairwise(ahead)])
        predicted = forecast(bad, runs, expected_runs(runs, len(left)) * left, share, objective.target)
    days = _days(period)
    so_far = np.cumsum(_by_day(mine, days)[0]).tolist()
    burns = [_burn(each, rows, period, objective.target) for each in PAIRS]
    return Budget(objective, share, burns, predicted, ahead, days[1:], so_far)


def _share(rows: pd.DataFrame) -> Share:
    return Share(int(rows.n[rows.outcome.isin(BAD)].sum()), int(rows.n.sum()))


def _whole_days(rows: pd.DataFrame, period: Period) -> list[int]:
    """The edges of the local days from the first run on that are over by now."""
    until = min(period.now, period.until)
    if rows.empty or int(rows.bucket.min()) >= until:
        return []
    first = int(rows.bucket.min())
    edges = day_edges(Period(first, until, period.timezone, until))
    return edges if edges[0] == first else edges[1:]


def _days(period: Period) -> list[int]:
    """The edges of the period's days so far, of which the last may not be over."""
    until = min(period.now, period.until)
    edges = day_edges(period)
    return edges if edges[-1] >= until else [*edges, until]


def _by_day(rows: pd.DataFrame, edges: list[int]) -> tuple[Ints, Ints]:
    """Bad runs and runs of each day."""
    if len(edges) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    places = np.searchsorted(edges, rows.bucket.to_numpy(), side="right") - 1
    inside = (places >= 0) & (places < len(edges) - 1)
    n, ill = rows.n.to_numpy(), rows.outcome.isin(BAD).to_numpy()
    bad, runs = (np.bincount(places[some], n[some], len(edges) - 1) for some in (inside & ill, inside))
    return bad.astype(np.int64), runs.astype(np.int64)


def _ahead(period: Period) -> list[int]:
    """Now, the midnights to come, and the period's end; nothing when it is over."""
    if period.now >= period.until:
        return []
    start = max(period.now, period.since)
    edges = [start]
    midnight = period.local(start).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while (edge := instant_of(midnight, period.zone)) < period.until:
        edges.append(edge)
        midnight += timedelta(days=1)
    return [*edges, period.until]


def _burn(pair: Pair, rows: pd.DataFrame, period: Period, target: float) -> Burn:
    long, short = _window(rows, period, pair.long), _window(rows, period, pair.short)
    rates = (burn_rate(long, target), burn_rate(short, target))
    return Burn(pair, long, short, rates, burning(pair, long, short, target))


def _window(rows: pd.DataFrame, period: Period, length: timedelta) -> Share:
    """The runs of the last ``length`` before now or the period's end, in whole quarter hours."""
    until = min(period.now, period.until)
    start = until - max(length // MICROSECOND, QUARTER)
    return _share(rows[(rows.bucket >= start - start % QUARTER) & (rows.bucket < until)])

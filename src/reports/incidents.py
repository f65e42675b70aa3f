"""When did a workflow stop working, who was told, and when did it work again? Incidents out of the ends of runs."""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.counting import BAD, ELIGIBLE, chosen
from reports.frames import Frames
from reports.period import DAY, Filters, Period

RUNS_A_DAY = 4  # of a workflow; with fewer one bad run is an incident, else it takes two in a row
COLUMNS = ("workflow", "environment", "start", "opened", "close", "bad", "hit", "outcome", "told", "acted")
_NEVER = np.iinfo(np.int64).max
Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Watched:
    """``since`` to ``until``, in µs: the stretch in which incidents could be seen to begin and end."""

    since: int
    until: int


def watched(frames: Frames, period: Period) -> Watched:
    """The period so far, from where rows of runs are kept."""
    until = min(period.now, period.until)
    return Watched(min(max(period.since, frames.kept_since), until), until)


def needed(frames: Frames, period: Period) -> dict[str, int]:
    """By workflow: how many bad runs in a row make an incident, 1 under four runs a day and else 2."""
    runs = frames.runs[(frames.runs.bucket >= period.first) & (frames.runs.bucket < period.until)]
    totals = runs[runs.outcome.isin(ELIGIBLE)].groupby("workflow", observed=True).n.sum()
    days = max(min(period.now, period.until) - period.since, 1) / DAY
    return {str(name): 1 if n / days < RUNS_A_DAY else 2 for name, n in totals.items()}


def incidents(frames: Frames, period: Period, filters: Filters) -> pd.DataFrame:
    """The incidents that were under way in the period, by their start; columns as ``COLUMNS`` says, instants in µs.

    An incident of a workflow in an environment ``opened`` at the end of the k-th consecutive bad run (``needed``), has
    its ``start`` at the first of these ends, and its ``close`` at the next good one (0: open still). ``bad`` runs in a
    row, ``hit`` of which are what the filters ask for: an incident that hit none is left out, but runs of other
    versions may begin and end it. ``outcome`` is the first one. ``told`` and ``acted``: the first message and the first
    act of a person for an alert of the workflow that overlaps (0: none; never before the start).
    """
    ends = chosen(frames.ends[frames.ends["at"] < min(period.now, period.until)],
                  replace(filters, version=""))  # fmt: skip
    found = _streaks(ends[ends.outcome.isin(ELIGIBLE)], filters)
    k = found.workflow.map(needed(frames, period)).fillna(1)
    found = found.assign(opened=np.where(k == 2, found.second, found.start))
    found = found[(found.bad >= k) & (found.hit > 0) & ((found.close == 0) | (found.close > period.since))]
    return _with_alerts(found, frames.alerts).sort_values("start", kind="stable")[list(COLUMNS)].reset_index(drop=True)


def _streaks(ends: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Bad runs of a workflow in a row: when they began, when the second one ended, and when the next good one did."""
    codes = ends.groupby(["workflow", "environment"], sort=False).ngroup().to_numpy()
    at = ends["at"].to_numpy()
    order = np.lexsort((at, codes))
    codes, at = codes[order], at[order]
    bad = ends.outcome.isin(BAD).to_numpy()[order]
    wanted = _wanted(ends, filters).to_numpy()[order] & bad
    same = np.r_[False, codes[1:] == codes[:-1]][: len(codes)]
    begins = bad & ~(same & np.r_[False, bad[:-1]][: len(bad)])
    first, number = np.flatnonzero(begins), np.cumsum(begins) - 1
    size = np.bincount(number[bad], minlength=len(first)).astype(np.int64)
    after = first + size
    closed = (after < len(at)) & np.r_[same, False][np.minimum(after, len(at))]
    padded = np.r_[at, 0]
    return pd.DataFrame({
        "workflow": ends.workflow.to_numpy()[order][first],
        "environment": ends.environment.to_numpy()[order][first],
        "start": at[first],
        "second": padded[first + np.minimum(size - 1, 1)],
        "close": np.where(closed, padded[after], 0),
        "bad": size,
        "hit": np.bincount(number[wanted], minlength=len(first)).astype(np.int64),
        "outcome": ends.outcome.to_numpy()[order][first],
    })  # fmt: skip


def _wanted(ends: pd.DataFrame, filters: Filters) -> "pd.Series[bool]":
    wanted = pd.Series(True, index=ends.index)
    for name in ("version", "severity"):
        if asked := getattr(filters, name):
            wanted &= ends[name] == asked
    return wanted


def _with_alerts(found: pd.DataFrame, alerts: pd.DataFrame) -> pd.DataFrame:
    told, acted = np.full(len(found), _NEVER), np.full(len(found), _NEVER)
    start, close = found.start.to_numpy(), np.where(found.close == 0, _NEVER, found.close)
    first, sent, acts = (alerts[name].to_numpy() for name in ("first_at", "sent_at", "acted_at"))
    resolved, where = np.where(alerts.resolved_at == 0, _NEVER, alerts.resolved_at), alerts.environment.to_numpy()
    of_workflow = alerts.groupby("workflow").indices
    for place, places in found.groupby(["workflow", "environment"]).indices.items():
        workflow, environment = cast("tuple[str, str]", place)
        mine = np.asarray(of_workflow.get(workflow, ()), dtype=np.int64)
        mine = mine[(where[mine] == "") | (where[mine] == environment)]
        rows = np.asarray(places)
        of_alert, of_incident = _overlaps(start[rows], close[rows], first[mine], resolved[mine])
        for into, at in ((told, sent), (acted, acts)):
            when, which = at[mine[of_alert]], rows[of_incident]
            np.minimum.at(into, which[when > 0], np.maximum(when, start[which])[when > 0])
    return found.assign(told=np.where(told == _NEVER, 0, told), acted=np.where(acted == _NEVER, 0, acted))


def _overlaps(start: Ints, close: Ints, first: Ints, resolved: Ints) -> tuple[Ints, Ints]:
    """Pairs of an alert and an incident that overlap, as places. Incidents of one workflow and environment follow one
    another, so those of an alert are neighbours."""
    low = np.searchsorted(close, first, side="left")
    many = np.maximum(np.searchsorted(start, resolved, side="right") - low, 0)
    of_alert = np.repeat(np.arange(len(first)), many)
    return of_alert, np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many) + np.repeat(low, many)

"""What was changed shortly before? Events and first runs of a version near a change of the share of bad runs: suspects,
never causes."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from reports.counting import BAD
from reports.frames import Frames
from reports.period import DAY, Filters, Period
from reports.statistics import Share

FIRST_RAN = "first run of a version"
NOT_OVERLAPPING = 0.5
_MOST = 12  # asked about for one change point
_FOLDED = frozenset({"", "other"})  # values that name no version


@dataclass(slots=True, frozen=True)
class Event:
    """Something that was changed ``at`` (µs). ``workflows`` are globs; () for all."""

    at: int
    kind: str
    title: str
    version: str
    workflows: tuple[str, ...]
    url: str


@dataclass(slots=True, frozen=True)
class Suspect:
    """``having`` and ``lacking``: runs with and without the event's version while both ran, and ``p`` of "the version
    does not matter" (Fisher's exact test, one-sided); None where they never ran side by side. ``score`` is 0 to 1."""

    event: Event
    score: float
    p: float | None
    having: Share | None
    lacking: Share | None


def events(frames: Frames, period: Period, filters: Filters) -> list[Event]:
    """Changes that were told of, and first runs of versions, from a day before the period on; by time."""
    told = frames.changes[(frames.changes["at"] >= period.since - DAY) & (frames.changes["at"] < period.until)]
    if filters.environment:
        told = told[told.environment.isin(["", filters.environment])]
    found = [
        Event(int(row["at"]), row["kind"], row["title"], row["version"], _globs(row["workflows"]), row["url"])
        for row in told.to_dict("records")
    ]
    return sorted([*found, *_first_runs(frames, period, found)], key=lambda event: (event.at, event.title))


def _globs(workflows: Any) -> tuple[str, ...]:
    return (workflows,) if isinstance(workflows, str) and workflows else tuple(workflows or ())


def _first_runs(frames: Frames, period: Period, told: list[Event]) -> Iterator[Event]:
    """Versions that had not run in all that is known before; not the first that is known of a workflow, and not those
    whose release was told of."""
    runs = frames.runs[~frames.runs.version.isin(_FOLDED) & (frames.runs.n > 0)]
    first = runs.groupby(["workflow", "version"], observed=True).bucket.min().reset_index()
    known = first.groupby("workflow", observed=True).bucket.transform("min")
    new = first[(first.bucket >= period.first - DAY) & (first.bucket < period.until) & (first.bucket > known)]
    released: dict[str, list[Event]] = {}
    for each in told:
        released.setdefault(each.version, []).append(each)
    for workflow, version, bucket in new.itertuples(index=False):
        if not any(concerns(each, str(workflow)) for each in released.get(version, ())):
            yield Event(int(bucket), FIRST_RAN, f"{version} first ran", str(version), (str(workflow),), "")


def concerns(event: Event, workflow: str) -> bool:
    """``workflow`` "" stands for all together, which every event concerns."""
    return not workflow or not event.workflows or any(fnmatch.fnmatchcase(workflow, glob) for glob in event.workflows)


def suspects(near: list[Event], runs: pd.DataFrame, workflow: str, start: int, worse: bool) -> list[Suspect]:
    """Those of the events that concern the workflow and lie within 24 hours of ``start`` (µs), the likeliest first.

    ``runs`` are eligible ones. A change point is the first day of another share, so what happened in the course of that
    day is asked about too. The score is closeness (1 at ``start``, 0 a day away) × association (1 − p, or ½ where
    versions never ran side by side).
    """
    mine = [each for each in near if abs(each.at - start) < DAY and concerns(each, workflow)]
    nearest = sorted(mine, key=lambda each: (abs(each.at - start), each.title))[:_MOST]
    found = [_suspect(each, runs, workflow, start, worse) for each in nearest]
    return sorted(found, key=lambda each: (-each.score, each.event.at, each.event.title))


def _suspect(event: Event, runs: pd.DataFrame, workflow: str, start: int, worse: bool) -> Suspect:
    having, lacking = _side_by_side(event, runs, workflow)
    close = 1 - abs(event.at - start) / DAY
    if not having.runs or not lacking.runs:
        return Suspect(event, close * NOT_OVERLAPPING, None, None, None)
    table = [[each.bad, each.runs - each.bad] for each in (having, lacking)]
    p = float(fisher_exact(np.array(table), alternative="greater" if worse else "less").pvalue)
    return Suspect(event, close * (1 - p), p, having, lacking)


def _side_by_side(event: Event, runs: pd.DataFrame, workflow: str) -> tuple[Share, Share]:
    """Runs with the version and with those that were there before it, from the first to the last quarter hour in which
    both were in use."""
    if event.version in _FOLDED:
        return Share(0, 0), Share(0, 0)
    new = runs[runs.version == event.version]
    names = [workflow] if workflow else list(new.workflow.unique())
    new = new[new.workflow.isin(names)]
    old = runs[runs.workflow.isin(names) & ~runs.version.isin([*_FOLDED, event.version])]
    since = old.groupby(["workflow", "version"], observed=True).bucket.transform("min")
    old = old[(since < new.bucket.min()) & (old.bucket >= new.bucket.min())]
    return _share(new[new.bucket <= old.bucket.max()]), _share(old)


def _share(rows: pd.DataFrame) -> Share:
    return Share(int(rows.n[rows.outcome.isin(BAD)].sum()), int(rows.n.sum()))

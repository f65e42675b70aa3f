"""What happened over time, and can I trust it? Frames in, report out; pure."""

import hashlib
import json
from dataclasses import astuple

import numpy as np
import pandas as pd

from reports.counting import counts
from reports.frames import COUNTED, Frames
from reports.model import Report
from reports.period import Filters, Period
from reports.sections import SECTIONS
from reports.sections.context import Context
from reports.wording import minute

VERSION = "3"  # of the answer: another one gives every report another id
_MINUTE = 60_000_000
_COUNTED = ("runs", "durations", "groups", "tries")
_BESIDE = ("group_info", "group_events", "changes", "alerts", "failing")


def trend(frames: Frames, period: Period, filters: Filters, id_: str = "") -> Report:
    """Of frames that are not complete: what they can answer, and sections that are pending. ``id_``: where it is known
    already."""
    previous = period.previous()
    context = Context(counts(frames, period, filters), counts(frames, previous, filters), frames, filters)
    local = period.local
    return Report(
        id=id_ or report_id(frames, period, filters),
        title="Failure trend",
        since=minute(local(period.since)),
        until=minute(local(period.until)),
        previous_since=minute(local(previous.since)),
        previous_until=minute(local(previous.until)),
        timezone=period.timezone,
        made_at=minute(local(period.now)),
        filters={
            "workflows": list(filters.workflows),
            "environment": filters.environment,
            "version": filters.version,
            "severity": filters.severity,
        },
        sections=[build(context) for build in SECTIONS],
    )


def report_id(frames: Frames, period: Period, filters: Filters) -> str:
    """A hash of the question to the minute, the version of the answer, the counts, and the small tables beside them. In
    which order rows come, and whether a cell of counts lies in one row or in several, does not matter.

    It needs no complete frames. Two reports with one id say the same, but for when they were made, how many runs were
    open then, how far rows reached back, and what was counted about the telemetry itself. Rows of runs are taken to
    follow their counts: an end that is corrected within its quarter hour, and attributes or a trace that come later
    than all else of a run, give no other id.
    """
    hashed = hashlib.sha256(VERSION.encode())
    instants = [each // _MINUTE for each in (period.since, period.until, min(period.now, period.until))]
    hashed.update(json.dumps([*instants, period.timezone, *astuple(filters)]).encode())
    first = period.previous().first
    for name in _COUNTED:
        hashed.update(_sum_of(getattr(frames, name), first, period.until).tobytes())
    beside = [getattr(frames, name).itertuples(index=False, name=None) for name in _BESIDE]
    for rows in (*beside, frames.objectives):
        hashed.update("\n".join([*sorted(map(repr, rows)), ""]).encode())
    return hashed.hexdigest()[:16]


def _sum_of(frame: pd.DataFrame, first: int, until: int) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """For each kind of count the sum of its numbers, each times the hash of its cell: additive, so that only what is
    counted in each cell matters."""
    counted = [name for name in frame.columns if name in COUNTED]
    rows = frame[(frame.bucket >= first) & (frame.bucket < until)]
    cells = pd.util.hash_pandas_object(rows.drop(columns=counted), index=False).to_numpy(dtype="uint64")
    return np.array([(cells * rows[name].to_numpy().astype("uint64")).sum() for name in counted], dtype="uint64")

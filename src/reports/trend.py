"""What happened over time, and can I trust it? Frames in, report out; pure."""

import hashlib
import json

import pandas as pd

from reports.counting import counts
from reports.frames import Frames
from reports.model import Report
from reports.period import Filters, Period
from reports.sections import SECTIONS
from reports.sections.context import Context
from reports.wording import minute

VERSION = "1"


def trend(frames: Frames, period: Period, filters: Filters) -> Report:
    previous = period.previous()
    context = Context(
        counts(frames, period, filters), counts(frames, previous, filters), frames.group_info, frames.open_runs
    )
    local = period.local
    return Report(
        id=_id(frames, period, filters),
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
            "severity": filters.severity,
        },
        sections=[build(context) for build in SECTIONS],
    )


def _id(frames: Frames, period: Period, filters: Filters) -> str:
    """A hash of the numbers, the question and the version of the answer."""
    hashed = hashlib.sha256(VERSION.encode())
    asked = [period.since, period.until, period.timezone, filters.workflows, filters.environment, filters.severity]
    hashed.update(json.dumps(asked).encode())
    for frame in (frames.runs, frames.durations, frames.groups):
        hashed.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return hashed.hexdigest()[:16]

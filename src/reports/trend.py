"""What happened over time, and can I trust it? Frames in, report out; pure."""

import hashlib
import json
from dataclasses import astuple

import numpy as np
import pandas as pd

from reports.counting import counts
from reports.frames import Frames
from reports.model import Report
from reports.period import Filters, Period
from reports.sections import SECTIONS
from reports.sections.context import Context
from reports.wording import minute

VERSION = "2"
_COUNTED = ("runs", "durations", "groups", "tries")


def trend(frames: Frames, period: Period, filters: Filters) -> Report:
    previous = period.previous()
    context = Context(counts(frames, period, filters), counts(frames, previous, filters), frames, filters)
    local = period.local
    return Report(
        id=report_id(frames, period, filters),
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
    """A hash of the numbers, the question and the version of the answer. The order of rows does not matter."""
    hashed = hashlib.sha256(VERSION.encode())
    asked = [period.since, period.until, period.timezone, *astuple(filters)]
    hashed.update(json.dumps(asked).encode())
    for name in _COUNTED:
        rows = pd.util.hash_pandas_object(getattr(frames, name), index=False).to_numpy()
        hashed.update(np.sum(rows, dtype="uint64").tobytes())
    return hashed.hexdigest()[:16]

"""Frames made of runs that a test makes up, and one section of the report about them."""

import json
from collections import Counter
from datetime import UTC, datetime

from reports.counting import counts
from reports.frames import frames_of
from reports.period import DAY, Filters, Period
from reports.sections.context import Context

NOW = int(datetime(2026, 11, 23, 0, tzinfo=UTC).timestamp()) * 1_000_000
QUARTER = 900_000_000
HOUR = 4 * QUARTER
MINUTE = 60_000_000
MONTH = Period(NOW - 28 * DAY, NOW, "UTC", NOW)


def run(at, workflow="pay", outcome="succeeded", version="", environment="", severity="", late=0, skewed=0):
    return at, workflow, environment, version, severity, outcome, late, skewed


def made(runs, **more):
    """Frames of the runs' counts; ``more`` are further tables."""
    cells = Counter(runs_of(runs))
    late = Counter(dict.fromkeys(cells, 0))
    skewed = Counter(late)
    for each, key in zip(runs, runs_of(runs), strict=True):
        late[key] += each[6]
        skewed[key] += each[7]
    rows = [(*key, n, 0, late[key], skewed[key], 0, 0) for key, n in cells.items()]
    return frames_of(rows, **more)


def runs_of(runs):
    return [(at - at % QUARTER, "otel", workflow, environment, version, severity, outcome)
            for at, workflow, environment, version, severity, outcome, _, _ in runs]  # fmt: skip


def ends_of(runs):
    """Bad runs, and each good one right after a bad one of its workflow and environment, as the shell reads them."""
    before, rows = {}, []
    for place, (at, workflow, environment, version, severity, outcome, _, _) in enumerate(sorted(runs)):
        if outcome in {"cancelled", "skipped", "missed"}:
            continue
        good = outcome == "succeeded"
        if not good or before.get((workflow, environment)) is False:
            rows.append((at, f"run-{place}", workflow, environment, version, severity, outcome))
        before[workflow, environment] = good
    return rows


def section_of(build, frames, period=MONTH, filters=Filters()):  # noqa: B008
    """The section, which must be fit for JSON as it is."""
    context = Context(counts(frames, period, filters), counts(frames, period.previous(), filters), frames, filters)
    section = build(context)
    json.dumps(section.data, allow_nan=False)
    return section

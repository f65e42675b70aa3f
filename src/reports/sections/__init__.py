"""The sections of the report, in order. Another one is a file here and a line in this list."""

from collections.abc import Callable

from reports.model import Section
from reports.sections import (
    changes,
    durations,
    flakiness,
    flow,
    groups,
    headline,
    incidents,
    mix,
    objectives,
    over_time,
    quality,
    retries,
    rhythm,
)
from reports.sections.context import Context

SECTIONS: tuple[Callable[[Context], Section], ...] = (
    headline.build,
    over_time.build,
    mix.build,
    groups.build,
    flow.build,
    incidents.build,
    durations.build,
    retries.build,
    flakiness.build,
    rhythm.build,
    changes.build,
    objectives.build,
    quality.build,
)

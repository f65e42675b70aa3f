"""The sections of the report, in order. Another one is a file here and a line in this list."""

from collections.abc import Callable

from reports.model import Section
from reports.sections import changes, durations, groups, headline, incidents, objectives, over_time, quality, rhythm
from reports.sections.context import Context

SECTIONS: tuple[Callable[[Context], Section], ...] = (
    headline.build,
    over_time.build,
    groups.build,
    incidents.build,
    durations.build,
    rhythm.build,
    changes.build,
    objectives.build,
    quality.build,
)

"""What is a report? Sections that each ask a question, say what was found, and show the numbers behind it."""

from dataclasses import dataclass, field
from typing import Any

from reports.charts.spec import ChartSpec


@dataclass(slots=True)
class Table:
    """``columns`` are headings; ``rows`` hold text and numbers as they are shown. ``links``: for each row the page that
    says more, relative to the service ("" for none)."""

    caption: str
    columns: list[str]
    rows: list[list[Any]]
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tile:
    label: str
    value: str
    note: str = ""


@dataclass(slots=True)
class Section:
    """``charts`` come with their tables; ``data`` is the section for programs, with full numbers. ``notes`` say what
    weakens it. ``open``: its first table is shown without being asked for. ``pending``: it takes long,
    and all or a part of it is not there yet."""

    key: str
    heading: str
    finding: str
    tables: list[Table] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    charts: list[ChartSpec] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    open: bool = False
    pending: bool = False


@dataclass(slots=True)
class Report:
    """``id`` names the numbers: see ``trend.report_id``. Times are the zone's, to the minute."""

    id: str
    title: str
    since: str
    until: str
    previous_since: str
    previous_until: str
    timezone: str
    made_at: str
    filters: dict[str, Any]
    sections: list[Section]

    @property
    def pending(self) -> bool:
        """Whether it is not whole yet: such a one is only shown, and never kept."""
        return any(each.pending for each in self.sections)

    def section(self, key: str) -> Section:
        """Raises KeyError for one that is not there."""
        for each in self.sections:
            if each.key == key:
                return each
        raise KeyError(key)

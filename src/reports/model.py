"""What is a report? Sections that each ask a question, say what was found, and show the numbers behind it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Table:
    """``columns`` are headings; ``rows`` hold text and numbers as they are shown. ``links`` maps a row to a page."""

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
    """``figure`` is a plotly figure as plain data, or None where a picture would say nothing; ``data`` is the section
    for programs, with full numbers."""

    key: str
    heading: str
    finding: str
    tables: list[Table] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    figure: dict[str, Any] | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """``id`` names the numbers: the same input and version give the same id. Times are the zone's, to the minute."""

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

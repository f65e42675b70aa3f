"""How does a report read on a page? The words, shapes and classes around its numbers."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from reports.model import Report, Section, Table
from reports.statistics import Verdict

SHAPES = {Verdict.WORSE: "▲", Verdict.BETTER: "▼", Verdict.NO_EVIDENCE: "≈", Verdict.TOO_FEW: "○"}
LONG = 40  # rows; a longer table beside a chart is not printed
_NOTHING = "–"
_BARS = " ▁▂▃▄▅▆▇█"
_GLYPHS = {"●": "bad", "◐": "healed", "○": "good", "·": "none"}
_DENSE = 14  # columns; so many are printed small
_WIDE, _TIGHT, _FIGURES = 40, 16, 24  # letters
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s|min|h|d|points?|runs?|times)\b|%)")
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")


@dataclass(slots=True, frozen=True)
class Cell:
    """``kind`` is its class; ``heard`` what is read out in place of small pictures made of letters."""

    text: str
    kind: str = ""
    heard: str = ""


@dataclass(slots=True, frozen=True)
class Row:
    cells: list[Cell]
    link: str


@dataclass(slots=True, frozen=True)
class Sheet:
    """A table as it is shown: ``heads`` are headings with the class of their column."""

    caption: str
    heads: list[Cell]
    rows: list[Row]
    open: bool

    @property
    def long(self) -> bool:
        return len(self.rows) > LONG

    @property
    def dense(self) -> bool:
        return len(self.heads) > _DENSE


def sheets(section: Section) -> list[Sheet]:
    """Its tables that have rows. What no chart shows is shown at once."""
    tables = [table for table in section.tables if table.rows]
    return [
        _sheet(table, opened=not section.charts or (section.open and not place)) for place, table in enumerate(tables)
    ]


def _sheet(table: Table, opened: bool) -> Sheet:
    kinds = [_kind([row[place] for row in table.rows]) for place in range(len(table.columns))]
    links = table.links or [""] * len(table.rows)
    rows = [
        Row([_cell(value, kind) for value, kind in zip(row, kinds, strict=True)], link)
        for row, link in zip(table.rows, links, strict=True)
    ]
    heads = [Cell(name, kind if kind == "number" else "") for name, kind in zip(table.columns, kinds, strict=True)]
    return Sheet(table.caption, heads, rows, opened)


def _kind(values: list[Any]) -> str:
    """Of a column: numbers stand at the right, long texts get room, short ones stay on one line."""
    texts = [value for value in values if isinstance(value, str) and value != _NOTHING]
    if not texts:
        return "number"
    if any(texts) and all(set(text) <= set(_BARS) or set(text) <= set(_GLYPHS) for text in texts):
        return "spark"
    if all(_DATE.match(text) for text in texts):
        return "when"
    longest = max(map(len, texts))
    most = _FIGURES if any(text[:1].isdigit() or text[:1] in "+-" for text in texts) else _TIGHT
    return "wide" if longest > _WIDE else "tight" if longest <= most else ""


def _cell(value: Any, kind: str) -> Cell:
    if value is None:
        return Cell(_NOTHING, kind)
    if isinstance(value, str):
        return Cell(f"{SHAPES[Verdict(value)]} {value}", kind) if value in set(Verdict) else _text(value, kind)
    return Cell(f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else f"{value:.4g}", kind)


def _text(value: str, kind: str) -> Cell:
    if kind != "spark" or not value or value == _NOTHING:
        return Cell(value, kind)
    if set(value) <= set(_BARS):
        heights = " ".join(str(_BARS.index(each)) for each in value)
        return Cell(value, kind, f"bars of height {heights}, 8 being the highest")
    counted = Counter(_GLYPHS[each] for each in value)
    return Cell(value, kind, ", ".join(f"{n} {name}" for name, n in counted.items()))


def tied(text: str) -> str:
    """No line breaks between a number and its unit,."""
    return _UNIT.sub("\u00a0", text)


def first_sentence(text: str) -> str:
    return _SENTENCE.split(text, maxsplit=1)[0]


def badge(report: Report) -> Verdict | None:
    """The verdict of the headline; None where the report has none."""
    found = [section.data.get("verdict") for section in report.sections if section.key == "headline"]
    return Verdict(found[0]) if found and found[0] in set(Verdict) else None

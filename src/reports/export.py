"""The report for programs: JSON of every section, CSV and Parquet of every table, a PNG of a chart."""

import csv
import io
import json
import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from reports.charts.picture import picture
from reports.model import Report, Section

LONG_FORM = ("section", "table", "row", "column", "text", "number")


def render_json(report: Report) -> str:
    said = asdict(report)
    for section in said["sections"]:
        del section["charts"], section["open"], section["pending"]
    return json.dumps(_without_nan(said), ensure_ascii=False, indent=1)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return value


def render_csv(report: Report, section: str = "") -> str:
    """The tables one after another, each row led by its section; of one section alone where its key is given. Raises
    ValueError for a section that is not there."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for each in [_section(report, section)] if section else report.sections:
        for table in each.tables:
            writer.writerow(["section", *table.columns])
            writer.writerows([each.key, *map(_harmless, row)] for row in table.rows)
    return written.getvalue()


def _section(report: Report, key: str) -> Section:
    try:
        return report.section(key)
    except KeyError:
        known = ", ".join(each.key for each in report.sections)
        raise ValueError(f"there is no section {key!r}; they are {known}") from None


def _harmless(value: Any) -> Any:
    """Spreadsheets run text that begins like a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} and len(value) > 1 else value


def render_png(report: Report, section: str, place: int = 0) -> bytes:
    """The section's chart at ``place``, counted from 0. Raises ValueError for one that is not there."""
    charts = _section(report, section).charts
    if not 0 <= place < len(charts):
        raise ValueError(f"section {section!r} has {len(charts)} charts here, counted from 0: there is no {place}")
    return picture(charts[place])


def render_parquet(report: Report) -> bytes:
    """Every cell of every table as a row of ``LONG_FORM``; ``number`` is null for text. Raises ValueError where the
    library is missing."""
    cells = [
        (section.key, table.caption, place, column, "" if value is None else str(value), _number(value))
        for section in report.sections
        for table in section.tables
        for place, row in enumerate(table.rows)
        for column, value in zip(table.columns, row, strict=True)
    ]
    written = io.BytesIO()
    try:
        pd.DataFrame(cells, columns=list(LONG_FORM)).astype({"number": "Float64"}).to_parquet(written, index=False)
    except ImportError:
        raise ValueError("Parquet needs pyarrow: pip install 'tocsin[parquet]', or ask for CSV or JSON") from None
    return written.getvalue()


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

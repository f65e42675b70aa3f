"""The report for programs: JSON of every section, CSV of every table."""

import csv
import io
import json
import math
from dataclasses import asdict
from typing import Any

from reports.model import Report


def render_json(report: Report) -> str:
    said = asdict(report)
    for section in said["sections"]:
        del section["charts"], section["open"]
    return json.dumps(_without_nan(said), ensure_ascii=False, indent=1)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return value


def render_csv(report: Report) -> str:
    """The tables one after another, each row led by its section."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for section in report.sections:
        for table in section.tables:
            writer.writerow(["section", *table.columns])
            writer.writerows([section.key, *map(_harmless, row)] for row in table.rows)
    return written.getvalue()


def _harmless(value: Any) -> Any:
    """Spreadsheets run text that begins like a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} and len(value) > 1 else value

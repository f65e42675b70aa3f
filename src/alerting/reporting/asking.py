"""Which report is asked for, and in what form?"""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationInfo, field_validator

from alerting.database.port import Store
from alerting.moments import moment
from alerting.reporting.kept import kept
from alerting.reporting.reading import frames_from
from rules.instants import Instant

if TYPE_CHECKING:
    from reports.model import Report
    from reports.period import Filters, Period


class Wanted(BaseModel):
    """What is asked for. ``since`` and ``until``: RFC 3339, Unix milliseconds, or a duration meaning "ago". ``id``: a
    report that is kept, as it was made, whatever else is asked."""

    since: str = "30d"
    until: str | None = None
    workflow: list[str] = []
    environment: str = ""
    version: str = ""
    severity: str = ""
    tz: str = "UTC"
    id: str = ""

    @field_validator("since", "tz")
    @classmethod
    def _left_blank(cls, given: str, field: ValidationInfo) -> str:
        """A form sends what was not filled in too."""
        return given.strip() or str(cls.model_fields[str(field.field_name)].default)

    @field_validator("workflow")
    @classmethod
    def _named(cls, given: list[str]) -> list[str]:
        return [each.strip() for each in given if each.strip()]


def question(wanted: Wanted, now: Instant) -> "tuple[Period, Filters]":
    """Raises ValueError for one that cannot be answered."""
    from reports.period import Filters, Period

    until = moment("until", wanted.until, now) if wanted.until else now
    period = Period(moment("since", wanted.since, now), until, wanted.tz, now)
    return period, Filters(tuple(wanted.workflow), wanted.environment, wanted.version, wanted.severity)


def report_of(store: Store, wanted: Wanted, now: Instant) -> "Report":
    """Raises ValueError for a question that cannot be answered."""
    from reports.trend import trend

    if wanted.id:
        return _again(store, wanted.id)
    period, filters = question(wanted, now)
    return trend(frames_from(store, period), period, filters)


def _again(store: Store, id_: str) -> "Report":
    report = kept(store, id_)
    if report is None:
        raise ValueError(f"report {id_!r} is not kept (any more); ask anew for its period at /reports/trend")
    return report


def formed(report: "Report", form: str, links: dict[str, str] | None = None, section: str = "") -> str | bytes:
    """``section``: of CSV, one section alone. Raises ValueError where there is none, or the form needs what is not
    installed."""
    from reports.export import render_csv, render_json, render_parquet
    from reports.render_html import render_html

    match form:
        case "html":
            return render_html(report, links)
        case "json":
            return render_json(report)
        case "parquet":
            return render_parquet(report)
    return render_csv(report, section)

"""Which report is asked for, and in what form?"""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationInfo, field_validator

from alerting.moments import moment
from rules.instants import Instant, format_instant

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

    def fixed(self, now: Instant) -> str:
        """The query that asks the same whenever it is asked."""
        period, _ = question(self, now)
        instants = {"since": format_instant(period.since), "until": format_instant(period.until)}
        told = self.model_dump(exclude_defaults=True, exclude={"since", "until", "id"})
        return urlencode(instants | told, doseq=True)


def question(wanted: Wanted, now: Instant) -> "tuple[Period, Filters]":
    """Raises ValueError for one that cannot be answered."""
    from reports.period import Filters, Period

    until = moment("until", wanted.until, now) if wanted.until else now
    period = Period(moment("since", wanted.since, now), until, wanted.tz, now)
    return period, Filters(tuple(wanted.workflow), wanted.environment, wanted.version, wanted.severity)


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

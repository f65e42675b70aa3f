"""From rollups to a report. The report's own packages are large: they are imported when one is asked for."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationInfo, field_validator
from sqlalchemy import func, literal, select

from alerting.database.port import Connection, Store
from alerting.moments import moment
from alerting.storage.schema import ErrorGroupRow, RollupDurationRow, RollupGroupRow, RollupRunRow, RunRow, table
from rules.instants import Instant

if TYPE_CHECKING:
    from reports.frames import Frames
    from reports.model import Report
    from reports.period import Period


class Wanted(BaseModel):
    """What is asked for. ``since`` and ``until``: RFC 3339, Unix milliseconds, or a duration meaning "ago"."""

    since: str = "30d"
    until: str | None = None
    workflow: list[str] = []
    environment: str = ""
    version: str = ""
    severity: str = ""
    tz: str = "UTC"

    @field_validator("since", "tz")
    @classmethod
    def _left_blank(cls, given: str, field: ValidationInfo) -> str:
        """A form sends what was not filled in too."""
        return given.strip() or str(cls.model_fields[str(field.field_name)].default)

    @field_validator("workflow")
    @classmethod
    def _named(cls, given: list[str]) -> list[str]:
        return [each.strip() for each in given if each.strip()]


def render(store: Store, wanted: Wanted, form: str, now: Instant, links: dict[str, str] | None = None) -> str:
    """The report as ``html``, ``json`` or ``csv``. Raises ValueError for a question that cannot be answered."""
    from reports.export import render_csv, render_json
    from reports.render_html import render_html

    report = report_of(store, wanted, now)
    if form == "html":
        return render_html(report, links)
    return render_json(report) if form == "json" else render_csv(report)


def report_of(store: Store, wanted: Wanted, now: Instant) -> "Report":
    """The answer, not rendered yet. Raises ValueError for a question that cannot be answered."""
    from reports.period import Filters, Period
    from reports.trend import trend

    until = moment("until", wanted.until, now) if wanted.until else now
    period = Period(moment("since", wanted.since, now), until, wanted.tz, now)
    filters = Filters(tuple(wanted.workflow), wanted.environment, wanted.version, wanted.severity)
    return trend(frames_from(store, period), period, filters)


def frames_from(store: Store, period: "Period") -> "Frames":
    """Everything the period and the one before it need: a number of rows that does not grow with that of spans."""
    from reports import frames as shapes

    first, last = period.previous().first, period.until
    run = table(RunRow)
    with store.read() as connection:
        still_open = select(func.count()).select_from(run).where(run.c.outcome == "running")
        return shapes.frames_of(
            _rows(connection, RollupRunRow, shapes.RUNS, first, last),
            _rows(connection, RollupDurationRow, shapes.DURATIONS, first, last),
            _rows(connection, RollupGroupRow, shapes.GROUPS, first, last),
            _groups(connection, shapes.GROUP_INFO, first),
            open_runs=connection.execute(still_open).scalar_one(),
        )


def _rows(
    connection: Connection,
    model: type[RollupRunRow | RollupDurationRow | RollupGroupRow],
    names: tuple[str, ...],
    first: Instant,
    last: Instant,
) -> list[tuple[object, ...]]:
    columns = table(model).c
    blank = {"environment": literal(""), "version": literal(""), "severity": literal("")}
    statement = select(*(columns[name] if name in columns else blank.get(name, literal(0)) for name in names))
    wanted = statement.where(columns.bucket >= first, columns.bucket < last, columns.n != 0)
    return [tuple(row) for row in connection.execute(wanted)]


def _groups(connection: Connection, names: tuple[str, ...], first: Instant) -> list[tuple[object, ...]]:
    columns = table(ErrorGroupRow).c
    statement = select(*(columns[name] for name in names)).where(columns.last_seen >= first)
    return [tuple(row) for row in connection.execute(statement)]

"""A scheduled report, made from start to end: the store is opened, read and closed again."""

from dataclasses import dataclass

from alerting.backend import open_backend
from alerting.configuration.model import ScheduledReport
from alerting.database.port import Store
from alerting.reporting.answering import report_of
from alerting.reporting.asking import Wanted
from alerting.reporting.kept import packed
from alerting.reporting.telling import told_of
from alerting.settings import Settings
from rules.instants import Instant


@dataclass(slots=True, frozen=True)
class Order:
    """The report of the time before ``due``, as things are known at ``now``."""

    wanted: ScheduledReport
    due: Instant
    now: Instant


@dataclass(slots=True, frozen=True)
class Made:
    """``body`` and ``told`` as they are kept."""

    id: str
    body: bytes
    told: bytes


def make(settings: Settings, order: Order) -> Made:
    backend = open_backend(settings, "command")
    try:
        return make_in(backend.store, settings.public_url, order)
    finally:
        backend.close()


def make_in(store: Store, address: str, order: Order) -> Made:
    asked = order.wanted
    wanted = Wanted(
        since=str((order.due - asked.period) // 1_000),
        until=str(order.due // 1_000),
        workflow=list(asked.workflow),
        environment=asked.environment,
        version=asked.version,
        severity=asked.severity.value if asked.severity else "",
        tz=asked.timezone,
    )
    report = report_of(store, wanted, order.now)
    return Made(report.id, *packed(report, told_of(report, asked.name, address)))

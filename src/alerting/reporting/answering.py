"""Which report answers a question: one that is kept, one that is made now, or as much of it as comes at once?"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from alerting.database.port import Store
from alerting.reporting.asking import Wanted, question
from alerting.reporting.kept import keep, kept, kept_in
from alerting.reporting.reading import completed, counted
from rules.instants import MINUTE, Instant

if TYPE_CHECKING:
    from reports.model import Report
    from reports.period import Filters, Period


class Answer(NamedTuple):
    """``kept``: it is found again by its id."""

    report: "Report"
    kept: bool


def report_of(store: Store, wanted: Wanted, now: Instant) -> "Report":
    """All of it. Raises ValueError for a question that cannot be answered."""
    return _again(store, wanted.id) if wanted.id else _whole(store, *question(wanted, now)).report


def at_once(store: Store, wanted: Wanted, now: Instant) -> Answer:
    """All of it where it is kept; else what the counts answer. Raises ValueError as ``report_of``."""
    from reports.trend import report_id, trend

    if wanted.id:
        return Answer(_again(store, wanted.id), True)
    period, filters = question(wanted, now)
    with store.read() as connection:
        frames = counted(connection, period)
        id_ = report_id(frames, period, filters)
        found = kept_in(connection, id_)
    return Answer(found or trend(frames, period, filters, id_), found is not None)


def whole(store: Store, wanted: Wanted, now: Instant) -> Answer:
    """All of it, which is kept: who asks it at the same time gets the same. Raises ValueError as ``report_of``."""
    if wanted.id:
        return Answer(_again(store, wanted.id), True)
    period, filters = question(wanted, now)
    with _one_by_one((period.since // MINUTE, period.until // MINUTE, period.timezone, filters)):
        report, known = _whole(store, period, filters)
        return Answer(report, known or keep(store, report, now))


def _again(store: Store, id_: str) -> "Report":
    report = kept(store, id_)
    if report is None:
        raise ValueError(f"report {id_!r} is not kept (any more); ask anew for its period at /reports/trend")
    return report


def _whole(store: Store, period: "Period", filters: "Filters") -> Answer:
    from reports.trend import report_id, trend

    with store.read() as connection:
        frames = counted(connection, period)
        id_ = report_id(frames, period, filters)
        if found := kept_in(connection, id_):
            return Answer(found, True)
        frames = completed(connection, period, frames)
    return Answer(trend(frames, period, filters, id_), False)


_under_way: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()
_looking = Lock()


@contextmanager
def _one_by_one(asked: Hashable) -> Iterator[None]:
    """In this process. A lock is there for as long as somebody holds it or waits for it."""
    with _looking:
        mine = _under_way.setdefault(asked, Lock())
    with mine:
        yield

"""What happened, as the rules were told it? Stored failures and good ends, in the order in which they were received.

Both are read along the index of when they happened, a page at a time. Whatever is still to be read happened later, and
so was received later but for clocks that differ: a row waits until that much more has been read.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Select, case, select, tuple_

from alerting.consumer.timed import SETTLE_WAIT
from alerting.database.port import Store
from alerting.storage.schema import FailureRow, RunRow, table
from rules.inputs import Failed, Finished
from rules.instants import DAY, MINUTE, Duration, Instant
from rules.model import ErrorInfo, Fingerprint, Run
from rules.ruleset import Ruleset
from rules.vocabulary import Outcome, Severity

PAGE = 10_000
_SLACK: Duration = MINUTE
_LATEST: Duration = DAY  # what comes later than this is told to nobody
_GOOD = ("succeeded", "cancelled", "skipped")
_run, _failure = table(RunRow), table(FailureRow)
# An event ends a run at once; what spans tell is final when nothing more came.
_FINAL_AT = (_run.c.heard_at + case((_run.c.told_by_event, 0), else_=SETTLE_WAIT)).label("at")
# Both begin with when it was received, the id, and when it happened.
_FAILED = (
    _failure.c.received_at, _failure.c.id, _failure.c.occurred_at, _failure.c.run, _failure.c.engine,
    _failure.c.workflow, _failure.c.run_id, _failure.c.environment, _failure.c.version, _failure.c.step,
    _failure.c.outcome, _failure.c.severity, _failure.c.error_type, _failure.c.error_message, _failure.c.error_group,
    _failure.c.cause, _failure.c.novelty, _run.c.cause_type, _run.c.attempts, _run.c.max_attempts, _run.c.started_at,
    _run.c.parent_run_id, _run.c.url, _run.c.detail,
)  # fmt: skip
_ENDED = (
    _FINAL_AT, _run.c.id, _run.c.ended_at, _run.c.engine, _run.c.workflow, _run.c.environment, _run.c.outcome,
    _run.c.started_at, _run.c.evaluated, _run.c.run_id, _run.c.version, _run.c.attempts,
)  # fmt: skip
PLACE = slice(3, 6)  # of an end: engine, workflow, environment
Row = Any
Timed = tuple[Instant, str, bool, Row]
_AT, _WHEN = itemgetter(0), itemgetter(0, 1)


class _Detail(msgspec.Struct):
    """The part of a run's detail that rules look at."""

    labels: dict[str, str] = {}
    told_severity: str = ""
    stack: str = ""
    told: tuple[str, str, str] = ("", "", "")
    consequence_of: str = ""
    quiet: bool = False
    lost: bool = False


_decode = msgspec.json.Decoder(_Detail).decode


@dataclass(slots=True, frozen=True)
class Span:
    """From ``since`` up to ``until``, by when things were received. ``labels``: whether rules ask for those of runs
    that did not fail."""

    since: Instant
    until: Instant
    labels: bool = False


def history(store: Store, span: Span) -> Iterator[Timed]:
    """(when, id, whether it failed, row), in order of time."""
    return merge(_ordered(store, span, True), _ordered(store, span, False))


def _failures() -> Select[Any]:
    return select(*_FAILED).select_from(_failure.outerjoin(_run, _run.c.id == _failure.c.run))


def _ends(labels: bool) -> Select[Any]:
    columns = (*_ENDED, _run.c.detail) if labels else _ENDED
    return select(*columns).where(_run.c.outcome.in_(_GOOD))


def _ordered(store: Store, span: Span, failed: bool) -> Iterator[Timed]:
    wanted = _failures() if failed else _ends(span.labels)
    waiting: list[Timed] = []
    for page, reached in _pages(store, span, wanted, (_FAILED if failed else _ENDED)[1:3]):
        waiting.extend([(row[0], row[1], failed, row) for row in page])
        waiting.sort(key=_WHEN)
        ready = len(waiting) if reached is None else bisect_left(waiting, reached, key=_AT)
        first, last = (bisect_left(waiting, end, key=_AT) for end in (span.since, span.until))
        yield from waiting[first : min(ready, last)]
        del waiting[:ready]


def _pages(store: Store, span: Span, wanted: Select[Any], key: Any) -> Iterator[tuple[list[Row], Instant | None]]:
    """Each page, and up to when everything has been read; None with the last. Each in a transaction of its own, so
    that a service beside it can go on tidying up."""
    ident, happened = key
    after: tuple[Instant, str] = (span.since - _LATEST, "")
    while True:
        further = wanted.where(happened >= after[0], happened < span.until + _SLACK, tuple_(happened, ident) > after)
        with store.read() as connection:
            page = list(connection.execute(further.order_by(happened, ident).limit(PAGE)).all())
        if len(page) < PAGE:
            yield page, None
            return
        after = (page[-1][2], page[-1][1])
        yield page, after[0] - _SLACK


def failed_of(row: Row, ruleset: Ruleset) -> Failed | None:
    """The failure as the rules were told it, with the severity that it has by these; None where nobody was to hear."""
    detail = _decode(row.detail or "{}")
    if detail.quiet:
        return None
    run = Run(
        row.run, row.engine, row.workflow, row.run_id, Outcome(row.outcome), row.started_at or 0, row.occurred_at,
        ErrorInfo(row.error_type, row.error_message, detail.stack or detail.told[2], row.cause_type or ""), row.step,
        row.attempts or 0, row.max_attempts or 0, row.environment, row.version, row.parent_run_id or "", row.url or "",
        Severity(detail.told_severity) if detail.told_severity else None, detail.labels,
    )  # fmt: skip
    known = Fingerprint(row.error_group, row.cause, 0, ())
    severity = ruleset.severity_of(run)
    return Failed(run, known, severity, row.id, row.occurred_at, detail.consequence_of, row.novelty)


def finished_of(row: Row, labels: bool) -> Finished:
    """One that had failed before under its own id began, for the rules, at its end."""
    run = Run(
        row.id, row.engine, row.workflow, row.run_id, Outcome(row.outcome), row.started_at, row.ended_at,
        attempts=row.attempts, environment=row.environment, version=row.version,
        labels=_decode(row.detail or "{}").labels if labels else {},
    )  # fmt: skip
    return Finished(run, 0 if row.evaluated else row.started_at, row.ended_at)

"""What happened, as the rules were told it? Stored failures and good ends, in the order in which they were received.

Both are read along the index of when they happened, a page at a time. Whatever is still to be read happened later, and
so was received later but for clocks that differ: a row waits until that much more has been read.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Any

import msgspec
from sqlalchemy import Select, select, tuple_

from alerting.consumer.recording import SETTLE_WAIT
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
_FAILED = (
    _failure.c.occurred_at, _failure.c.id, _failure.c.received_at, _failure.c.run, _failure.c.engine,
    _failure.c.workflow, _failure.c.run_id, _failure.c.environment, _failure.c.version, _failure.c.step,
    _failure.c.outcome, _failure.c.severity, _failure.c.error_type, _failure.c.error_message, _failure.c.error_group,
    _failure.c.cause, _failure.c.novelty, _run.c.cause_type, _run.c.attempts, _run.c.max_attempts, _run.c.started_at,
    _run.c.parent_run_id, _run.c.url, _run.c.detail,
)  # fmt: skip
_ENDED = (
    _run.c.ended_at, _run.c.id, _run.c.heard_at, _run.c.told_by_event, _run.c.engine, _run.c.workflow,
    _run.c.environment, _run.c.outcome, _run.c.started_at, _run.c.evaluated, _run.c.run_id, _run.c.version,
    _run.c.attempts,
)  # fmt: skip
Row = Any
Timed = tuple[Instant, str, bool, Row]


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
    failures = _ordered(store, span, _failures(), _FAILED[:2], lambda row: row.received_at)
    ends = _ordered(store, span, _ends(span.labels), _ENDED[:2], _known_at)
    return merge(
        ((when, row.id, True, row) for when, row in failures),
        ((when, row.id, False, row) for when, row in ends),
        key=lambda each: each[:2],
    )


def _failures() -> Select[Any]:
    return select(*_FAILED).select_from(_failure.outerjoin(_run, _run.c.id == _failure.c.run))


def _ends(labels: bool) -> Select[Any]:
    columns = (*_ENDED, _run.c.detail) if labels else _ENDED
    return select(*columns).where(_run.c.outcome.in_(_GOOD))


def _known_at(row: Row) -> Instant:
    """An event ends a run at once; what spans tell is final when nothing more came."""
    heard_at: Instant = row.heard_at
    return heard_at if row.told_by_event else heard_at + SETTLE_WAIT


def _ordered(
    store: Store, span: Span, wanted: Select[Any], key: Any, when: Callable[[Row], Instant]
) -> Iterator[tuple[Instant, Row]]:
    waiting: list[tuple[Instant, str, Row]] = []
    for page, reached in _pages(store, span, wanted, key):
        waiting.extend((when(row), row.id, row) for row in page)
        waiting.sort(key=lambda each: each[:2])
        ready = len(waiting) if reached is None else bisect_left(waiting, reached, key=lambda each: each[0])
        yield from ((at, row) for at, _, row in waiting[:ready] if span.since <= at < span.until)
        del waiting[:ready]


def _pages(store: Store, span: Span, wanted: Select[Any], key: Any) -> Iterator[tuple[list[Row], Instant | None]]:
    """Each page, and up to when everything has been read; None with the last. Each in a transaction of its own, so
    that a service beside it can go on tidying up."""
    happened, ident = key
    after: tuple[Instant, str] = (span.since - _LATEST, "")
    while True:
        further = wanted.where(happened >= after[0], happened < span.until + _SLACK, tuple_(happened, ident) > after)
        with store.read() as connection:
            page = list(connection.execute(further.order_by(happened, ident).limit(PAGE)).all())
        if len(page) < PAGE:
            yield page, None
            return
        after = (page[-1][0], page[-1].id)
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

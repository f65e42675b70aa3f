"""Rows that a report reads beside its counts, each bounded or by an index."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, literal_column, or_, select

from alerting.database.port import Connection
from alerting.database.statements import chunks
from alerting.storage.progress import active_configuration
from alerting.storage.rollups import FAULTS, NOT_RUNS
from alerting.storage.schema import AlertRow, ErrorGroupRow, NotificationRow, RunRow, ToldRow, table
from alerting.storage.traces import kept_traces
from alerting.traces.neutral import neutral
from alerting.wiring import configured
from reports.traces.critical_path import critical_path
from rules.condition_models import BurnRateCondition
from rules.drills import LABEL
from rules.instants import Instant

Rows = list[tuple[Any, ...]]
MOST_SAMPLED = 5_000
MOST_TRACES = 400
_MOST_ALERTS = 20_000
_bad = sorted(each.value for each in FAULTS)
_ended = [*_bad, "succeeded"]
_run = table(RunRow)
_pairs = select(_run.c.workflow, _run.c.environment).distinct().order_by(_run.c.workflow, _run.c.environment)
_alert = table(AlertRow)


def group_info(connection: Connection, names: tuple[str, ...], first: Instant) -> Rows:
    columns = table(ErrorGroupRow).c
    statement = select(*(columns[name] for name in names)).where(columns.last_seen >= first)
    return [tuple(row) for row in connection.execute(statement)]


def ends(connection: Connection, first: Instant, until: Instant) -> Rows:
    """Every bad run, and the next run of its workflow and environment where that went well, in order. Of the good ones
    only the end is told."""
    next_ = _run.alias("next")
    same = next_.c.workflow == _run.c.workflow, next_.c.environment == _run.c.environment
    after = select(next_.c.ended_at).where(*same, next_.c.ended_at > _run.c.ended_at, next_.c.outcome.in_(_ended))
    followed = after.order_by(next_.c.ended_at).limit(1)
    at, how = followed.scalar_subquery(), followed.with_only_columns(next_.c.outcome).scalar_subquery()
    named = _run.c.ended_at, _run.c.id, _run.c.workflow, _run.c.environment, _run.c.version, _run.c.severity
    bad = select(*named, _run.c.outcome, at.label("next_at"), how.label("next_outcome"))
    found: set[tuple[Any, ...]] = set()
    for row in connection.execute(bad.where(*_ended_in(first, until, _bad), _run.c.engine.not_in(NOT_RUNS))):
        found.add(tuple(row)[:-2])
        if row.next_outcome == "succeeded" and row.next_at < until:
            found.add((row.next_at, "", row.workflow, row.environment, "", "", row.next_outcome))
    return sorted(found)


def failing(connection: Connection, pairs: Iterable[tuple[str, str]], first: Instant, until: Instant) -> Rows:
    """Of each workflow and environment the latest run that ended in [first, until), where it was a bad one."""
    named = _run.c.ended_at, _run.c.id, _run.c.workflow, _run.c.environment, _run.c.version, _run.c.severity
    ended = _run.c.ended_at >= first, _run.c.ended_at < until, _run.c.outcome.in_(_ended)
    latest = select(*named, _run.c.outcome).where(*ended, _run.c.engine.not_in(NOT_RUNS))
    latest = latest.order_by(_run.c.ended_at.desc(), _run.c.id).limit(1)
    found: Rows = []
    for workflow, environment in pairs:
        of = latest.where(_run.c.workflow == workflow, _run.c.environment == environment)
        found.extend(tuple(row) for row in connection.execute(of) if row.outcome in _bad)
    return found


def everywhere(connection: Connection) -> list[tuple[str, str]]:
    """Every workflow and environment of which a run is kept."""
    return [(row.workflow, row.environment) for row in connection.execute(_pairs)]


def _ended_in(first: Instant, until: Instant, outcomes: list[str]) -> tuple[Any, ...]:
    """The sum keeps SQLite from the index of ends alone, which would have it open every run."""
    end = _run.c.ended_at + literal_column("0")
    return end >= first, end < until, _run.c.outcome.in_(outcomes)


def alerts(connection: Connection, first: Instant, until: Instant) -> Rows:
    """Alerts that were open in [first, until): when the first word of each was heard."""
    told, message = table(ToldRow), table(NotificationRow)
    sent = func.min(message.c.sent_at).label("sent_at")
    messages = select(told.c.alert, sent).join(message, message.c.id == told.c.notification)
    heard = messages.where(message.c.sent_at > 0).group_by(told.c.alert).subquery()
    columns = _alert.c.id, _alert.c.workflow, _alert.c.environment, _alert.c.first_at, _alert.c.fired_at
    within = _alert.c.first_at < until, or_(_alert.c.last_at >= first, _alert.c.resolved_at >= first)
    statement = select(*columns, func.coalesce(heard.c.sent_at, 0), _alert.c.resolved_at, _alert.c.body)
    statement = statement.outerjoin(heard, heard.c.alert == _alert.c.id).where(*within).limit(_MOST_ALERTS)
    return [_with_action(*row) for row in connection.execute(statement)]


def _with_action(*row: Any) -> tuple[Any, ...]:
    *told, resolved_at, body = row
    return (*told, json.loads(body or "{}").get("acted_at", 0), resolved_at)


def objectives(connection: Connection) -> Iterator[tuple[str, float]]:
    """What the rules that watch an error budget promise, by the globs of their workflows."""
    text = active_configuration(connection)
    for rule in configured(text, "").rules if text else ():
        if isinstance(rule.condition, BurnRateCondition):
            named = rule.match.get("workflow", "*")
            for glob in [named] if isinstance(named, str) else named:
                yield str(glob), rule.condition.burn_rate.slo


def sample(connection: Connection, first: Instant, until: Instant, bad: Iterable[str]) -> Rows:
    """Of the ``bad`` runs at most so many, and some good ones of the time, with their attributes: chosen by their ids,
    which are as good as drawn by lot, and the same each time."""
    chosen = sorted(bad)[:MOST_SAMPLED]
    if not chosen:
        return []
    ended = select(func.count()).where(_run.c.ended_at >= first, _run.c.ended_at < until)
    share = 2 * MOST_SAMPLED / max(1, connection.execute(ended).scalar_one())
    good = select(_run.c.id).where(_run.c.id < _bound(share), *_ended_in(first, until, ["succeeded"]))
    ids = [*chosen, *connection.execute(good.limit(3 * MOST_SAMPLED)).scalars()]
    known: dict[str, str] = {}
    return [row for piece in chunks(ids) for row in _with_attributes(connection, piece, known)]


def _bound(share: float) -> str:
    """What so large a share of ids, which are hexadecimal, lies below."""
    return f"{int(share * 16**8):08x}" if share < 1 else "g"


def _with_attributes(connection: Connection, ids: list[str], known: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """Equal texts are one and the same object: ``known`` holds those seen before."""
    names = ("id", "ended_at", "workflow", "environment", "version", "outcome", "severity", "error_group", "engine")
    columns = [_run.c[name] for name in names]
    wanted = select(*columns, _run.c.detail).where(_run.c.id.in_(ids)).order_by(_run.c.id)
    for *row, engine, detail in connection.execute(wanted):
        if engine in NOT_RUNS:
            continue
        detailed = json.loads(detail or "{}")
        labels = detailed.get("labels", {})
        if LABEL in labels:
            continue
        service = {"service": detailed["service"]} if detailed.get("service") else {}
        told = {**labels, **service, "engine": engine}
        yield (*row, {known.setdefault(name, name): known.setdefault(value, value) for name, value in told.items()})


def paths(connection: Connection, first: Instant, until: Instant) -> Rows:
    """Each step's own share of its run's time, on the critical path, of the runs whose traces are kept."""
    found: Rows = []
    for each in kept_traces(connection, first, until, MOST_TRACES):
        run = each.run
        shares = critical_path(neutral(each.spans, run), run.started_at, run.ended_at).shares()
        told = run.id, run.ended_at, run.workflow, run.environment, run.version, int(each.bad)
        found.extend((*told, step, share) for step, share in shares.items())
    return found

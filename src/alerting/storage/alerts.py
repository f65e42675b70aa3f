"""Alert states, alerts, deadlines and decisions: what the rules remember and said."""

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, func, literal_column, select, true

from alerting.cluster.partitions import EVERYTHING, Owned, partition_of
from alerting.database.port import Connection
from alerting.database.statements import Row, chunks, fetch, insert_all, locked_bodies, upsert
from alerting.storage.forgetting import BLANK_SINCE, day_of
from alerting.storage.schema import AlertRow, AlertStateRow, DeadlineRow, DecisionRow, RuleErrorRow, table
from rules.inputs import Due
from rules.instants import Instant
from rules.state import AlertState

_state = table(AlertStateRow)
_alert = table(AlertRow)
_deadline = table(DeadlineRow)
_decision = table(DecisionRow)
_error = table(RuleErrorRow)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AlertState)


def load_states(connection: Connection, keys: Iterable[str], levels: Iterable[str] = ()) -> list[AlertState]:
    """The states of ``keys``, and the open ones at ``levels``.

    Where others write too, each is locked until the transaction ends, in the order of the keys, whether it is there
    already or not: no two transactions wait for each other, and none decides on a state that another is changing.
    """
    wanted = {*keys, *_open_keys(connection, levels)}
    return [_decoder.decode(body) for body in locked_bodies(connection, _state, wanted, _BLANK)]


_BLANK: Row = {"rule": "", "level": "", "is_open": False, "body": "", "idle_since": BLANK_SINCE}


def _open_keys(connection: Connection, levels: Iterable[str]) -> list[str]:
    found: list[str] = []
    for piece in chunks(sorted(levels)):
        statement = select(_state.c.key).where(_state.c.level.in_(piece), _state.c.is_open)
        found.extend(connection.execute(statement).scalars())
    return found


def levels_still_open(connection: Connection, levels: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for piece in chunks(sorted(levels)):
        statement = select(_state.c.level).where(_state.c.level.in_(piece), _state.c.is_open)
        found.update(connection.execute(statement).scalars())
    return found


def decode_state(body: str) -> AlertState:
    return _decoder.decode(body)


def open_levels(connection: Connection) -> set[str]:
    return set(connection.execute(select(_state.c.level).where(_state.c.is_open).distinct()).scalars())


def firing(connection: Connection, rules: Iterable[str] | None = None) -> list[AlertState]:
    """The open alerts, of ``rules`` or of all, unlocked."""
    statement = select(_state.c.body).where(_state.c.is_open)
    if rules is not None:
        statement = statement.where(_state.c.rule.in_(sorted(rules)))
    return [_decoder.decode(body) for body in connection.execute(statement).scalars()]


def open_counts(connection: Connection) -> dict[str, int]:
    """How many alerts of each rule are open."""
    statement = select(_state.c.rule, func.count()).where(_state.c.is_open).group_by(_state.c.rule)
    return {row[0]: row[1] for row in connection.execute(statement)}


def recheck(connection: Connection, kind: str, at: Instant, by: Iterable[str] | None = None) -> None:
    """A deadline of ``kind`` at ``at`` for every firing alert that one of ``by`` keeps from being told; without it, for
    all that fire."""
    statement = select(_alert.c.key, _alert.c.workflow).where(_alert.c.state == "firing")
    if by is not None:
        statement = statement.where(_alert.c.suppressed_by.in_(sorted(by)))
    partitions = {key: partition_of(workflow) for key, workflow in connection.execute(statement)}
    save_deadlines(connection, {(kind, key, ""): at for key in partitions}, lambda each: partitions[each[1]])


def count_rule_errors(connection: Connection, errors: Iterable[tuple[str, str, int]], at: Instant) -> None:
    """(rule, error, how often) of rules that could not be evaluated."""
    for rule, error, count in errors:
        before = connection.execute(select(_error.c.count).where(_error.c.rule == rule)).scalar() or 0
        upsert(connection, _error, [{"rule": rule, "count": before + count, "last_at": at, "error": error[:2_000]}])


def rule_errors(connection: Connection, since: Instant) -> list[Row]:
    """Rules that could not be evaluated lately."""
    statement = select(_error).where(_error.c.last_at >= since).order_by(_error.c.rule)
    return [dict(row) for row in connection.execute(statement).mappings()]


def key_of_alert(connection: Connection, alert: str) -> str | None:
    key: str | None = connection.execute(select(_alert.c.key).where(_alert.c.id == alert)).scalar()
    return key


def save_states(connection: Connection, states: Iterable[AlertState], at: Instant) -> None:
    """The states as they are ``at``, and the alert of each as its readers see it."""
    bodies = [(state, _encoder.encode(state).decode()) for state in states]
    upsert(connection, _state, [_state_row(state, body, day_of(at)) for state, body in bodies])
    upsert(connection, _alert, [_alert_row(state, body) for state, body in bodies if state.alert_id])


def _state_row(state: AlertState, body: str, day: Instant) -> Row:
    return {
        "key": state.key,
        "rule": state.rule,
        "level": state.level,
        "is_open": state.open,
        "body": body,
        "idle_since": 0 if state.open else day,
    }


def _alert_row(state: AlertState, body: str) -> Row:
    example = state.example
    return {
        "id": state.alert_id,
        "key": state.key,
        "rule": state.rule,
        "severity": state.severity.value,
        "state": state.status.value,
        "engine": example.engine,
        "workflow": example.workflow,
        "environment": example.environment,
        "error_group": example.error_group,
        "count": state.count,
        "acknowledged_by": state.acknowledged_by,
        "suppressed_by": state.suppressed_by,
        "first_at": state.first_at,
        "last_at": state.last_at,
        "fired_at": state.fired_at,
        "resolved_at": state.resolved_at,
        "body": body,
    }


def due_deadlines(connection: Connection, until: Instant, owned: Owned = EVERYTHING) -> list[Due]:
    """Every deadline up to ``until`` in these partitions, in the order in which they fire."""
    if owned.all:
        return [Due(*row) for row in fetch(connection, _DUE, until=until)]
    return [Due(*row) for row in connection.execute(_DUE.where(_in(owned)), {"until": until})]


_ORDER = (_deadline.c.due_at, _deadline.c.kind, _deadline.c.owner, _deadline.c.detail)
_DUE = (
    select(_deadline.c.kind, _deadline.c.owner, _deadline.c.detail, _deadline.c.due_at)
    .where(_deadline.c.due_at <= bindparam("until"))
    .order_by(*_ORDER)
)


def next_deadline(connection: Connection, owned: Owned = EVERYTHING) -> Instant | None:
    if owned.all:
        return next((row[0] for row in fetch(connection, _NEXT)), None)
    upcoming: Instant | None = connection.execute(_NEXT.where(_in(owned))).scalar()
    return upcoming


_NEXT = select(_deadline.c.due_at).order_by(_deadline.c.due_at).limit(literal_column("1"))


def _in(owned: Owned) -> ColumnElement[bool]:
    return true() if owned.all else _deadline.c.partition.in_(owned.numbers)


Key = tuple[str, str, str]


def save_deadlines(
    connection: Connection, changes: dict[Key, Instant | None], partition: Callable[[Key], int] = lambda _: 0
) -> None:
    """Set those with a time, each in its ``partition``; drop those with None."""
    kept = [
        {**_deadline_row(key), "due_at": due_at, "partition": partition(key)}
        for key, due_at in changes.items()
        if due_at is not None
    ]
    gone = [_deadline_row(key) for key, due_at in sorted(changes.items(), key=str) if due_at is None]
    upsert(connection, _deadline, kept)
    if gone:
        columns = (_deadline.c.kind, _deadline.c.owner, _deadline.c.detail)
        same = [column == bindparam(f"a_{column.name}") for column in columns]
        connection.execute(delete(_deadline).where(*same), [{f"a_{k}": v for k, v in row.items()} for row in gone])


def _deadline_row(key: Key) -> Row:
    kind, owner, detail = key
    return {"kind": kind, "owner": owner, "detail": detail}


def save_decisions(connection: Connection, rows: list[Row]) -> None:
    insert_all(connection, _decision, rows)

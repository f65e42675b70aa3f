"""Alert states, alerts, deadlines and decisions: what the rules remember and said."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from alerting.database.port import Connection
from alerting.database.statements import Row, chunks, upsert
from alerting.storage.schema import AlertRow, AlertStateRow, DeadlineRow, DecisionRow, table
from rules.inputs import Due
from rules.instants import Instant
from rules.state import AlertState

_state = table(AlertStateRow)
_alert = table(AlertRow)
_deadline = table(DeadlineRow)
_decision = table(DecisionRow)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AlertState)


def load_states(connection: Connection, keys: Iterable[str]) -> list[AlertState]:
    return _states(connection, _state.c.key, keys)


def load_open_states(connection: Connection, levels: Iterable[str]) -> list[AlertState]:
    return [state for state in _states(connection, _state.c.level, levels, _state.c.is_open) if state.open]


def _states(connection: Connection, column: Any, values: Iterable[str], *also: Any) -> list[AlertState]:
    found: list[AlertState] = []
    for piece in chunks(sorted(set(values))):
        bodies = connection.execute(select(_state.c.body).where(column.in_(piece), *also)).scalars()
        found.extend(_decoder.decode(body) for body in bodies)
    return found


def decode_state(body: str) -> AlertState:
    return _decoder.decode(body)


def open_levels(connection: Connection) -> set[str]:
    return set(connection.execute(select(_state.c.level).where(_state.c.is_open).distinct()).scalars())


def key_of_alert(connection: Connection, alert: str) -> str | None:
    return connection.execute(select(_alert.c.key).where(_alert.c.id == alert)).scalar()


def save_states(connection: Connection, states: Iterable[AlertState]) -> None:
    """The states, and the alert of each as its readers see it."""
    bodies = [(state, _encoder.encode(state).decode()) for state in states]
    upsert(connection, _state, [_state_row(state, body) for state, body in bodies])
    upsert(connection, _alert, [_alert_row(state, body) for state, body in bodies if state.alert_id])


def _state_row(state: AlertState, body: str) -> Row:
    return {"key": state.key, "rule": state.rule, "level": state.level, "is_open": state.open, "body": body}


def _alert_row(state: AlertState, body: str) -> Row:
    example = state.examples[0]
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
        "first_at": state.first_at,
        "last_at": state.last_at,
        "fired_at": state.fired_at,
        "resolved_at": state.resolved_at,
        "body": body,
    }


def due_deadlines(connection: Connection, until: Instant) -> list[Due]:
    """Every deadline up to ``until``, in the order in which they fire."""
    order = (_deadline.c.due_at, _deadline.c.kind, _deadline.c.owner, _deadline.c.detail)
    rows = connection.execute(select(_deadline).where(_deadline.c.due_at <= until).order_by(*order))
    return [Due(row.kind, row.owner, row.detail, row.due_at) for row in rows]


def next_deadline(connection: Connection) -> Instant | None:
    return connection.execute(select(_deadline.c.due_at).order_by(_deadline.c.due_at).limit(1)).scalar()


def save_deadlines(connection: Connection, changes: dict[tuple[str, str, str], Instant | None]) -> None:
    """Set those with a time, drop those with None."""
    kept = [_deadline_row(key, due_at) for key, due_at in changes.items() if due_at is not None]
    gone = [_deadline_row(key, 0) for key, due_at in changes.items() if due_at is None]
    upsert(connection, _deadline, kept)
    if gone:
        columns = (_deadline.c.kind, _deadline.c.owner, _deadline.c.detail)
        same = [column == bindparam(f"a_{column.name}") for column in columns]
        connection.execute(delete(_deadline).where(*same), [{f"a_{k}": v for k, v in row.items()} for row in gone])


def _deadline_row(key: tuple[str, str, str], due_at: Instant) -> Row:
    kind, owner, detail = key
    return {"kind": kind, "owner": owner, "detail": detail, "due_at": due_at}


def save_decisions(connection: Connection, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(_decision), rows)

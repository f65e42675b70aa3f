"""Statements that every table needs, the same for each database."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.dialects import sqlite

from alerting.database import sqlite_statements as fast
from alerting.database.port import Connection, is_postgresql

Row = dict[str, Any]
_AT_ONCE = 500
POSTGRESQL_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"  # µs since the epoch


def upsert(connection: Connection, into: Table, rows: Sequence[Row], adding: tuple[str, ...] = ()) -> None:
    """Insert ``rows``; where the primary key is there already, replace the other columns, or add to those named."""
    if rows:
        _write(connection, _upsert(connection.dialect.name, into, tuple(rows[0]), adding), into, _sorted(into, rows))


def insert_new(connection: Connection, into: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``; one whose key is there already changes nothing."""
    if rows:
        _write(connection, _insert_new(connection.dialect.name, into), into, _sorted(into, rows))


def insert_all(connection: Connection, into: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``, none of which has a key."""
    if rows:
        _write(connection, _insert(connection.dialect.name, into), into, rows)


def rows_where(connection: Connection, rows: Table, column: str, values: Iterable[str], unlike: str = "") -> list[Row]:
    """Every row whose ``column`` is one of ``values``, and not the same as its column ``unlike``; empty ones are
    nobody's."""
    pieces = chunks(sorted({value for value in values if value}))
    if is_postgresql(connection):
        apart = (rows.c[column] != rows.c[unlike], rows.c[column] != "") if unlike else ()
        wanted = (select(rows).where(rows.c[column].in_(piece), *apart) for piece in pieces)
        return [dict(row) for each in wanted for row in connection.execute(each).mappings()]
    return [row for piece in pieces for row in fast.rows_where(connection, rows, column, piece, unlike)]


def fetch(connection: Connection, statement: Select[Any], **parameters: Any) -> list[Any]:
    """The rows of a statement that is the same each time: its parameters are bound by name."""
    if is_postgresql(connection):
        return list(connection.execute(statement, parameters).all())
    return fast.fetch(connection, statement, parameters)


def _write(connection: Connection, statement: Any, into: Table, rows: Sequence[Row]) -> None:
    if is_postgresql(connection):
        connection.execute(statement, rows)
    else:
        fast.write(connection, statement, into, rows)


def locked_bodies(connection: Connection, rows: Table, keys: Iterable[str], blank: Row) -> list[str]:
    """The ``body`` of each of ``keys`` that has one. Where others write too, each key is locked until the transaction
    ends, in the order of the keys, whether it is there already or not: one that is not is made, ``blank``."""
    wanted = sorted(set(keys))
    alone = not is_postgresql(connection)
    while True:
        if not alone:
            _make_lockable(connection, rows, wanted, blank)
        found: list[str] = []
        for piece in chunks(wanted):
            if alone:
                found.extend(fast.bodies_where(connection, rows, piece))
                continue
            statement = select(rows.c.body).where(rows.c.key.in_(piece)).order_by(rows.c.key).with_for_update()
            found.extend(connection.execute(statement).scalars())
        if alone or len(found) == len(wanted):  # one may have been forgotten before it could be locked
            return [body for body in found if body]


def _make_lockable(connection: Connection, into: Table, wanted: list[str], blank: Row) -> None:
    there: set[str] = set()
    for piece in chunks(wanted):
        there.update(connection.execute(select(into.c.key).where(into.c.key.in_(piece))).scalars())
    insert_new(connection, into, [{**blank, "key": key} for key in wanted if key not in there])


@lru_cache(maxsize=128)
def _insert_new(dialect: str, into: Table) -> Any:
    return _insert(dialect, into).on_conflict_do_nothing()


@lru_cache(maxsize=128)
def _insert(dialect: str, into: Table) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # brings drivers along that SQLite does not need

        return postgresql.insert(into)
    return sqlite.insert(into)


def _sorted(into: Table, rows: Sequence[Row]) -> list[Row]:
    """By primary key: two transactions that write the same rows take their locks in one order."""
    keys = [column.name for column in into.primary_key]
    return sorted(rows, key=itemgetter(*keys))


@lru_cache(maxsize=128)
def _upsert(dialect: str, into: Table, columns: tuple[str, ...], adding: tuple[str, ...]) -> Any:
    statement = _insert(dialect, into)
    keys = [column.name for column in into.primary_key]
    changed = {
        name: into.c[name] + statement.excluded[name] if name in adding else statement.excluded[name]
        for name in columns
        if name not in keys
    }
    if not changed:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def chunks(values: Iterable[Any], size: int = _AT_ONCE) -> Iterator[list[Any]]:
    """Pieces small enough for one ``IN (…)``."""
    iterator = iter(values)
    while piece := list(islice(iterator, size)):
        yield piece

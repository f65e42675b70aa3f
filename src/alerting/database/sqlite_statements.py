"""How does a batch go into SQLite fast? By the driver's own hand: text that was made once, and rows as tuples.

What SQLAlchemy does for each row of each statement takes longer than SQLite itself.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Boolean, Connection, Select, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from alerting.database.port import Connection as AnyConnection

_DIALECT = sqlite.dialect()
Row = dict[str, Any]
Values = Callable[[Row], tuple[Any, ...]]


def write(connection: AnyConnection, statement: Any, into: Table, rows: Sequence[Row]) -> None:
    """Execute ``statement`` for each of ``rows``, which all have the same columns."""
    text, values = _compiled(statement, into, tuple(rows[0]))
    _driven(connection).exec_driver_sql(text, [values(row) for row in rows])


@lru_cache(maxsize=256)
def _compiled(statement: Any, into: Table, columns: tuple[str, ...]) -> tuple[str, Values]:
    """The text, and what its places take of a row; columns that no row has get their default."""
    made = statement.compile(dialect=_DIALECT, column_keys=list(columns))
    names: list[str] = made.positiontup
    defaults = {name: _default(into, name) for name in names if name not in columns}
    if defaults:
        return str(made), lambda row: tuple((defaults | row)[name] for name in names)
    return str(made), itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _default(into: Table, name: str) -> Any:
    default = into.c[name].default
    assert isinstance(default, ScalarElementColumnDefault)
    return default.arg


def _driven(connection: AnyConnection) -> Connection:
    """Only where the driver is SQLite's, which speaks in the same thread."""
    return cast(Connection, connection)


def rows_where(
    connection: AnyConnection, rows: Table, column: str, values: Sequence[str], unlike: str = ""
) -> list[Row]:
    """See ``statements.rows_where``; ``values`` are few enough for one statement."""
    names, flags = _columns(rows)
    found = _driven(connection).exec_driver_sql(_select(rows, column, unlike, len(values)), tuple(values)).cursor
    read = [dict(zip(names, row, strict=True)) for row in found.fetchall()] if found is not None else []
    for row in read:
        for flag in flags:
            row[flag] = bool(row[flag])
    return read


def bodies_where(connection: AnyConnection, rows: Table, keys: Sequence[str]) -> list[str]:
    """The ``body`` of each row with one of ``keys``, in their order."""
    places = ", ".join("?" * len(keys))
    text = f"SELECT body FROM {rows.name} WHERE key IN ({places}) ORDER BY key"
    return [row[0] for row in _driven(connection).exec_driver_sql(text, tuple(keys)).cursor.fetchall()]


def fetch(connection: AnyConnection, statement: Select[Any], parameters: Row) -> list[tuple[Any, ...]]:
    """Rows of numbers and texts; ``statement`` is one object, each time the same."""
    text, names, constants = _text_of(statement)
    values = constants | parameters
    return list(_driven(connection).exec_driver_sql(text, tuple(values[name] for name in names)).cursor.fetchall())


@lru_cache(maxsize=64)
def _text_of(statement: Select[Any]) -> tuple[str, list[str], Row]:
    """The text, the names of its places, and what is in them whatever is asked."""
    made = statement.compile(dialect=_DIALECT)
    return str(made), list(made.positiontup or ()), dict(made.params)


@lru_cache(maxsize=1024)
def _select(rows: Table, column: str, unlike: str, number: int) -> str:
    """With terms that let SQLite use an index that leaves some out."""
    names = ", ".join(f'"{each.name}"' for each in rows.columns)
    places = ", ".join("?" * number)
    apart = f' AND "{column}" != "{unlike}"' if unlike else ""
    return f"""SELECT {names} FROM "{rows.name}" WHERE "{column}" IN ({places}) AND "{column}" != ''{apart}"""


@lru_cache(maxsize=64)
def _columns(rows: Table) -> tuple[list[str], list[str]]:
    """Their names, and those of the truth values, which SQLite keeps as numbers."""
    flags = [each.name for each in rows.columns if isinstance(each.type, Boolean)]
    return [each.name for each in rows.columns], flags

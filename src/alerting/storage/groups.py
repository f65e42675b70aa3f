"""Error groups, their aliases and the failures in them."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select, update

from alerting.database.port import Connection
from alerting.database.statements import Row, chunks, insert_new, upsert
from alerting.storage.schema import ErrorGroupRow, FailureRow, GroupAliasRow, table
from rules.instants import Instant

_group = table(ErrorGroupRow)
_alias = table(GroupAliasRow)
_failure = table(FailureRow)


def load_aliases(connection: Connection) -> dict[str, str]:
    return {row.id: row.canonical for row in connection.execute(select(_alias))}


def save_aliases(connection: Connection, aliases: dict[str, str]) -> None:
    insert_new(connection, _alias, [{"id": old, "canonical": new} for old, new in aliases.items()])


def load_groups(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for piece in chunks(sorted(set(ids))):
        for row in connection.execute(select(_group).where(_group.c.id.in_(piece))).mappings():
            found[row["id"]] = dict(row)
    return found


def save_groups(connection: Connection, rows: list[Row]) -> None:
    upsert(connection, _group, rows)


def save_failures(connection: Connection, rows: list[Row]) -> None:
    upsert(connection, _failure, rows)


def recount(connection: Connection, groups: Iterable[str]) -> None:
    """Set count, first and last seen from the failures that are in each group now; an empty group goes."""
    for group in groups:
        statement = select(func.count(), func.min(_failure.c.occurred_at), func.max(_failure.c.occurred_at))
        count, first, last = connection.execute(statement.where(_failure.c.error_group == group)).one()
        if count:
            values = {"count": count, "first_seen": first, "last_seen": last}
            connection.execute(update(_group).where(_group.c.id == group).values(**values))
        else:
            connection.execute(delete(_group).where(_group.c.id == group))


def resolve(connection: Connection, group: str, version: str, at: Instant) -> None:
    """Somebody says that it is mended, in ``version`` or ("") everywhere."""
    values = {"state": "resolved", "resolved_at": at, "resolved_version": version}
    connection.execute(update(_group).where(_group.c.id == group).values(**values))

"""What is there to move? Tables row by row, and bodies of the inbox: the same whatever holds them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import msgspec
from sqlalchemy import Table, func, select, tuple_

from alerting.database.port import Connection
from alerting.database.statements import Row
from alerting.inbox.port import Entry
from alerting.storage.progress import Progress
from alerting.storage.schema import metadata
from rules.instants import Instant

BODIES = "inbox"
AT_ONCE = 1_000
_OWN = {"meta", "progress"}  # each store's own business
# Who holds what is no part of what is known: leases and partitions are given anew.
_NOT_COMPARED = {"deadline": {"partition"}, "outbox": {"leased_by", "leased_until"}, "loose": {"look_at"}}
_MODULUS = 1 << 64

Cursor = list[Any]


def tables() -> list[Table]:
    """In an order in which each finds there what it refers to."""
    found = [each for each in metadata.sorted_tables if each.name not in _OWN]
    return sorted(found, key=lambda each: each.name == "deadline")


@dataclass(slots=True, frozen=True)
class Body:
    """One row of an inbox. ``waits``: it has to be worked on still. ``at`` is its place, to go on after."""

    at: Cursor
    received_at: Instant
    waits: bool
    entry: Entry


class Source(Protocol):
    """One moment's state, however long the reading of it takes."""

    @property
    def connection(self) -> Connection: ...

    def progress(self) -> Progress:
        """How much was worked on, and up to when."""

    def bodies(self, after: Cursor | None) -> Iterator[Body]:
        """In the order in which they came."""

    def count_bodies(self) -> int: ...


@dataclass(slots=True)
class Checksum:
    """How many rows, and the sum of their hashes: equal for equal rows in any order."""

    rows: int = 0
    sum: int = 0

    def add(self, values: Sequence[Any]) -> None:
        packed = msgspec.msgpack.encode([int(each) if isinstance(each, bool) else each for each in values])
        self.rows += 1
        self.sum = (self.sum + int.from_bytes(blake2b(packed, digest_size=8).digest())) % _MODULUS

    def add_body(self, body: Body) -> None:
        entry = body.entry
        self.add([body.received_at, entry.kind, entry.media, entry.encoding, entry.items, entry.body])

    def __str__(self) -> str:
        return f"{self.rows}:{self.sum:016x}"


def compared(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name not in _NOT_COMPARED.get(table.name, set())]


def pages(connection: Connection, table: Table, after: Cursor | None = None) -> Iterator[list[Row]]:
    """All rows in the order of their key, some at a time."""
    keys = list(table.primary_key)
    while True:
        statement = select(table).order_by(*keys).limit(AT_ONCE)
        if after is not None:
            statement = statement.where(tuple_(*keys) > tuple_(*after))
        rows = [dict(row) for row in connection.execute(statement).mappings()]
        if rows:
            yield rows
        if len(rows) < AT_ONCE:
            return
        after = [rows[-1][key.name] for key in keys]


def count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def checksum(connection: Connection, table: Table) -> Checksum:
    found = Checksum()
    names = compared(table)
    for rows in pages(connection, table):
        for row in rows:
            found.add([row[name] for name in names])
    return found


def checksum_bodies(source: Source) -> Checksum:
    found = Checksum()
    for body in source.bodies(None):
        found.add_body(body)
    return found

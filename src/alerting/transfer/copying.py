"""The copying itself: piece by piece, resumable, and compared at the end.

Each piece is committed together with the note of how far it came (a row of ``meta``), so that a copy that was broken
off goes on where it stood.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Table, delete, select

from alerting.database.port import Connection
from alerting.database.statements import upsert
from alerting.storage.schema import ConfigurationRow, MetaRow, table
from alerting.transfer.parts import (
    BODIES,
    Checksum,
    Cursor,
    Source,
    checksum,
    checksum_bodies,
    count,
    pages,
    tables,
)
from alerting.transfer.targets import Target

_meta = table(MetaRow)
_configuration = table(ConfigurationRow)
_NOTE, _SUM = "transfer:", "checksum:"
_BODIES_AT_ONCE = 100
Progressed = Callable[[str, int, int], None]


class Differs(Exception):
    """What arrived is not what was sent; the text says where."""


@dataclass(slots=True, frozen=True)
class Copied:
    """One line of the account that a user sees."""

    name: str
    checksum: Checksum


def copy(source: Source, target: Target, told: Progressed) -> None:
    """Everything from ``source`` into ``target``; ``told(name, done, of)`` after each piece."""
    for each in tables():
        _copy_table(source, target, each, told)
    _copy_bodies(source, target, told)
    target.finish(source.progress())


def _copy_table(source: Source, target: Target, each: Table, told: Progressed) -> None:
    after, done = _noted(target, each.name)
    whole = count(source.connection, each)
    keys = [key.name for key in each.primary_key]
    for rows in pages(source.connection, each, after):
        done += len(rows)
        target.put_rows(each, rows, _note(each.name, [rows[-1][key] for key in keys], done))
        told(each.name, done, whole)
    if done != whole or not whole:
        told(each.name, whole, whole)


def _copy_bodies(source: Source, target: Target, told: Progressed) -> None:
    after, done = _noted(target, BODIES)
    whole = source.count_bodies()
    coming = source.bodies(after)
    while some := list(islice(coming, _BODIES_AT_ONCE)):
        done += len(some)
        target.put_bodies(some, _note(BODIES, some[-1].at, done))
        told(BODIES, done, whole)
    if done != whole or not whole:
        told(BODIES, whole, whole)


def _noted(target: Target, name: str) -> tuple[Cursor | None, int]:
    with target.store.read() as connection:
        value = connection.execute(select(_meta.c.value).where(_meta.c.name == _NOTE + name)).scalar()
    if not value:
        return None, 0
    note = json.loads(value)
    return note["after"], note["done"]


def _note(name: str, after: Sequence[Any], done: int) -> Callable[[Connection], None]:
    value = json.dumps({"after": list(after), "done": done})
    return lambda connection: upsert(connection, _meta, [{"name": _NOTE + name, "value": value}])


def begin(target: Target, origin: str) -> None:
    """Mark the target as being filled from ``origin``. Raises ValueError when it holds something else already."""
    with target.store.write() as connection:
        under_way = origin_of(connection)
        if under_way == origin:
            return
        if under_way:
            raise ValueError(f"a transfer from {under_way} into it was begun and has not ended; finish that one first")
        full = [each.name for each in tables() if each is not _configuration and count(connection, each)]
        if full:
            raise ValueError(f"it is not empty: there are rows in {full[0]}; give an empty one")
        connection.execute(delete(_configuration))
        upsert(connection, _meta, [{"name": _NOTE, "value": origin}])


def sign(target: Target, account: list[Copied]) -> None:
    """Keep the checksums with what was copied, so that damage shows later."""
    rows = [{"name": _SUM + each.name, "value": str(each.checksum)} for each in account]
    with target.store.write() as connection:
        upsert(connection, _meta, rows)


def check_signed(source: Source, account: list[Copied]) -> None:
    """Raises Differs when the source is not what it was when it was written."""
    statement = select(_meta).where(_meta.c.name.startswith(_SUM))
    signed = {row.name.removeprefix(_SUM): row.value for row in source.connection.execute(statement)}
    for each in account:
        if signed.get(each.name, str(each.checksum)) != str(each.checksum):
            raise Differs(f"{each.name}: the backup is damaged: it holds {each.checksum}, not {signed[each.name]}")


def origin_of(connection: Connection) -> str:
    """Where a transfer comes from that has not ended; "" when there is none."""
    return connection.execute(select(_meta.c.value).where(_meta.c.name == _NOTE)).scalar() or ""


def end(target: Target) -> None:
    with target.store.write() as connection:
        connection.execute(delete(_meta).where(_meta.c.name.startswith(_NOTE)))


def compare(source: Source, arrived: Source) -> list[Copied]:
    """The account of what is equal on both sides. Raises Differs."""
    account = [
        _same(each.name, checksum(source.connection, each), checksum(arrived.connection, each)) for each in tables()
    ]
    return [*account, _same(BODIES, checksum_bodies(source), checksum_bodies(arrived))]


def _same(name: str, sent: Checksum, came: Checksum) -> Copied:
    if sent != came:
        raise Differs(f"{name}: {sent.rows} rows were sent and {came.rows} came, or they differ ({sent} and {came})")
    return Copied(name, sent)

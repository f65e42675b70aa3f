"""Where do the counts of past days lie? Packed, a day in one row: read at once, and a tenth as large.

A pack holds columns: a number for each row, in the narrowest type that holds all (``array``'s b, h, i or q), and for
text the texts that the numbers stand for; in msgpack, packed by zstandard. Two days stay as rows, and so does what is
corrected afterwards, until there is enough of it to pack again.
A column may have ``MOST`` texts a day; those with the least runs become ``OTHER``, and stay so.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
import zstandard
from sqlalchemy import delete, func, select, text

from alerting.database.port import Connection, Store, is_postgresql
from alerting.database.statements import upsert
from alerting.storage.rollups import ROLLUPS, Rollup
from alerting.storage.schema import RollupPackRow, table
from rules.instants import DAY, Instant

MOST = 2_000
OTHER = "(other)"
_WORTH = 500  # rows of a packed day
_KEPT_AS_ROWS = 2 * DAY
_AT_ONCE = 8
_LOCK = "rollup_pack"
_BITS = {"b": 8, "h": 16, "i": 32, "q": 64}
_pack = table(RollupPackRow)
Column: TypeAlias = tuple[list[str] | None, str, bytes]  # the texts, the type of the numbers, the numbers
Columns: TypeAlias = dict[str, Column]
Rows: TypeAlias = list[tuple[Any, ...]]
_decoder = msgspec.msgpack.Decoder(dict[str, tuple[list[str] | None, str, bytes]])


def columns_of(rollup: Rollup, rows: Sequence[Sequence[Any]]) -> Columns:
    """Rows, in the order of the table's columns, as columns."""
    across = list(zip(*rows, strict=True)) or [()] * len(rollup.columns)
    return {name: _packed(rollup, name, values) for name, values in zip(rollup.columns, across, strict=True)}


def read(connection: Connection, rollup: Rollup, first: Instant, until: Instant) -> list[Columns]:
    """Everything counted in [first, until) and, for packed days, in the whole of the first and last one."""
    days = _pack.c.day >= first // DAY, _pack.c.day <= until // DAY
    packs = connection.execute(select(_pack.c.day, _pack.c.body).where(_pack.c.kind == rollup.kind, *days))
    found = {day: _unpacked(body) for day, body in packs}
    bucket = rollup.table.c.bucket
    statement = select(*(rollup.table.c[name] for name in rollup.columns))
    rows = [tuple(row) for row in connection.execute(statement.where(bucket >= first, bucket < until))]
    return [*found.values(), columns_of(rollup, _folded_into(rollup, rows, found))]


def pack(store: Store, now: Instant) -> int:
    """Pack a few days, the oldest first. How many."""
    done = 0
    for rollup in ROLLUPS:
        with store.read() as connection:
            days = _due(connection, rollup, (now - _KEPT_AS_ROWS) // DAY)
        for day in days[:_AT_ONCE]:
            with store.write() as connection:
                _pack_day(connection, rollup, day)
            done += 1
    return done


def _due(connection: Connection, rollup: Rollup, before: int) -> list[int]:
    """Days with rows that have no pack yet, or that have enough of them."""
    day = (rollup.table.c.bucket // DAY).label("day")
    counted = select(day, func.count()).where(rollup.table.c.bucket < before * DAY).group_by(day)
    packed = set(connection.execute(select(_pack.c.day).where(_pack.c.kind == rollup.kind)).scalars())
    found = sorted((int(each), n) for each, n in connection.execute(counted))
    return [each for each, n in found if n >= _WORTH or each not in packed]


def _pack_day(connection: Connection, rollup: Rollup, day: int) -> None:
    """Move a day's rows into its pack. Whoever adds to one of them meanwhile makes a new row."""
    if is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": _LOCK})
    bucket = rollup.table.c.bucket
    within = bucket >= day * DAY, bucket < (day + 1) * DAY
    taken = delete(rollup.table).where(*within).returning(*(rollup.table.c[name] for name in rollup.columns))
    rows = [tuple(row) for row in connection.execute(taken)]
    mine = _pack.c.kind == rollup.kind, _pack.c.day == day
    body = connection.execute(select(_pack.c.body).where(*mine)).scalar()
    before = _unpacked(body) if body else None
    known = {day: before} if before is not None else {}
    merged = _summed(rollup, [*(_rows_of(rollup, before) if before else ()), *_folded_into(rollup, rows, known)])
    columns = columns_of(rollup, _summed(rollup, _capped(rollup, merged)))
    packed = zstandard.compress(msgspec.msgpack.encode(columns), 6)
    upsert(connection, _pack, [{"kind": rollup.kind, "day": day, "body": packed}])


def _summed(rollup: Rollup, rows: Iterable[tuple[Any, ...]]) -> Rows:
    """One row for each cell; cells in which nothing is left go."""
    wide = len(rollup.names)
    sums: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for row in rows:
        cell, counted = row[:wide], row[wide:]
        before = sums.get(cell)
        sums[cell] = counted if before is None else tuple(map(sum, zip(before, counted, strict=True)))
    return sorted((*cell, *counted) for cell, counted in sums.items() if any(counted))


def _capped(rollup: Rollup, rows: Rows) -> Rows:
    """With no more texts in a column than may be: those with the least runs are folded into one."""
    for place, name in enumerate(rollup.columns):
        if not _is_text(rollup, name):
            continue
        sizes: Counter[str] = Counter()
        for row in rows:
            sizes[row[place]] += row[len(rollup.names)]
        if len(sizes) > MOST:
            kept = {each for each, _ in sizes.most_common(MOST - 1)} | {OTHER}
            rows = [row if row[place] in kept else (*row[:place], OTHER, *row[place + 1 :]) for row in rows]
    return rows


def _folded_into(rollup: Rollup, rows: Rows, packs: dict[int, Columns]) -> Rows:
    """Corrections of packed days: what is ``OTHER`` there is corrected there."""
    full = {
        (day, place): set(texts)
        for day, columns in packs.items()
        for place, name in enumerate(rollup.columns)
        if (texts := columns[name][0]) is not None and OTHER in texts
    }
    if not full:
        return rows
    return [
        tuple(
            OTHER if value not in full.get((row[0] // DAY, place), (value,)) else value
            for place, value in enumerate(row)
        )
        for row in rows
    ]


def _is_text(rollup: Rollup, name: str) -> bool:
    return name in rollup.names and name not in {"bucket", "good", "bin", "attempt"}


def _packed(rollup: Rollup, name: str, values: Sequence[Any]) -> Column:
    if not _is_text(rollup, name):
        return (None, *_narrow(list(map(int, values))))
    places: dict[str, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return (list(places), *_narrow(codes))


def _narrow(numbers: list[int]) -> tuple[str, bytes]:
    most = max(max(numbers, default=0), -1 - min(numbers, default=0))
    kind = next(kind for kind, bits in _BITS.items() if most < 1 << bits - 1)
    return kind, array(kind, numbers).tobytes()


def _unpacked(body: bytes) -> Columns:
    return _decoder.decode(zstandard.decompress(body))


def _rows_of(rollup: Rollup, columns: Columns) -> Rows:
    across: list[Sequence[Any]] = []
    for name in rollup.columns:
        texts, kind, body = columns[name]
        numbers = array(kind)
        numbers.frombytes(body)
        if texts is not None:
            across.append([texts[number] for number in numbers])
        else:
            across.append([bool(each) for each in numbers] if name == "good" else numbers)
    return list(zip(*across, strict=True))

"""Which rows of the shared inbox does a worker read? Those it claimed: with SKIP LOCKED, by nobody else, never by
their number (row 10 may be committed after row 11).

A claim is the mark that outlives a worker, too: rows that were being read when one died are counted, taken in smaller
and smaller batches, and at last alone, so that poison is found without a look into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Row, bindparam, delete, func, select, update

from alerting.database.port import Connection
from alerting.inbox.port import Entry, InboxRow, Position
from alerting.inbox.tables import INBOX, PENDING
from rules.instants import Duration, Instant, to_datetime

DEATHS_OF_ONE_ROW = 4
_SMALLER = 8
Mark: TypeAlias = Row[*tuple[Any, ...]]  # id, received_at, size and deaths of a row that waits
_p = PENDING.c


@dataclass(slots=True, frozen=True)
class Claimed:
    """``poison``: a single row that ended several workers while it was read alone."""

    rows: Sequence[InboxRow]
    poison: bool = False


def claim(connection: Connection, worker: str, most_rows: int, most_bytes: int, longest: Duration) -> list[Mark]:
    """Mark the oldest free rows as this worker's, in the caller's transaction; none received ``longest`` after the
    first. Bodies are read once it is committed."""
    free = select(_p.id, _p.received_at, _p.size, _p.deaths).where(_p.claimed_by == "").order_by(_p.id)
    found = connection.execute(free.limit(most_rows).with_for_update(skip_locked=True)).all()
    deaths = max((mark.deaths for mark in found), default=0)
    taken = _together(found[: max(1, most_rows // _SMALLER**deaths)], most_bytes, longest)
    if taken:
        mine = update(PENDING).where(_p.id == bindparam("a_id")).values(claimed_by=worker)
        connection.execute(mine, [{"a_id": mark.id} for mark in taken])
    return taken


def _together(found: Sequence[Mark], most_bytes: int, longest: Duration) -> list[Mark]:
    taken: list[Mark] = []
    size = 0
    for mark in found:
        if taken and (size >= most_bytes or abs(mark.received_at - taken[0].received_at) > longest):
            break
        taken.append(mark)
        size += mark.size
    return taken


def read(connection: Connection, claimed: Sequence[Mark]) -> Claimed:
    times = [row.received_at for row in claimed]
    statement = select(INBOX).where(
        INBOX.c.received_at.between(min(times), max(times)), INBOX.c.id.in_([row.id for row in claimed])
    )
    rows = [_row(row) for row in connection.execute(statement.order_by(INBOX.c.received_at, INBOX.c.id))]
    return Claimed(rows, len(claimed) == 1 and claimed[0].deaths >= DEATHS_OF_ONE_ROW)


def _row(row: Row[*tuple[Any, ...]]) -> InboxRow:
    entry = Entry(row.kind, row.body, row.media, row.encoding, row.items)
    return InboxRow(Position(f"{to_datetime(row.received_at):%Y%m%d}", row.id), row.received_at, entry)


def done(connection: Connection, worker: str, ids: Sequence[int]) -> bool:
    """The rows need not be read again. False when one of them is this worker's no more: then nothing may be made of
    what it read."""
    gone = connection.execute(delete(PENDING).where(_p.id.in_(ids), _p.claimed_by == worker))
    return gone.rowcount == len(ids)


def release(connection: Connection, worker: str) -> None:
    """The worker lives, but could not finish."""
    connection.execute(update(PENDING).where(_p.claimed_by == worker).values(claimed_by=""))


def release_after_death(connection: Connection, workers: Sequence[str]) -> None:
    if not workers:
        return
    statement = update(PENDING).where(_p.claimed_by.in_(workers))
    connection.execute(statement.values(claimed_by="", deaths=_p.deaths + 1))


def oldest_waiting(connection: Connection) -> Instant | None:
    """When the oldest row was received that nobody has finished reading."""
    oldest: Instant | None = connection.execute(select(func.min(_p.received_at))).scalar()
    return oldest


def waiting_items(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(_p["items"]), 0))).scalar_one())

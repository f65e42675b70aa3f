"""What is left of a segment whose file is damaged? Every row that can be read. What cannot stands there as a row of its
own kind, so that it is told of, and nobody waits for it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from alerting.inbox.port import TORN, Entry, InboxRow, Position
from rules.instants import Instant, from_datetime

REST = 2**62  # stands for all rows of a segment that are left
_LOOKED_AT = 50_000  # more than one damaged page can hide
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_WHY = "of a file of the inbox cannot be read: it is damaged there"
Read = Callable[[int], InboxRow | None]


def is_torn(error: Exception) -> bool:
    """Not a disk that refuses, or a lock: waiting does not mend it."""
    return isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


@contextmanager
def passing_by() -> Iterator[None]:
    """What is damaged tells nothing here: the worker says so when it comes to it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not is_torn(error):
            raise


def rows_around(read: Read, segment: str, after: int, most: int, *, is_finished: bool) -> list[InboxRow]:
    """About ``most`` rows behind number ``after``, and one for those together that are lost. ``read`` gives the row of
    a number, None where there is none. Numbers at the end may be new, and not damaged, until the segment
    ``is_finished``."""
    found: list[InboxRow] = []
    torn: list[int] = []
    at = began(segment)
    for number in range(after + 1, after + 1 + _LOOKED_AT):
        try:
            row = read(number)
        except sqlite3.DatabaseError as error:
            if not is_torn(error):
                raise
            torn.append(number)
            continue
        at = at if row is None else row.received_at
        if torn:
            found.append(_stand_in(segment, torn[-1], at, f"{len(torn)} bodies {_WHY}"))
            torn = []
        if row is not None:
            found.append(row)
        if row is None or len(found) >= most:
            return found
    if torn and is_finished:
        found.append(_stand_in(segment, REST, at, f"what is left {_WHY}"))
    return found


def _stand_in(segment: str, number: int, at: Instant, why: str) -> InboxRow:
    return InboxRow(Position(segment, number), at, Entry(TORN, why.encode()))


def began(segment: str) -> Instant:
    """The hour that it is called by."""
    return from_datetime(datetime.strptime(segment, "%Y%m%dT%H").replace(tzinfo=UTC))

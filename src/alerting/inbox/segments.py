"""Where do inbox rows lie? One SQLite file for each hour, ``<data>/inbox/<hour>.db``; expiry is unlink."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from alerting.inbox.port import Entry, InboxRow, Position
from alerting.inbox.torn import REST, began, is_torn, passing_by, rows_around
from rules.instants import HOUR, Instant, to_datetime

log = logging.getLogger(__name__)
FOLDER = "inbox"
_COLUMNS = "id, received_at, kind, media, encoding, items, body"
_INSERT = "INSERT INTO inbox (received_at, kind, media, encoding, items, body)"
_PLACES = "(?, ?, ?, ?, ?, ?)"
_ONE_STATEMENT = 64
_ITEM_BYTES = 256  # at least, of a span or a record that lies in a packed body
_CREATE = """
CREATE TABLE IF NOT EXISTS inbox (
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  media TEXT NOT NULL,
  encoding TEXT NOT NULL,
  items INTEGER NOT NULL,
  body BLOB NOT NULL
)
"""


def segment_of(instant: Instant) -> str:
    """The hour's name; names sort as the hours do."""
    return to_datetime(instant).strftime("%Y%m%dT%H")


def following(segment: str) -> str:
    """The name of the hour after it."""
    return segment_of(began(segment) + HOUR)


def segments(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.db"))


def path_of(folder: Path, segment: str) -> Path:
    return folder / f"{segment}.db"


def open_to_write(folder: Path, segment: str) -> sqlite3.Connection:
    """WAL with FULL: a commit returns once the log is on the disk. The file is for its owner's eyes only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = path_of(folder, segment)
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute(_CREATE)
    return connection


def insert(connection: sqlite3.Connection, received_at: Instant, entries: list[Entry]) -> None:
    """All of ``entries`` in one durable transaction, or none of them. Each was received 1 µs after the one before."""
    if len(entries) <= _ONE_STATEMENT:
        connection.execute(_insert_of(len(entries)), _values(received_at, entries))
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for start in range(0, len(entries), _ONE_STATEMENT):
            piece = entries[start : start + _ONE_STATEMENT]
            connection.execute(_insert_of(len(piece)), _values(received_at + start, piece))
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@lru_cache(maxsize=_ONE_STATEMENT)
def _insert_of(rows: int) -> str:
    """One statement is a transaction of its own, and hands the interpreter over to others once, not once a row."""
    return f"{_INSERT} VALUES {', '.join([_PLACES] * rows)}"


def _values(received_at: Instant, entries: list[Entry]) -> list[object]:
    rows = ((received_at + n, e.kind, e.media, e.encoding, e.items, e.body) for n, e in enumerate(entries))
    return list(chain.from_iterable(rows))


def insert_one(connection: sqlite3.Connection, received_at: Instant, entry: Entry) -> int:
    """Into a transaction that the caller commits; the row's number."""
    if not connection.in_transaction:
        connection.execute("BEGIN IMMEDIATE")
    values = (received_at, entry.kind, entry.media, entry.encoding, entry.items, entry.body)
    row = connection.execute(_insert_of(1), values).lastrowid
    return row or 0


def last_row(connection: sqlite3.Connection) -> int:
    """The highest number; 0 where there is none."""
    found: int | None = connection.execute("SELECT max(id) FROM inbox").fetchone()[0]
    return found or 0


def stand_in(connection: sqlite3.Connection, row: int, received_at: Instant) -> None:
    """An empty row in place of a lost one that was worked on: nobody reads it."""
    values = "(id, received_at, kind, media, encoding, items, body) VALUES (?, ?, '', '', '', 0, X'')"
    connection.execute(f"INSERT INTO inbox {values}", (row, received_at))


def last_received(folder: Path, segment: str) -> Instant:
    with closing(open_to_write(folder, segment)) as connection:
        found = connection.execute("SELECT received_at FROM inbox ORDER BY id DESC LIMIT 1").fetchone()
    return found[0] if found else 0


class SegmentReader:
    """The worker's view of the segments. Keeps the segment it reads open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: tuple[str, sqlite3.Connection] | None = None

    def claim(self, after: Position, most_rows: int, most_bytes: int) -> list[InboxRow]:
        for segment in self._segments_from(after):
            first = after.row if segment == after.segment else 0
            try:
                rows = list(self._rows(segment, first, most_rows, most_bytes))
            except sqlite3.DatabaseError as error:
                if not is_torn(error):
                    raise
                rows = self._around(segment, first, most_rows, error)
            if rows:
                return rows
        return []

    def _around(self, segment: str, first: int, most: int, error: Exception) -> list[InboxRow]:
        log.error("the file of segment %s is damaged, what can be read of it is read: %s", segment, error)

        def read(number: int) -> InboxRow | None:
            query = f"SELECT {_COLUMNS} FROM inbox WHERE id = ?"
            found = self._connection(segment).execute(query, (number,)).fetchone()
            return _row(segment, found) if found else None

        is_finished = segment != segments(self._folder)[-1]
        return rows_around(read, segment, first, most, is_finished=is_finished)

    def oldest_after(self, after: Position) -> Instant | None:
        """When the first row behind ``after`` was received."""
        for segment in self._segments_from(after):
            first = after.row if segment == after.segment else 0
            found = self._asked(segment, "SELECT received_at FROM inbox WHERE id > ? ORDER BY id LIMIT 1", first)
            if found:
                return int(found[0])
        return None

    def items_after(self, after: Position) -> int:
        return sum(self._items(segment, after) for segment in self._segments_from(after))

    def last(self) -> Position:
        """The place of the newest row."""
        for segment in reversed(segments(self._folder)):
            found = self._connection(segment).execute("SELECT max(id) FROM inbox").fetchone()[0]
            if found:
                return Position(segment, found)
        return Position()

    def latest(self, kind: str, after: Position) -> bytes | None:
        """The body of the newest row of a kind that came after ``after``."""
        for segment in reversed(self._segments_from(after)):
            first = after.row if segment == after.segment else 0
            query = "SELECT body FROM inbox WHERE id > ? AND kind = ? ORDER BY id DESC LIMIT 1"
            found = self._asked(segment, query, first, kind)
            if found:
                return bytes(found[0])
        return None

    def rows_after(self, after: Position) -> int:
        return sum(
            self._connection(segment)
            .execute("SELECT count(*) FROM inbox WHERE id > ?", (after.row if segment == after.segment else 0,))
            .fetchone()[0]
            for segment in self._segments_from(after)
        )

    def close(self) -> None:
        if self._open:
            self._open[1].close()
            self._open = None

    def _segments_from(self, after: Position) -> list[str]:
        """Those in which there may be rows behind ``after``."""
        names = segments(self._folder)
        return [name for name in names if name > after.segment or (name == after.segment and after.row < REST)]

    def _rows(self, segment: str, first: int, most_rows: int, most_bytes: int) -> Iterator[InboxRow]:
        connection = self._connection(segment)
        size = 0
        query = f"SELECT {_COLUMNS} FROM inbox WHERE id > ? ORDER BY id LIMIT ?"
        with closing(connection.execute(query, (first, most_rows))) as found:
            for values in found:
                row = _row(segment, values)
                yield row
                size += max(len(row.entry.body), row.entry.items * _ITEM_BYTES)
                if size >= most_bytes:
                    return

    def _items(self, segment: str, after: Position) -> int:
        first = after.row if segment == after.segment else 0
        found = self._asked(segment, "SELECT COALESCE(SUM(items), 0) FROM inbox WHERE id > ?", first)
        return int(found[0]) if found else 0

    def _asked(self, segment: str, query: str, *values: int | str) -> tuple[Any, ...] | None:
        """One row, or None."""
        with passing_by():
            found: tuple[Any, ...] | None = self._connection(segment).execute(query, values).fetchone()
            return found
        return None

    def _connection(self, segment: str) -> sqlite3.Connection:
        if self._open and self._open[0] == segment:
            return self._open[1]
        self.close()
        self._open = (segment, _open_to_read(self._folder, segment))
        return self._open[1]


def _open_to_read(folder: Path, segment: str) -> sqlite3.Connection:
    """Not ``mode=ro``: a reader may have to make the log's index anew after a crash. It never writes rows."""
    connection = sqlite3.connect(path_of(folder, segment), isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute(_CREATE)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _row(segment: str, values: tuple[int, int, str, str, str, int, bytes]) -> InboxRow:
    row, received_at, kind, media, encoding, items, body = values
    return InboxRow(Position(segment, row), received_at, Entry(kind, body, media, encoding, items))


class SegmentArchive:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def telemetry(self, since: Instant, until: Instant, most: int) -> Iterator[Entry]:
        query = (
            f"SELECT {_COLUMNS} FROM inbox WHERE kind = 'traces' AND received_at BETWEEN ? AND ? ORDER BY id LIMIT ?"
        )
        for name in segments(self._folder):
            if segment_of(since - HOUR) <= name <= segment_of(until):
                with passing_by(), closing(_open_to_read(self._folder, name)) as connection:
                    for values in connection.execute(query, (since, until, most)):
                        yield _row(name, values).entry

    def expire(self, before: Instant, done: Position) -> None:
        """Unlink whole segments; never the open one."""
        for name in segments(self._folder)[:-1]:
            if name < min(segment_of(before - HOUR), done.segment):
                for path in self._folder.glob(f"{name}.db*"):
                    path.unlink()

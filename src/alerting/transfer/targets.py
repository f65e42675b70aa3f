"""Where to: PostgreSQL, a backup file, or an embedded installation."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Protocol

from sqlalchemy import Integer, Table, func, insert, select, text, update

from alerting.cluster.partitions import partition_of
from alerting.cluster.tables import PARTITION
from alerting.database.port import Connection, Store
from alerting.database.statements import Row
from alerting.inbox import segments
from alerting.inbox.postgresql import prepare_day
from alerting.inbox.tables import INBOX, PENDING
from alerting.storage import alerts, progress, runs
from alerting.storage.progress import Progress
from alerting.storage.schema import AlertStateRow, NotificationRow, table
from alerting.transfer.parts import Body, Source
from alerting.transfer.sources import BackupSource, EmbeddedSource, PostgresqlSource
from rules.instants import DAY


class Target(Protocol):
    """Each call is one transaction of its own; ``also`` is done within it."""

    @property
    def store(self) -> Store: ...

    def put_rows(self, into: Table, rows: list[Row], also: Callable[[Connection], None]) -> None: ...

    def put_bodies(self, bodies: Sequence[Body], also: Callable[[Connection], None]) -> None: ...

    def finish(self, done: Progress) -> None: ...

    def read_back(self) -> AbstractContextManager[Source]:
        """What arrived, to compare."""


def _insert(connection: Connection, into: Table, rows: list[Row]) -> None:
    """Nobody is sending yet what is owed there."""
    if into.name == "outbox":
        rows = [{**row, "leased_by": "", "leased_until": 0} for row in rows]
    connection.execute(insert(into), rows)


class PostgresqlTarget:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._days: set[int] = set()

    def put_rows(self, into: Table, rows: list[Row], also: Callable[[Connection], None]) -> None:
        with self.store.write() as connection:
            if into.name == "deadline":
                rows = _in_partitions(connection, rows)
            _insert(connection, into, rows)
            also(connection)

    def put_bodies(self, bodies: Sequence[Body], also: Callable[[Connection], None]) -> None:
        with self.store.write() as connection:
            for day in sorted({body.received_at // DAY for body in bodies} - self._days):
                prepare_day(connection, day * DAY)
                self._days.add(day)
            drawn = text("SELECT nextval('inbox_id') FROM generate_series(1, :n)")
            ids = sorted(connection.execute(drawn, {"n": len(bodies)}).scalars())
            connection.execute(insert(INBOX), [_inbox_row(id_, body) for id_, body in zip(ids, bodies, strict=True)])
            waiting = [_pending_row(id_, body) for id_, body in zip(ids, bodies, strict=True) if body.waits]
            if waiting:
                connection.execute(insert(PENDING), waiting)
            also(connection)

    @contextmanager
    def read_back(self) -> Iterator[Source]:
        with self.store.read() as connection:
            yield PostgresqlSource(connection)

    def finish(self, done: Progress) -> None:
        """Numbers go on after the highest, and what was worked on is counted."""
        notification = table(NotificationRow)
        with self.store.write() as connection:
            for each in table(NotificationRow).metadata.sorted_tables:
                _go_on_numbering(connection, each)
            last = connection.execute(select(func.max(notification.c.number))).scalar() or 0
            connection.execute(text("SELECT setval('notification_number', :last)"), {"last": max(1, last)})
            connection.execute(update(PARTITION).values(engine_now=done.engine_now))
            connection.execute(update(PARTITION).where(PARTITION.c.number == 0).values(items=done.items))


def _go_on_numbering(connection: Connection, each: Table) -> None:
    key = next(iter(each.primary_key))
    if key.name == "id" and isinstance(key.type, Integer) and each.name != "progress":
        last = connection.execute(select(func.max(key))).scalar()
        sequence = {"table": each.name, "last": last or 1, "used": last is not None}
        statement = "SELECT setval(pg_get_serial_sequence(:table, 'id'), :last, :used)"
        connection.execute(text(statement), sequence)


def _in_partitions(connection: Connection, rows: list[Row]) -> list[Row]:
    """By the workflow of the run or of the alert, which are there already."""
    state = table(AlertStateRow)
    found = []
    for row in rows:
        record = runs.load_run(connection, row["owner"])
        workflow = record.workflow if record else ""
        if record is None:
            body = connection.execute(select(state.c.body).where(state.c.key == row["owner"])).scalar()
            examples = alerts.decode_state(body).examples if body else ()
            workflow = examples[0].workflow if examples else ""
        found.append({**row, "partition": partition_of(workflow)})
    return found


def _inbox_row(id_: int, body: Body) -> Row:
    entry = body.entry
    return {"id": id_, "received_at": body.received_at, "kind": entry.kind, "media": entry.media,
            "encoding": entry.encoding, "items": entry.items, "body": entry.body}  # fmt: skip


def _pending_row(id_: int, body: Body) -> Row:
    size = len(body.entry.body)
    return {"id": id_, "received_at": body.received_at, "items": body.entry.items, "size": size,
            "claimed_by": "", "deaths": 0}  # fmt: skip


class BackupTarget:
    """A SQLite file that anyone can open: the tables of the state, and ``inbox_body``."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as connection:
            connection.execute(
                text(
                    "CREATE TABLE inbox_body (id INTEGER PRIMARY KEY, received_at INTEGER, kind TEXT, media TEXT, "
                    "encoding TEXT, items INTEGER, waits BOOLEAN, body BLOB)"
                )
            )

    def put_rows(self, into: Table, rows: list[Row], also: Callable[[Connection], None]) -> None:
        with self.store.write() as connection:
            _insert(connection, into, rows)
            also(connection)

    def put_bodies(self, bodies: Sequence[Body], also: Callable[[Connection], None]) -> None:
        statement = text(
            "INSERT INTO inbox_body (received_at, kind, media, encoding, items, waits, body) "
            "VALUES (:received_at, :kind, :media, :encoding, :items, :waits, :body)"
        )
        with self.store.write() as connection:
            connection.execute(statement, [{**_inbox_row(0, body), "waits": body.waits} for body in bodies])
            also(connection)

    @contextmanager
    def read_back(self) -> Iterator[Source]:
        with self.store.read() as connection:
            yield BackupSource(connection)

    def finish(self, done: Progress) -> None:
        with self.store.write() as connection:
            progress.save(connection, done)


class EmbeddedTarget:
    """Segments are written as the receiver would have written them."""

    def __init__(self, store: Store, inbox: Path) -> None:
        self.store = store
        self._inbox = inbox
        self._segment = ""
        self._before_first_waiting: tuple[str, int] | None = None
        self._last: tuple[str, int] = ("", 0)
        self._again = 0

    def put_rows(self, into: Table, rows: list[Row], also: Callable[[Connection], None]) -> None:
        with self.store.write() as connection:
            _insert(connection, into, rows)
            also(connection)

    def put_bodies(self, bodies: Sequence[Body], also: Callable[[Connection], None]) -> None:
        for segment, together in groupby(bodies, key=self._segment_of):
            self._write(segment, together)
        with self.store.write() as connection:
            also(connection)

    def _segment_of(self, body: Body) -> str:
        self._segment = max(self._segment, segments.segment_of(body.received_at))
        return self._segment

    def _write(self, segment: str, bodies: Iterable[Body]) -> None:
        connection = segments.open_to_write(self._inbox, segment)
        try:
            for body in bodies:
                self._remember(body)
                row = segments.insert_one(connection, body.received_at, body.entry)
                self._last = (segment, row)
        finally:
            _close(connection)

    def _remember(self, body: Body) -> None:
        """Work begins again at the first body that waits; what lies behind it is worked on twice, which is harmless."""
        if body.waits and self._before_first_waiting is None:
            self._before_first_waiting = self._last
        elif not body.waits and self._before_first_waiting is not None:
            self._again += body.entry.items

    @contextmanager
    def read_back(self) -> Iterator[Source]:
        with self.store.read() as connection:
            yield EmbeddedSource(connection, self._inbox)

    def finish(self, done: Progress) -> None:
        segment, row = self._before_first_waiting or self._last
        done = Progress(segment, row, max(0, done.items - self._again), done.engine_now)
        with self.store.write() as connection:
            progress.save(connection, done)


def _close(connection: sqlite3.Connection) -> None:
    connection.execute("COMMIT")
    connection.close()

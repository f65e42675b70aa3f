"""Where from: an embedded installation, PostgreSQL, or a backup."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import func, select, text, tuple_

from alerting.cluster.tables import TASK
from alerting.cluster.tasks import parts_of
from alerting.database.port import Connection, Store
from alerting.inbox.port import Entry, Position
from alerting.inbox.segments import SegmentReader
from alerting.inbox.tables import INBOX, PENDING
from alerting.storage import progress
from alerting.storage.progress import Progress
from alerting.transfer.parts import AT_ONCE, Body, Cursor, Source

_BYTES_AT_ONCE = 8 * 1024 * 1024


class EmbeddedSource:
    """The state as it is now, and the inbox as it is a moment later: what came in between waits in it."""

    def __init__(self, connection: Connection, inbox: Path) -> None:
        self.connection = connection
        self._inbox = inbox
        self._done = progress.load(connection)
        with closing(SegmentReader(inbox)) as reader:
            self._last = reader.last()

    def progress(self) -> Progress:
        return self._done

    def bodies(self, after: Cursor | None) -> Iterator[Body]:
        position = Position(*after) if after else Position()
        with closing(SegmentReader(self._inbox)) as reader:
            while rows := reader.claim(position, AT_ONCE, _BYTES_AT_ONCE):
                for row in rows:
                    if row.at > self._last:
                        return
                    yield Body([row.at.segment, row.at.row], row.received_at, row.at > self._done.position, row.entry)
                position = rows[-1].at

    def count_bodies(self) -> int:
        with closing(SegmentReader(self._inbox)) as reader:
            return reader.rows_after(Position()) - reader.rows_after(self._last)


class PostgresqlSource:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._waiting = set(connection.execute(select(PENDING.c.id)).scalars())
        for task in connection.execute(select(TASK.c.body)).scalars():
            self._waiting.update(part.row for part in parts_of(task))

    def progress(self) -> Progress:
        return progress.load(self.connection)

    def bodies(self, after: Cursor | None) -> Iterator[Body]:
        columns = INBOX.c
        while True:
            page = select(INBOX).order_by(columns.received_at, columns.id).limit(AT_ONCE // 10)
            if after is not None:
                page = page.where(tuple_(columns.received_at, columns.id) > tuple_(*after))
            rows = self.connection.execute(page).all()
            for row in rows:
                entry = Entry(row.kind, row.body, row.media, row.encoding, row.items)
                after = [row.received_at, row.id]
                yield Body(after, row.received_at, row.id in self._waiting, entry)
            if len(rows) < AT_ONCE // 10:
                return

    def count_bodies(self) -> int:
        return int(self.connection.execute(select(func.count()).select_from(INBOX)).scalar_one())


class BackupSource:
    """The file that ``tocsin backup`` wrote: a store of its own, with its inbox in a table beside the others."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def progress(self) -> Progress:
        return progress.load(self.connection)

    def bodies(self, after: Cursor | None) -> Iterator[Body]:
        query = text("SELECT * FROM inbox_body WHERE id > :after ORDER BY id LIMIT :most")
        last = after[0] if after else 0
        while rows := self.connection.execute(query, {"after": last, "most": AT_ONCE // 10}).all():
            for row in rows:
                last = row.id
                entry = Entry(row.kind, row.body, row.media, row.encoding, row.items)
                yield Body([row.id], row.received_at, bool(row.waits), entry)

    def count_bodies(self) -> int:
        return int(self.connection.execute(text("SELECT count(*) FROM inbox_body")).scalar_one())


@contextmanager
def reading(store: Store, inbox: Path) -> Iterator[Source]:
    """A source over the store of an installation; ``inbox`` are the segments of an embedded one."""
    with store.read() as connection:
        yield PostgresqlSource(connection) if store.shared else EmbeddedSource(connection, inbox)


def is_backup(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'inbox_body'").fetchone()
    except sqlite3.Error:
        return False
    return bool(found[0])

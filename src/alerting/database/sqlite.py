"""How is the embedded store opened, read and written? One SQLite file; one process writes, any number read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool

from alerting.database.port import StoreUnavailable
from alerting.database.upgrading import bring_up_to_date

FILE_NAME = "tocsin.db"


class SqliteStore:
    """``write()`` is one immediate transaction, one at a time in this process."""

    shared = False

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with _translated(), self._writing, self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            with _committed(connection):
                yield connection

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _committed(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def _translated() -> Iterator[None]:
    """A file that is torn or none of SQLite's is no fault of what was to be written: that waits as well."""
    try:
        yield
    except DatabaseError as error:
        if isinstance(error, OperationalError) or type(error) is DatabaseError:
            raise StoreUnavailable(str(error.orig)) from error
        raise


def open_sqlite(directory: Path) -> SqliteStore:
    """Open ``directory``/tocsin.db, creating it or bringing its schema up to date. Raises SchemaMismatch, OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return open_sqlite_file(directory / FILE_NAME)


def open_sqlite_file(path: Path) -> SqliteStore:
    path.touch(mode=0o600)
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=8,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _configure)
    store = SqliteStore(engine)
    with store.write() as connection:
        bring_up_to_date(connection)
    return store


def _configure(connection: Any, _record: object) -> None:
    """WAL and NORMAL: what a power cut takes from the state is replayed from the inbox, which is FULL."""
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
        "wal_autocheckpoint=4000",  # 16 MB: pages that every batch changes are copied into the file less often
    ):
        connection.execute(f"PRAGMA {pragma}")

"""How is the state store opened, read and written? One SQLite file; one process writes, any number read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.pool import QueuePool

from alerting.storage.schema import SCHEMA_VERSION, MetaRow, metadata, table

FILE_NAME = "tocsin.db"


class SchemaMismatch(Exception):
    """The store was written by a version this one does not know."""


class Store:
    """The state: runs, alerts, messages, rollups.

    ``write()`` is one immediate transaction, one at a time in this process; ``read()`` sees the last committed state.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """All that is read inside is one moment's state."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._writing, self.engine.connect() as connection:
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


def open_store(directory: Path) -> Store:
    """Open ``directory``/tocsin.db, creating it with the current schema. Raises SchemaMismatch, OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / FILE_NAME
    path.touch(mode=0o600)
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=8,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _configure)
    store = Store(engine)
    _ensure_schema(store)
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
    ):
        connection.execute(f"PRAGMA {pragma}")


def _ensure_schema(store: Store) -> None:
    meta = table(MetaRow)
    with store.write() as connection:
        metadata.create_all(connection)
        found = connection.execute(select(meta.c.value).where(meta.c.name == "schema")).scalar()
        if found is None:
            connection.execute(insert(meta).values(name="schema", value=str(SCHEMA_VERSION)))
        elif int(found) != SCHEMA_VERSION:
            raise SchemaMismatch(
                f"the store has schema {found}, this version of Tocsin knows {SCHEMA_VERSION}; "
                "start the version that wrote it, or give an empty folder with --data"
            )

"""What is a store? Something to read and write in transactions, whatever database is behind it."""

from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import CursorResult, Dialect, Executable

Found: TypeAlias = CursorResult[*tuple[Any, ...]]


class Connection(Protocol):
    """What statements run on: SQLAlchemy's own connection, or one that does the same from another thread."""

    @property
    def dialect(self) -> Dialect: ...

    def execute(self, statement: Executable, parameters: Any = None) -> Found: ...


class Store(Protocol):
    """``read()`` sees one moment's state; ``write()`` is one transaction, committed when its block ends well.

    Both raise StoreUnavailable when the database cannot be used just now: nothing was changed, and trying again later
    is right. (A connection that breaks during a commit leaves open whether it happened; every write can be repeated.)
    """

    @property
    def shared(self) -> bool:
        """Whether other processes write to it too."""

    def read(self) -> AbstractContextManager[Connection]: ...

    def write(self) -> AbstractContextManager[Connection]: ...

    def close(self) -> None: ...


class StoreUnavailable(Exception):
    """The database refuses, or cannot be reached, just now."""


class SchemaMismatch(Exception):
    """The store was written by a version this one does not know, or may not be brought up to date."""


class BadUrl(ValueError):
    """``TOCSIN_DATABASE_URL`` cannot be used; the text says why, without the password."""


def is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"

"""A store whose process dies between two statements, for tests of what a crash leaves behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alerting.database.port import Connection, Store


class Crash(BaseException):
    """Nothing may catch it, as nothing catches the end of a process."""


class Fragile(Store):
    """A store whose process dies before the statement with the given number, counted over all transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.die_at(0)

    def die_at(self, statement: int) -> None:
        """From now on, that many statements later; 0 for never."""
        self._dies_at, self.statements = statement, 0

    @property
    def shared(self) -> bool:
        return self._store.shared

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._store.read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._store.write() as connection:
            yield Counting(connection, self)
            self.count()  # just before the commit

    def count(self) -> None:
        self.statements += 1
        if self.statements == self._dies_at:
            raise Crash

    def close(self) -> None:
        self._store.close()


class Counting:
    def __init__(self, connection: Connection, store: Fragile) -> None:
        self._connection, self._store = connection, store

    @property
    def dialect(self) -> Any:
        return self._connection.dialect

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        self._store.count()
        return self._connection.execute(statement, parameters)

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        self._store.count()
        return self._connection.exec_driver_sql(statement, parameters)

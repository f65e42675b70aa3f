"""How is the shared store reached? PostgreSQL through asyncpg, from any thread.

asyncpg lives in an event loop; rules, pages and the consumer do not. One loop in a thread of its own does the talking,
and ``BlockingConnection`` hands it one statement at a time.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg
import uvloop
from sqlalchemy import Dialect, Executable, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from alerting.clock import SyncedClock
from alerting.database.port import Found, SchemaMismatch, StoreUnavailable
from alerting.database.postgresql_errors import INSUFFICIENT_PRIVILEGE, explained, is_passing, sqlstate
from alerting.database.postgresql_url import Address, parse_url
from alerting.database.statements import POSTGRESQL_NOW
from alerting.database.upgrading import bring_up_to_date

log = logging.getLogger(__name__)
T = TypeVar("T")
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 60
_POOL_SECONDS = 5
_TIME_EVERY_SECONDS = 20
_LISTEN_AGAIN_SECONDS = 1.0
# What is committed is durable, whatever the server's default; and a process that was cut off must not hold its locks
# longer than others wait for it.
_SESSION = {
    "application_name": "tocsin",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "6000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
}


class BlockingConnection:
    """A connection of the loop's, for the thread that holds it. Results are read whole before they are handed over."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], connection: AsyncConnection) -> None:
        self._run, self._connection = run, connection

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    def execute(self, statement: Executable, parameters: Any = None) -> Found:
        found: Found = self._run(self._connection.execute(statement, parameters))
        return found


class PostgresStore:
    """``connections`` at most are open at once from this process, beside the one that listens."""

    shared = True

    def __init__(self, url: str, connections: int) -> None:
        self.address: Address = parse_url(url)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgresql", daemon=True)
        self._thread.start()
        self._engine = _engine(self.address, connections)
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._background: list[asyncio.Task[None]] = []

    @contextmanager
    def read(self) -> Iterator[BlockingConnection]:
        with self._connected(self._reading) as connection:
            yield BlockingConnection(self._run, connection)

    @contextmanager
    def write(self) -> Iterator[BlockingConnection]:
        with self._connected(self._engine) as connection:
            yield BlockingConnection(self._run, connection)
            self._run(connection.commit())

    @contextmanager
    def _connected(self, engine: AsyncEngine) -> Iterator[AsyncConnection]:
        connection = None
        try:
            connection = self._run(engine.connect().start())
            yield connection
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if is_passing(error):
                raise StoreUnavailable(f"{self.address.shown}: {explained(error)}") from error
            raise
        finally:
            if connection is not None:
                with contextlib.suppress(SQLAlchemyError, asyncpg.InterfaceError, OSError):
                    self._run(connection.close())

    def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Call ``heard(payload)`` in the loop's thread for every notification, from now on, through every outage.
        Behind pgbouncer there are none."""
        if not self.address.pooled:
            self._start(self._listen(channel, heard))

    def keep_time(self, clock: SyncedClock) -> None:
        """Set ``clock`` by the database's clock, now and from time to time."""
        self._run(self._sync(clock))
        self._start(self._keep_time(clock))

    def upgrade(self) -> None:
        """Raises SchemaMismatch, StoreUnavailable."""
        try:
            self._run(self._upgrade())
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            said = f"{self.address.shown}: {explained(error)}"
            if sqlstate(error) != INSUFFICIENT_PRIVILEGE:
                raise StoreUnavailable(said) from error
            raise SchemaMismatch(
                f"the tables cannot be created or changed; {said}; give it the right to "
                "(GRANT CREATE ON SCHEMA public), or start Tocsin once as a user that has it"
            ) from error

    def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._run(self._close(), timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _close(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._engine.dispose()

    def _run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        async def start() -> None:
            self._background.append(asyncio.create_task(coroutine))

        self._run(start())

    async def _upgrade(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(bring_up_to_date)

    async def _keep_time(self, clock: SyncedClock) -> None:
        while True:
            await asyncio.sleep(_TIME_EVERY_SECONDS)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._sync(clock)

    async def _sync(self, clock: SyncedClock) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))  # the first statement of a connection takes longer than others
            asked = clock.monotonic()
            found = (await connection.execute(text(f"SELECT {POSTGRESQL_NOW}"))).scalar_one()
            clock.sync(found, asked, clock.monotonic())

    async def _listen(self, channel: str, heard: Callable[[str], None]) -> None:
        while True:
            try:
                connection = await asyncpg.connect(**self.address.connecting, timeout=_CONNECT_SECONDS)
                try:
                    await self._listen_on(connection, channel, heard)
                finally:
                    connection.terminate()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("cannot listen for notifications, polling instead: %s", explained(error))
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)

    async def _listen_on(
        self, connection: "asyncpg.Connection[Any]", channel: str, heard: Callable[[str], None]
    ) -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        await connection.add_listener(channel, lambda _c, _pid, _channel, payload: heard(str(payload)))
        heard("")  # whatever came while nobody listened
        await ended.wait()


def open_postgresql(url: str, connections: int) -> PostgresStore:
    """Connect, and create the tables or bring them up to date. Raises BadUrl, SchemaMismatch, StoreUnavailable."""
    store = PostgresStore(url, connections)
    try:
        store.upgrade()
    except BaseException:
        store.close()
        raise
    return store


def _engine(address: Address, connections: int) -> AsyncEngine:
    arguments: dict[str, Any] = {
        **address.arguments,
        "timeout": _CONNECT_SECONDS,
        "command_timeout": _STATEMENT_SECONDS,
    }
    if address.pooled:
        # Each transaction may meet another server connection: nothing may be set for the session, and no statement
        # may keep a name ("" is the unnamed one, gone with the next).
        arguments |= {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
        arguments["prepared_statement_name_func"] = lambda: ""
        return create_async_engine(address.url(), poolclass=NullPool, connect_args=arguments)
    return create_async_engine(
        address.url(),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        connect_args={**arguments, "server_settings": _SESSION},
    )

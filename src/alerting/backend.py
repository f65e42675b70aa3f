"""Where does this installation keep what it knows? In its data folder, or in PostgreSQL."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from alerting.clock import Clock, SteadyClock, SyncedClock, SystemClock, parse_clock
from alerting.cluster import tasks
from alerting.database.port import BadUrl, Connection, SchemaMismatch, Store, StoreUnavailable
from alerting.database.postgresql_url import parse_url
from alerting.database.sqlite import FILE_NAME, open_sqlite
from alerting.inbox import claims
from alerting.inbox.doorbell import Bell, Listener
from alerting.inbox.port import CONFIGURATION, Archive, Log, Overloaded
from alerting.inbox.postgresql import CHANNEL, PostgresqlArchive, PostgresqlLog
from alerting.inbox.segment_log import SegmentLog
from alerting.inbox.segments import FOLDER, SegmentArchive, SegmentReader
from alerting.locks import Held, hold
from alerting.settings import Settings, SettingsError
from alerting.storage import progress
from alerting.storage.progress import Progress
from alerting.transfer.copying import origin_of
from rules.instants import Instant

# What a store that cannot be opened raises: for commands, which say it and end.
UNUSABLE = (
    SettingsError, Held, BadUrl, SchemaMismatch, StoreUnavailable, Overloaded, OSError
)  # fmt: skip
MOVED = "moved-to"
CONNECTIONS = {"api": 8, "worker": 5, "command": 2}


class Waiter(Protocol):
    """What a worker waits at until something came."""

    def wait(self, seconds: float) -> bool: ...


@dataclass(slots=True)
class Backend:
    """What one process holds open; ``held`` is the lock of an embedded role."""

    store: Store
    clock: Clock
    archive: Archive
    held: int | None = None

    def close(self) -> None:
        self.store.close()
        if self.held is not None:
            os.close(self.held)


def open_backend(settings: Settings, role: str) -> Backend:
    """``role``: "api", "worker" or "command". Raises one of UNUSABLE."""
    if settings.database_url:
        return _shared(settings, role)
    names = {"api": "receiver", "worker": "worker"}
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = hold(settings.data / f"{names[role]}.lock", names[role]) if role in names else None
    except OSError as error:
        raise SettingsError(
            f"{settings.data}: {error.strerror}; make it writable for this user, with room on its disk, or give "
            "another folder with --data"
        ) from None
    if role in names and (settings.data / MOVED).exists():
        raise SettingsError(
            f"what is in {settings.data} was moved to {(settings.data / MOVED).read_text().strip()}: set "
            f"TOCSIN_DATABASE_URL, or delete the file {MOVED} in it to go back to what it was then"
        )
    archive = SegmentArchive(settings.data / FOLDER)
    try:
        store = open_sqlite(settings.data)
    except StoreUnavailable as error:
        raise StoreUnavailable(f"{settings.data / FILE_NAME} cannot be used: {error}") from error
    return Backend(store, _never_back(store, parse_clock(settings.clock)), archive, held)


def _never_back(store: Store, clock: Clock) -> Clock:
    """Over restarts, too: what the worker has reached is in the store."""
    if not isinstance(clock, SystemClock):
        return clock
    with store.read() as connection:
        done = progress.load(connection)
    return SteadyClock(max(done.engine_now, done.beat_at))


def _shared(settings: Settings, role: str) -> Backend:
    from alerting.database.postgresql import open_postgresql  # 20 MB that an embedded installation does not need

    store = open_postgresql(settings.database_url, CONNECTIONS[role])
    _refuse_half_filled(store, settings)
    clock = parse_clock(settings.clock)
    if isinstance(clock, SystemClock):
        clock = SyncedClock()
        store.keep_time(clock)
    return Backend(store, clock, PostgresqlArchive(store))


def _refuse_half_filled(store: Store, settings: Settings) -> None:
    with store.read() as connection:
        origin = origin_of(connection)
    if origin:
        store.close()
        raise SettingsError(
            f"{place_of(settings)} is being filled from {origin} and not full yet: do that again, to its end"
        )


def place_of(settings: Settings) -> str:
    """Where the data lie, for people: never with a password."""
    return parse_url(settings.database_url).shown if settings.database_url else str(settings.data)


def has_data(settings: Settings) -> bool:
    return bool(settings.database_url) or (settings.data / FILE_NAME).exists()


def open_log(backend: Backend, settings: Settings) -> Log:
    if backend.store.shared:
        return PostgresqlLog(backend.store, backend.clock)
    with backend.store.read() as connection:
        done = progress.load(connection)
    with _readable(settings):
        return SegmentLog(settings.data / FOLDER, backend.clock, done.position, done.engine_now)


@contextmanager
def _readable(settings: Settings) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(
            f"a file in {settings.data / FOLDER} cannot be used: {error}; make room, restore it from a backup, or move "
            "it away: then what it holds and the worker has not read is lost"
        ) from error


def open_bell(backend: Backend, settings: Settings) -> Callable[[], None]:
    """How the receiver tells workers that something came: the shared log notifies by itself."""
    return (lambda: None) if backend.store.shared else Bell(settings.data).ring


def open_waiter(backend: Backend, settings: Settings) -> Waiter:
    return NotificationWaiter(backend.store) if isinstance(backend.store, Notifying) else Listener(settings.data)


@runtime_checkable
class Notifying(Protocol):
    def listen(self, channel: str, heard: Callable[[str], None]) -> None: ...


class NotificationWaiter:
    """Waits for NOTIFY; without it, polling still works."""

    def __init__(self, store: Notifying) -> None:
        self._came = threading.Event()
        store.listen(CHANNEL, lambda _: self._came.set())

    def wait(self, seconds: float) -> bool:
        came = self._came.wait(seconds)
        self._came.clear()
        return came


def latest_configuration(backend: Backend, settings: Settings) -> str:
    """The text that is in force, or will be once the worker has come so far."""
    with backend.store.read() as connection:
        text, done = progress.active_configuration(connection), progress.load(connection)
    if backend.store.shared:
        return text
    with _readable(settings), closing(SegmentReader(settings.data / FOLDER)) as reader:
        waiting = reader.latest(CONFIGURATION, done.position)
    return text if waiting is None else waiting.decode()


def accepted_count(
    backend: Backend, settings: Settings, here: Callable[[], int]
) -> Callable[[Connection, Progress], int]:
    """How many spans, records and events were accepted, ever: what was worked on and what waits. ``here`` counts those
    that this process took in."""
    if backend.store.shared:
        return _accepted_by_all
    with backend.store.read() as connection:
        done = progress.load(connection)
    with _readable(settings), closing(SegmentReader(settings.data / FOLDER)) as reader:
        base = done.items + reader.items_after(done.position)
    return lambda _connection, _done: base + here()


def _accepted_by_all(connection: Connection, done: Progress) -> int:
    return done.items + claims.waiting_items(connection) + tasks.waiting_items(connection)


def oldest_waiting(backend: Backend, settings: Settings) -> Callable[[Connection, Progress], Instant | None]:
    """When the oldest row was accepted that is not worked on yet, by the service's clock; None where none waits."""
    if backend.store.shared:
        return _oldest_of_all

    def oldest(_connection: Connection, done: Progress) -> Instant | None:
        with _readable(settings), closing(SegmentReader(settings.data / FOLDER)) as reader:
            return reader.oldest_after(done.position)

    return oldest


def _oldest_of_all(connection: Connection, _done: Progress) -> Instant | None:
    found = [claims.oldest_waiting(connection), tasks.oldest_waiting(connection)]
    return min((each for each in found if each is not None), default=None)

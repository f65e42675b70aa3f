"""What was told already, and by whom is the watch kept? Remembered in the store, for a restart and for other receivers.

Of many receivers one keeps watch, by a lease; the others look again later. It may tell twice when the one that told
ended before it could note so, and never not at all.
"""

import msgspec
from sqlalchemy import text

from alerting.clock import Clock
from alerting.database.port import Connection, Store
from alerting.selfwatch.episodes import Episode, Episodes
from alerting.storage.notes import note, noted
from rules.instants import SECOND, Duration, Instant

_NAME = "self-watch"
_LEASE: Duration = 45 * SECOND  # longer than a look and the telling of it may take
_LOCK = 7_464_003  # any number that nobody else takes: one receiver at a time asks for the watch


class _Note(msgspec.Struct):
    by: str = ""
    until: Instant = 0
    episodes: dict[str, Episode] = {}


class Memory:
    """``name`` is this receiver's, unlike any other's."""

    def __init__(self, store: Store, clock: Clock, name: str) -> None:
        self._store, self._clock, self._name = store, clock, name
        self._known: Episodes | None = None
        self._unsaved: Episodes | None = None

    def enter(self) -> Episodes | None:
        """What was told so far; None when another receiver keeps watch. Raises StoreUnavailable."""
        if self._store.shared:
            self._known = self._lease()
        elif self._known is None:
            with self._store.read() as connection:
                self._known = _read(connection).episodes
        if self._known is None:
            self._unsaved = None
        return self._known if self._unsaved is None else self._unsaved

    def keep(self, episodes: Episodes) -> None:
        """After ``enter``. Raises StoreUnavailable: then it is remembered here, until it can be noted."""
        if episodes == self._known:
            self._unsaved = None
            return
        self._unsaved = episodes
        with self._store.write() as connection:
            self._note(connection, _Note(self._name, self._clock.machine_now() + _LEASE, dict(episodes)))
        self._known, self._unsaved = episodes, None

    def leave(self) -> None:
        """Others need not wait until the lease is over. Raises StoreUnavailable."""
        if self._store.shared and self._known is not None:
            with self._store.write() as connection:
                self._note(connection, _Note("", 0, _locked(connection).episodes))

    def _lease(self) -> Episodes | None:
        now = self._clock.machine_now()
        with self._store.write() as connection:
            found = _locked(connection)
            if found.by != self._name and found.until > now:
                return None
            note(connection, _NAME, _written(_Note(self._name, now + _LEASE, found.episodes)))
        return found.episodes

    def _note(self, connection: Connection, value: _Note) -> None:
        """Unless another one has taken over meanwhile."""
        if not self._store.shared or _locked(connection).by == self._name:
            note(connection, _NAME, _written(value))


def _locked(connection: Connection) -> _Note:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    return _read(connection)


def _read(connection: Connection) -> _Note:
    """What another version wrote and this one cannot read counts as nothing: then it is told once more."""
    try:
        return msgspec.json.decode(noted(connection, _NAME) or "{}", type=_Note)
    except msgspec.DecodeError:
        return _Note()


def _written(value: _Note) -> str:
    return msgspec.json.encode(value).decode()

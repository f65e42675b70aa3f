"""Who works the inbox off? One thread: take, work, commit, ring. What differs is where the work comes from."""

import contextlib
import logging
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from alerting.active import Activate, Active
from alerting.clock import Clock
from alerting.consumer import housekeeping
from alerting.consumer.batch import Batch, Memory, work
from alerting.consumer.decoding import Decoded
from alerting.consumer.poison import failure_of
from alerting.consumer.sightings import Sightings
from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.garbage import undisturbed
from alerting.inbox.port import Archive, InboxRow, Position
from alerting.storage import progress
from rules.engine import armed
from rules.inputs import Acted, Armed
from rules.instants import SECOND, Duration, Instant

log = logging.getLogger(__name__)
AWAY = (StoreUnavailable, sqlite3.Error, OSError)  # the files of the inbox refuse like the store that lies beside them
BEAT_EVERY: Duration = 5 * SECOND
LONGEST_BATCH: Duration = 5 * SECOND  # shorter than any wait a run can have, so that none begins and ends inside
LEAST_TIDY_EVERY: Duration = SECOND  # while bodies wait


class Doorbell(Protocol):
    def wait(self, seconds: float) -> bool: ...


@dataclass(slots=True, frozen=True)
class Around:
    """What a consumer is given: ``ring`` is called when messages were queued, ``activated`` when another configuration
    is in force; ``observed`` is around every batch of so many rows, for Tocsin's own telemetry."""

    activate: Activate
    ring: Callable[[], None] = lambda: None
    activated: Callable[[Active], None] = lambda _: None
    observed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()


class Consumer(ABC):
    """Sub-classes say where work comes from and how it is marked as done. ``poll_seconds``: so long it waits for the
    bell before it looks by itself."""

    poll_seconds = 0.5

    def __init__(self, store: Store, clock: Clock, archive: Archive, around: Around) -> None:
        self._store, self._clock, self._archive, self._around = store, clock, archive, around
        self._beat_at: Instant = 0
        self._expired_at: Instant = 0
        self._forgot_at: Instant = 0
        self._has_more = False
        self._next_deadline: Instant | None = None
        self._armed = False
        self.sightings = Sightings()
        with store.read() as connection:
            self._memory = self._remember(connection)
            self.active = around.activate(progress.active_configuration(connection))
        around.activated(self.active)

    def run(self, stop: threading.Event, bell: Doorbell) -> None:
        """Work until ``stop``. A database that refuses is tried again; nothing is lost by waiting."""
        while not stop.is_set():
            try:
                with undisturbed():
                    busy = self.once()
            except AWAY as error:
                log.error("the state store refused, trying again in a second: %s", error)
                stop.wait(1)
                self.recover()
                continue
            if not busy:
                bell.wait(self._nap())
        with contextlib.suppress(StoreUnavailable):
            self.sightings.write_at_once(self._store)
        self.leave()

    def once(self) -> bool:
        """One batch, or the deadlines that are due. Whether there was anything to do."""
        self.sightings.write(self._store, self._clock.machine_now())
        if not self._armed:
            self._arm()
        if self._work_on_next():
            self._beat()
            self._tidy(self._clock.now(), LEAST_TIDY_EVERY)
            return True
        now = self._horizon(self._clock.now())
        if self._next_deadline is not None and self._next_deadline <= now:
            self._commit(Batch([], now), self._nothing)
            housekeeping.keep_traces(self._store, self._archive, now, self.active, self._memory.owned)
            self._beat()
            return True
        self._beat()
        return self._tidy(now, 0)

    def _arm(self) -> None:
        """Look for what never came. To ask again for what is looked for already changes nothing."""
        self._armed = True
        at = self._memory.progress.engine_now or self._clock.now()
        looked_for: list[tuple[Instant, Acted | Armed]] = [
            (at, each) for each in armed(self.active.ruleset) if self._memory.owned.has(_workflow(each))
        ]
        if looked_for:
            self._commit(Batch([], at, looked_for), self._nothing)

    def recover(self) -> None:
        """After a fault: forget what was remembered, and read it anew."""
        try:
            self._reload()
        except StoreUnavailable:
            return

    def leave(self) -> None:  # noqa: B027 - not every consumer has to
        """The last call: others need not wait until it is clear that this worker is gone."""

    @abstractmethod
    def _work_on_next(self) -> bool:
        """Take in one batch. Whether there was one."""

    @abstractmethod
    def _remember(self, connection: Connection) -> Memory:
        """Read what is kept in memory, and when the next deadline is."""

    def _horizon(self, now: Instant) -> Instant:
        """Up to when deadlines may fire: not beyond what was received and is still to be worked on."""
        return now

    def _nothing(self, connection: Connection) -> None:  # noqa: B027 - not every consumer has to
        """Nothing to mark as done."""

    def _owns(self, connection: Connection) -> None:  # noqa: B027 - not every consumer has to
        """Make sure, within the transaction, that what is changed in it is this worker's."""

    def _commit(self, batch: Batch, finish: Callable[[Connection], None]) -> None:
        """Everything that ``batch`` changes, and that it is done, in one transaction."""
        with self._store.write() as connection:
            self._owns(connection)
            queued = work(connection, self.active, self._memory, batch)
            for decoded in batch.rows:
                if decoded.unreadable:
                    progress.quarantine(connection, decoded.row, decoded.unreadable)
            finish(connection)
            self._next_deadline = self._upcoming(connection)
        if queued:
            self._around.ring()

    @abstractmethod
    def _upcoming(self, connection: Connection) -> Instant | None:
        """When the next deadline is."""

    def _put_in_force(self, text: str) -> None:
        self.active = self._around.activate(text)
        self._armed = False
        self._around.activated(self.active)

    def _reload(self) -> None:
        self._armed = False
        with self._store.read() as connection:
            self._memory = self._remember(connection)

    def _beat(self) -> None:  # noqa: B027 - not every consumer has to
        """Say that the worker lives; readers of ``/health`` look at the age of it."""

    def _tidy(self, now: Instant, at_least: Duration) -> bool:
        """Let go of what is past its time, in small steps: every few minutes, or ``at_least`` so far apart as long as
        there is more. Whether there is."""
        if now - self._expired_at > housekeeping.EVERY:
            self._expired_at, self._has_more = now, self._expire(now)
        elif self._has_more and now - self._forgot_at >= at_least:
            self._forgot_at, self._has_more = now, self._forget(now)
        return self._has_more

    def _expire(self, now: Instant) -> bool:
        return housekeeping.expire(self._store, self._archive, self.position, now, self.active.configuration)

    def _forget(self, now: Instant) -> bool:
        return housekeeping.forget_some(self._store, now, self.active.configuration)

    def _nap(self) -> float:
        if self._next_deadline is None:
            return self.poll_seconds
        return min(self.poll_seconds, self._clock.real_seconds_until(self._next_deadline))

    @property
    def position(self) -> Position:
        return self._memory.progress.position


def _workflow(armed: Armed) -> str:
    return armed.values[0] if armed.values else ""


def aside(row: InboxRow, reason: str) -> Decoded:
    """A row in quarantine is itself a failure that people hear of."""
    return Decoded(row, [failure_of(row, reason)], reason)


def or_aside(decoded: Decoded) -> Decoded:
    """What it says, where it could be read."""
    return aside(decoded.row, decoded.unreadable) if decoded.unreadable else decoded


def reason_of(error: Exception) -> str:
    """Without the statement and its parameters, where a database complains."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(error).__name__}: {said}"[:500]

"""Who works the inbox off? One thread: claim, work, commit, ring; the only writer of runs, alerts and decisions."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from alerting.active import Activate, Active
from alerting.clock import Clock
from alerting.consumer import housekeeping
from alerting.consumer.batch import Batch, Memory, work
from alerting.consumer.decoding import UNREADABLE, Decoded, decode
from alerting.consumer.marker import Marker
from alerting.consumer.poison import failure_of
from alerting.database.port import Store, StoreUnavailable
from alerting.inbox.port import ACTION, CONFIGURATION, Inbox, InboxRow, Position
from alerting.storage import alerts, progress
from rules.inputs import Acted
from rules.instants import SECOND, Duration, Instant

log = logging.getLogger(__name__)
MOST_ROWS = 400
MOST_BYTES = 8 * 1024 * 1024
LONGEST_BATCH: Duration = 5 * SECOND  # shorter than any wait a run can have, so that none begins and ends inside
BEAT_EVERY: Duration = 5 * SECOND
_POLL_SECONDS = 0.5


class Doorbell(Protocol):
    def wait(self, seconds: float) -> bool: ...


class Consumer:
    """``ring`` is called when messages were queued, ``activated`` when another configuration is in force;
    ``observed`` is around every batch, for Tocsin's own telemetry."""

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        clock: Clock,
        folder: Path,
        activate: Activate,
        ring: Callable[[], None] = lambda: None,
        activated: Callable[[Active], None] = lambda _: None,
        observed: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._store, self._inbox, self._clock, self._folder = store, inbox, clock, folder
        self._activate, self._ring, self._activated, self._observed = activate, ring, activated, observed
        self._marker = Marker(folder)
        self._next_deadline: Instant | None = None
        self._beat_at: Instant = 0
        self._expired_at: Instant = 0
        with store.read() as connection:
            self._memory = Memory.of(connection)
            self._next_deadline = alerts.next_deadline(connection)
            self.active = activate(progress.active_configuration(connection))
        activated(self.active)

    def run(self, stop: threading.Event, bell: Doorbell) -> None:
        """Work until ``stop``. A database that refuses is tried again; nothing is lost by waiting."""
        while not stop.is_set():
            try:
                busy = self.once()
            except StoreUnavailable as error:
                log.error("the state store refused, trying again in a second: %s", error)
                self._reload()
                stop.wait(1)
                continue
            if not busy:
                bell.wait(self._nap())

    def once(self) -> bool:
        """One batch, or the deadlines that are due. Whether there was anything to do."""
        now = self._clock.now()
        rows = self._claim()
        if rows:
            with self._observed(len(rows)):
                self._work(rows)
        elif self._next_deadline is not None and self._next_deadline <= now:
            self._commit(Batch([], now), None)
            housekeeping.keep_traces(self._store, self._folder, now, self.active.scrubber)
        else:
            self._idle(now)
            return False
        self._beat()
        return True

    def _claim(self) -> Sequence[InboxRow]:
        """Rows to take together: none far apart in time, and a change of configuration by itself."""
        rows = self._inbox.claim(self._memory.progress.position, self._marker.limit(MOST_ROWS), MOST_BYTES)
        if not rows or rows[0].entry.kind == CONFIGURATION:
            return rows[:1]
        latest = rows[0].received_at + LONGEST_BATCH
        together = 1
        while together < len(rows) and _joins(rows[together], latest):
            together += 1
        return rows[:together]

    def _work(self, rows: Sequence[InboxRow]) -> None:
        if rows[0].entry.kind == CONFIGURATION:
            self._change_configuration(rows[0])
            return
        decoded = self._decode(rows)
        try:
            self._commit(Batch(decoded, rows[-1].received_at, self._actions(rows)), rows[-1])
        except (*UNREADABLE, DBAPIError) as error:
            self._reload()
            self._narrow(rows, error)

    def _narrow(self, rows: Sequence[InboxRow], error: Exception) -> None:
        """One row of a batch cannot be worked on: find it by halves and set it aside."""
        if len(rows) > 1:
            self._work(rows[: len(rows) // 2])
            return
        log.error("inbox row %s/%s set aside", rows[0].at.segment, rows[0].at.row, exc_info=error)
        reason = f"{type(error).__name__}: {error}"[:500]
        self._commit(Batch([self._aside(rows[0], reason)], rows[0].received_at), rows[0])

    def _decode(self, rows: Sequence[InboxRow]) -> list[Decoded]:
        first = rows[0].at
        self._marker.reading(first.segment, first.row, len(rows))
        decoded = [self._decode_one(row) for row in rows]
        self._marker.read(rows[-1].at.segment, rows[-1].at.row)
        return decoded

    def _decode_one(self, row: InboxRow) -> Decoded:
        if row.entry.kind == ACTION:
            return Decoded(row)
        if self._marker.is_poison(row.at.segment, row.at.row):
            return self._aside(row, "reading it ended the worker three times")
        decoded = decode(row, self.active.scrubber)
        return self._aside(row, decoded.unreadable) if decoded.unreadable else decoded

    def _aside(self, row: InboxRow, reason: str) -> Decoded:
        """A row in quarantine is itself a failure that people hear of."""
        return Decoded(row, [failure_of(row, reason)], reason)

    def _actions(self, rows: Sequence[InboxRow]) -> list[tuple[Instant, Acted]]:
        found = []
        with self._store.read() as connection:
            for row in rows:
                if row.entry.kind == ACTION:
                    said = json.loads(row.entry.body)
                    key = alerts.key_of_alert(connection, said["alert"])
                    found.append((row.received_at, Acted(said["action"], key or "", said["by"])))
        return found

    def _commit(self, batch: Batch, last: InboxRow | None) -> None:
        with self._store.write() as connection:
            queued = work(connection, self.active, self._memory, batch)
            for decoded in batch.rows:
                if decoded.unreadable:
                    progress.quarantine(connection, decoded.row, decoded.unreadable)
            self._advance(batch, last)
            progress.save(connection, self._memory.progress)
            self._next_deadline = alerts.next_deadline(connection)
        if queued:
            self._ring()

    def _advance(self, batch: Batch, last: InboxRow | None) -> None:
        if last is not None:
            self._memory.progress.segment, self._memory.progress.row = last.at.segment, last.at.row
        self._memory.progress.items += sum(decoded.row.entry.items for decoded in batch.rows)

    def _change_configuration(self, row: InboxRow) -> None:
        text = row.entry.body.decode()
        with self._store.write() as connection:
            progress.activate(connection, text, row.received_at)
            self._memory.progress.segment, self._memory.progress.row = row.at.segment, row.at.row
            progress.save(connection, self._memory.progress)
        self.active = self._activate(text)
        self._activated(self.active)

    def _reload(self) -> None:
        with self._store.read() as connection:
            self._memory = Memory.of(connection)
            self._next_deadline = alerts.next_deadline(connection)

    def _beat(self) -> None:
        """Say that the worker lives; readers of ``/health`` look at the age of it."""
        now = self._clock.machine_now()
        if now - self._beat_at < BEAT_EVERY:
            return
        self._beat_at = self._memory.progress.beat_at = now
        with self._store.write() as connection:
            progress.save(connection, self._memory.progress)

    def _idle(self, now: Instant) -> None:
        self._beat()
        if now - self._expired_at > housekeeping.EVERY:
            self._expired_at = now
            housekeeping.expire(
                self._store, self._folder, self._memory.progress.position, now, self.active.configuration
            )

    def _nap(self) -> float:
        if self._next_deadline is None:
            return _POLL_SECONDS
        return min(_POLL_SECONDS, self._clock.real_seconds_until(self._next_deadline))

    @property
    def position(self) -> Position:
        return self._memory.progress.position


def _joins(row: InboxRow, latest: Instant) -> bool:
    return row.received_at <= latest and row.entry.kind != CONFIGURATION

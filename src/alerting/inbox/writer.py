"""How are many rows made durable with few fsyncs? One thread commits whatever has queued up: group commit."""

import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alerting.clock import Clock
from alerting.inbox import segments
from alerting.inbox.port import Entry, Overloaded
from rules.instants import Instant

Done = Callable[[Exception | None], None]
_MOST_TOGETHER = 512
_MOST_BYTES_TOGETHER = 32 * 1024 * 1024


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    done: Done


class InboxWriter:
    """The only writer of the open segment. ``append`` returns at once; ``done`` is called, from the writer's thread,
    with None once the row is durable, or with Overloaded when the disk refused it.

    The name of the open segment and ``received_at`` never go backwards, whatever the clock does.
    """

    def __init__(
        self, folder: Path, clock: Clock, ring: Callable[[], None], most_bytes_waiting: int = 256 * 1024 * 1024
    ) -> None:
        self._folder, self._clock, self._ring = folder, clock, ring
        self._most_bytes = most_bytes_waiting
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._bytes = 0
        self._counting = threading.Lock()
        self.accepted = 0
        names = segments.segments(folder)
        self._segment = names[-1] if names else ""
        self._received_at: Instant = segments.last_received(folder, self._segment) if names else 0
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
        self._thread.start()

    def append(self, entry: Entry, done: Done) -> None:
        """Raises Overloaded when too much is waiting already."""
        with self._counting:
            if self._bytes and self._bytes + len(entry.body) > self._most_bytes:
                raise Overloaded("too much is waiting to be written")
            self._bytes += len(entry.body)
        self._waiting.put(_Waiting(entry, done))

    def append_and_wait(self, entry: Entry) -> None:
        """The same for callers without an event loop. Raises Overloaded."""
        outcome: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self.append(entry, outcome.put)
        error = outcome.get()
        if error is not None:
            raise error

    def close(self) -> None:
        """Write what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()
        if self._connection:
            self._connection.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = self._gather(first)
            self._store(batch)
            if last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch, size = [first], len(first.entry.body)
        while len(batch) < _MOST_TOGETHER and size < _MOST_BYTES_TOGETHER:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                return batch, True
            batch.append(waiting)
            size += len(waiting.entry.body)
        return batch, False

    def _store(self, batch: list[_Waiting]) -> None:
        error: Exception | None = None
        try:
            self._commit([waiting.entry for waiting in batch])
        except (sqlite3.Error, OSError) as refused:
            error = Overloaded(f"the disk refused the inbox: {refused}")
            self._reopen_later()
        with self._counting:
            self._bytes -= sum(len(waiting.entry.body) for waiting in batch)
        for waiting in batch:
            waiting.done(error)
        if error is None:
            self._ring()

    def _commit(self, entries: list[Entry]) -> None:
        first = max(self._received_at + 1, self._clock.now())
        segments.insert(self._segment_for(first), first, entries)
        self._received_at = first + len(entries) - 1
        self.accepted += sum(entry.items for entry in entries)

    def _segment_for(self, instant: Instant) -> sqlite3.Connection:
        wanted = max(self._segment, segments.segment_of(instant))
        if self._connection is None or wanted != self._segment:
            self._reopen_later()
            self._connection = segments.open_to_write(self._folder, wanted)
            self._segment = wanted
        return self._connection

    def _reopen_later(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

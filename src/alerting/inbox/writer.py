"""How are many rows made durable with few commits? One thread commits whatever has queued up: group commit."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerting.inbox.port import Entry, Log, Overloaded
from rules.instants import Instant

Done = Callable[[Exception | None], None]
_MOST_TOGETHER = 512
_MOST_BYTES_TOGETHER = 32 * 1024 * 1024


@dataclass(slots=True)
class _Waiting:
    """Entries that are stored together, or not at all."""

    entries: Sequence[Entry]
    size: int
    done: Done


@dataclass(slots=True, frozen=True)
class Refused:
    at: Instant
    why: str


class InboxWriter:
    """``append`` returns at once; ``done`` is called, from the writer's thread, with None once the rows are durable, or
    with Overloaded when the log refused them. ``refused`` is what the log said last, unless it has taken rows since."""

    def __init__(
        self,
        log: Log,
        ring: Callable[[], None],
        most_bytes_waiting: int = 256 * 1024 * 1024,
        now: Callable[[], Instant] = lambda: 0,
    ) -> None:
        self._log, self._ring, self._now = log, ring, now
        self.refused: Refused | None = None
        self._most_bytes = most_bytes_waiting
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._bytes = 0
        self._counting = threading.Lock()
        self.accepted = 0
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
        self._thread.start()

    def append(self, entries: Sequence[Entry], done: Done) -> None:
        """Raises Overloaded when too much is waiting already."""
        size = sum(len(entry.body) for entry in entries)
        with self._counting:
            if self._bytes and self._bytes + size > self._most_bytes:
                raise Overloaded("too much is waiting to be written")
            self._bytes += size
        self._waiting.put(_Waiting(entries, size, done))

    def append_and_wait(self, entry: Entry) -> None:
        """The same for callers without an event loop. Raises Overloaded."""
        outcome: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self.append([entry], outcome.put)
        error = outcome.get()
        if error is not None:
            raise error

    def close(self) -> None:
        """Write what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()
        self._log.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = self._gather(first)
            self._store(batch)
            if last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch, size, rows = [first], first.size, len(first.entries)
        while rows < _MOST_TOGETHER and size < _MOST_BYTES_TOGETHER:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                return batch, True
            batch.append(waiting)
            size, rows = size + waiting.size, rows + len(waiting.entries)
        return batch, False

    def _store(self, batch: list[_Waiting]) -> None:
        error: Exception | None = None
        try:
            entries = [entry for waiting in batch for entry in waiting.entries]
            self._log.append(entries)
            self.accepted += sum(entry.items for entry in entries)
            self.refused = None
        except Overloaded as refused:
            error = refused
            self.refused = Refused(self._now(), str(refused))
        with self._counting:
            self._bytes -= sum(waiting.size for waiting in batch)
        for waiting in batch:
            waiting.done(error)
        if error is None:
            self._ring()

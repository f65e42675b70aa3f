"""Who writes the open segment? The receiver alone, one durable transaction at a time."""

import sqlite3
from pathlib import Path

from alerting.clock import Clock
from alerting.inbox import segments
from alerting.inbox.packing import Packer
from alerting.inbox.port import Entry, Overloaded
from rules.instants import Instant


class SegmentLog:
    """The name of the open segment and ``received_at`` never go backwards, whatever the clock does."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock, self._packer = folder, clock, Packer()
        names = segments.segments(folder)
        self._segment = names[-1] if names else ""
        self._received_at: Instant = segments.last_received(folder, self._segment) if names else 0
        clock.not_before(self._received_at)
        self._connection: sqlite3.Connection | None = None

    def append(self, entries: list[Entry]) -> None:
        try:
            first = max(self._received_at + 1, self._clock.now())
            segments.insert(self._segment_for(first), first, [self._packer.packed(entry) for entry in entries])
            self._received_at = first + len(entries) - 1
        except (sqlite3.Error, OSError) as refused:
            self.close()
            raise Overloaded(f"the disk refused the inbox: {refused}") from refused

    def _segment_for(self, instant: Instant) -> sqlite3.Connection:
        wanted = max(self._segment, segments.segment_of(instant))
        if self._connection is None or wanted != self._segment:
            self.close()
            self._connection = segments.open_to_write(self._folder, wanted)
            self._segment = wanted
        return self._connection

    def close(self) -> None:
        """The next ``append`` opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

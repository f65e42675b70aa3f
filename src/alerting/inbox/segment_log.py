"""Who writes the open segment? The receiver alone, one durable transaction at a time."""

import logging
import sqlite3
from pathlib import Path

from alerting.clock import Clock
from alerting.inbox import segments
from alerting.inbox.packing import Packer
from alerting.inbox.port import START, Entry, Overloaded, Position
from alerting.inbox.torn import is_torn
from rules.instants import Instant

log = logging.getLogger(__name__)


class SegmentLog:
    """The name of the open segment and ``received_at`` never go backwards, whatever the clock does; nor do the numbers
    of rows, whatever the disk does. ``done`` is how far the worker has come, with rows received until ``until``."""

    def __init__(self, folder: Path, clock: Clock, done: Position = START, until: Instant = 0) -> None:
        self._folder, self._clock, self._done, self._packer = folder, clock, done, Packer()
        names = segments.segments(folder)
        self._segment = max(names[-1] if names else "", done.segment)
        last = segments.last_received(folder, names[-1]) if names else 0
        self._received_at: Instant = max(last, until)
        self._connection: sqlite3.Connection | None = None

    def append(self, entries: list[Entry]) -> None:
        try:
            first = max(self._received_at + 1, self._clock.now())
            segments.insert(self._segment_for(first), first, [self._packer.packed(entry) for entry in entries])
            self._received_at = first + len(entries) - 1
        except (sqlite3.Error, OSError) as refused:
            self.close()
            if is_torn(refused):  # whoever comes again finds a new file
                self._segment = segments.following(self._segment)
            raise Overloaded(f"the disk refused the inbox: {refused}") from refused

    def _segment_for(self, instant: Instant) -> sqlite3.Connection:
        wanted = max(self._segment, segments.segment_of(instant))
        if self._connection is None or wanted != self._segment:
            self.close()
            self._connection = segments.open_to_write(self._folder, wanted)
            self._segment = wanted
            self._number_on(self._connection)
        return self._connection

    def _number_on(self, connection: sqlite3.Connection) -> None:
        """Rows that a torn disk has lost after the worker had read them leave their numbers: those of new ones would
        be taken for read."""
        if self._segment == self._done.segment and segments.last_row(connection) < self._done.row:
            log.warning("the inbox has lost rows that were worked on already; new ones are numbered on")
            segments.stand_in(connection, self._done.row, self._received_at)

    def close(self) -> None:
        """The next ``append`` opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

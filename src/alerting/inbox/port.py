"""What is an inbox? Rows go in and are durable; the worker reads them in order and says how far it came."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from rules.instants import Instant

ACTION = "action"
RESOLVE_GROUP = "resolve_group"  # an action about an error group, not an alert
CONFIGURATION = "configuration"
TORN = "torn"  # what the disk has lost; the body says so
NO_TELEMETRY = frozenset({ACTION, CONFIGURATION, TORN})


class Entry(msgspec.Struct, frozen=True):
    """One body as it came through a door. ``items``: the spans, records or events it was accepted for."""

    kind: str
    body: bytes
    media: str = ""
    encoding: str = ""
    items: int = 0


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in the inbox; the default is before everything."""

    segment: str = ""
    row: int = 0


START = Position()


class InboxRow(msgspec.Struct, frozen=True):
    at: Position
    received_at: Instant
    entry: Entry


class Overloaded(Exception):
    """The inbox takes no more just now: the queue is full, or the disk refuses. Nothing was stored."""


class Log(Protocol):
    """What the writer writes to."""

    def append(self, entries: list[Entry]) -> None:
        """Returns once all of them are durable. Raises Overloaded: then none is."""

    def close(self) -> None: ...


class Inbox(Protocol):
    """What an embedded worker sees. ``claim`` gives rows after ``after``, oldest first, possibly none."""

    def claim(self, after: Position, most_rows: int, most_bytes: int) -> Sequence[InboxRow]: ...

    def items_after(self, after: Position) -> int: ...


class Archive(Protocol):
    """What lies in the inbox after it was worked on: the raw bodies, as long as they are kept."""

    def telemetry(self, since: Instant, until: Instant, most: int) -> Iterator[Entry]:
        """Bodies of traces received in that time, oldest first, at most ``most``."""

    def expire(self, before: Instant, done: Position) -> None:
        """Drop what was received before, unless it was not worked on yet."""

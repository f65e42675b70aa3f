"""The inbox in PostgreSQL: durable when the transaction is committed, and read by any number of workers."""

from collections.abc import Iterator

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Text, bindparam, select, text, tuple_
from sqlalchemy.exc import SQLAlchemyError

from alerting.clock import Clock
from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.inbox.port import Entry, Overloaded, Position
from alerting.inbox.tables import INBOX
from rules.instants import DAY, Instant, to_datetime

CHANNEL = "tocsin"
CAME = "inbox"
_DAYS_AHEAD = 2
_PAGE = 100
_APPEND = text(
    """
    WITH came AS (
      INSERT INTO inbox (id, received_at, kind, media, encoding, items, body)
      SELECT nextval('inbox_id'), e.*
      FROM unnest(:received_at, :kind, :media, :encoding, :items, :body) AS e
      RETURNING id, received_at, items, length(body) AS size
    ), waits AS (
      INSERT INTO inbox_pending (id, received_at, items, size) SELECT id, received_at, items, size FROM came
    )
    SELECT pg_notify(:channel, :came)
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("received_at", "items")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("kind", "media", "encoding")),
    bindparam("body", type_=ARRAY(LargeBinary)),
)


class PostgresqlLog:
    """``received_at`` never goes backwards within one receiver."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._received_at: Instant = 0
        self._day_is_there_until: Instant = 0

    def append(self, entries: list[Entry]) -> None:
        first = max(self._received_at + 1, self._clock.now())
        try:
            if first + len(entries) >= self._day_is_there_until:
                self._day_is_there_until = prepare_days(self._store, first)
            with self._store.write() as connection:
                connection.execute(_APPEND, _columns(first, entries))
        except (StoreUnavailable, SQLAlchemyError) as error:
            raise Overloaded(f"the database refused the inbox: {error}") from error
        self._received_at = first + len(entries) - 1

    def close(self) -> None:
        """The store is closed by whoever opened it."""


def _columns(first: Instant, entries: list[Entry]) -> dict[str, object]:
    return {
        "received_at": [first + n for n in range(len(entries))],
        "kind": [entry.kind for entry in entries],
        "media": [entry.media for entry in entries],
        "encoding": [entry.encoding for entry in entries],
        "items": [entry.items for entry in entries],
        "body": [entry.body for entry in entries],
        "channel": CHANNEL,
        "came": CAME,
    }


def prepare_days(store: Store, now: Instant) -> Instant:
    """Make the partitions of ``now``'s day and the next ones; up to when there are some, of which the last is left for
    the call after."""
    midnight = now - now % DAY
    with store.write() as connection:
        there = set(_partitions(connection))
        for start in (midnight + n * DAY for n in range(_DAYS_AHEAD + 1)):
            if _name(start) not in there:
                prepare_day(connection, start)
    return midnight + _DAYS_AHEAD * DAY


def prepare_day(connection: Connection, start: Instant) -> None:
    """Make the partition of the day that begins at ``start``. It is attached, not created in place: that would wait for
    every reader, and every writer for it."""
    name = _name(start)
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {name} (LIKE inbox)"))
    attached = "SELECT count(*) FROM pg_inherits WHERE inhrelid = CAST(:name AS regclass)"
    if not connection.execute(text(attached), {"name": name}).scalar():
        connection.execute(
            text(f"ALTER TABLE inbox ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({start + DAY})")
        )


def _name(start: Instant) -> str:
    return f"inbox_{to_datetime(start):%Y%m%d}"


def _partitions(connection: Connection) -> list[str]:
    """Names, oldest first."""
    statement = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'inbox'::regclass"
    return sorted(connection.execute(text(statement)).scalars())


class PostgresqlArchive:
    def __init__(self, store: Store) -> None:
        self._store = store

    def telemetry(self, since: Instant, until: Instant, most: int) -> Iterator[Entry]:
        columns = INBOX.c
        traces = select(INBOX).where(columns.received_at <= until, columns.kind == "traces").limit(_PAGE)
        after, given = (since - 1, 0), 0
        while given < most:
            later = tuple_(columns.received_at, columns.id) > after
            with self._store.read() as connection:
                # The first condition is implied by the second; it lets the planner leave other days' partitions out.
                page = traces.where(columns.received_at >= after[0], later).order_by(columns.received_at, columns.id)
                rows = connection.execute(page).all()
            for row in rows[: most - given]:
                yield Entry(row.kind, row.body, row.media, row.encoding, row.items)
            if len(rows) < _PAGE:
                return
            given += len(rows)
            after = (rows[-1].received_at, rows[-1].id)

    def expire(self, before: Instant, done: Position) -> None:  # noqa: ARG002 - what waits says it
        """Drop the partitions of whole days. A drop that would have to wait is tried again the next time."""
        with self._store.write() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            waiting = connection.execute(text("SELECT min(received_at) FROM inbox_pending")).scalar()
            oldest = before if waiting is None else min(before, waiting)
            for name in _partitions(connection):
                if name < _name(oldest):
                    connection.execute(text(f"DROP TABLE {name}"))

"""The one worker of an embedded store: the inbox in its order, each batch decoded and decided in one go."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from alerting.clock import Clock
from alerting.consumer import ahead
from alerting.consumer.batch import Batch, Memory
from alerting.consumer.consumer import BEAT_EVERY, LONGEST_BATCH, Around, Consumer, aside, or_aside, reason_of
from alerting.consumer.decoding import UNREADABLE, Decoded, decode
from alerting.consumer.marker import Marker
from alerting.database.port import Connection, Store
from alerting.inbox.port import (
    ACTION,
    CONFIGURATION,
    NO_TELEMETRY,
    RESOLVE_GROUP,
    TORN,
    Archive,
    Inbox,
    InboxRow,
    Position,
)
from alerting.storage import alerts, progress
from alerting.storage.groups import Resolution
from rules.inputs import Acted
from rules.instants import Instant

log = logging.getLogger(__name__)
MOST_ROWS = 2_000
MOST_BYTES = 2 * 1024 * 1024  # so much is worked off in less than a second
MANY_ITEMS = 500  # from here on a second process saves more than it costs


class EmbeddedConsumer(Consumer):
    """The only writer of runs, alerts and decisions. ``folder`` holds the marker of what is being read."""

    poll_seconds = 2.0  # nobody else takes its work, or gives it any without ringing

    def __init__(
        self, store: Store, inbox: Inbox, clock: Clock, archive: Archive, folder: Path, around: Around
    ) -> None:
        self._inbox = inbox
        self._marker = Marker(folder)
        self._ahead = ahead.Ahead()
        super().__init__(store, clock, archive, around)

    def _remember(self, connection: Connection) -> Memory:
        self._next_deadline = alerts.next_deadline(connection)
        return Memory.of(connection, progress.load(connection))

    def _upcoming(self, connection: Connection) -> Instant | None:
        return alerts.next_deadline(connection)

    def _work_on_next(self) -> bool:
        read = self._ahead.take(self.position, self._scrubbed, self._clock.machine_now())
        rows, decoded = read or (self._claim(self.position), None)
        if rows:
            self._look_ahead(rows)
            with self._around.observed(len(rows)):
                self._work(rows, decoded)
        return bool(rows)

    def _look_ahead(self, rows: Sequence[InboxRow]) -> None:
        """Have what follows these rows read meanwhile, where both are many. After a death this process reads alone: it
        marks what it reads."""
        now = self._clock.machine_now()
        if not _are_many(rows) or self._marker.left.rows or not self._ahead.is_free(now):
            return
        following = self._claim(rows[-1].at)
        if _are_many(following) and not any(row.entry.kind in NO_TELEMETRY for row in following):
            self._ahead.begin(ahead.Batch(rows[-1].at, following, self._scrubbed), now)

    @property
    def _scrubbed(self) -> ahead.Scrubbed:
        scrub = self.active.configuration.scrub
        return tuple(scrub.keys), tuple(scrub.patterns)

    def _claim(self, after: Position) -> Sequence[InboxRow]:
        """Rows to take together: none far apart in time, and a change of configuration by itself."""
        rows = self._inbox.claim(after, self._marker.limit(MOST_ROWS), MOST_BYTES)
        if not rows or rows[0].entry.kind == CONFIGURATION:
            return rows[:1]
        latest = rows[0].received_at + LONGEST_BATCH
        together = 1
        while together < len(rows) and _joins(rows[together], latest):
            together += 1
        return rows[:together]

    def _work(self, rows: Sequence[InboxRow], decoded: list[Decoded] | None = None) -> None:
        """``decoded``: what they say, where that is known already."""
        if rows[0].entry.kind == CONFIGURATION:
            self._change_configuration(rows[0])
            return
        read = self._decode(rows) if decoded is None else [or_aside(each) for each in decoded]
        try:
            self._commit_rows(self._batch(read, rows), rows[-1])
        except (*UNREADABLE, DBAPIError) as error:
            self._reload()
            self._narrow(rows, error)

    def _narrow(self, rows: Sequence[InboxRow], error: Exception) -> None:
        """One row of a batch cannot be worked on: find it by halves and set it aside."""
        if len(rows) > 1:
            self._work(rows[: len(rows) // 2])
            return
        log.error("inbox row %s/%s set aside", rows[0].at.segment, rows[0].at.row, exc_info=error)
        self._commit_rows(Batch([aside(rows[0], reason_of(error))], rows[0].received_at), rows[0])

    def _commit_rows(self, batch: Batch, last: InboxRow) -> None:
        def finish(connection: Connection) -> None:
            done = self._memory.progress
            done.segment, done.row = last.at.segment, last.at.row
            done.items += sum(decoded.row.entry.items for decoded in batch.rows)
            progress.save(connection, done)

        self._commit(batch, finish)
        self.sightings.take(batch.rows)

    def _nothing(self, connection: Connection) -> None:
        progress.save(connection, self._memory.progress)

    def _decode(self, rows: Sequence[InboxRow]) -> list[Decoded]:
        first = rows[0].at
        self._marker.reading(first.segment, first.row, len(rows))
        decoded = [self._decode_one(row) for row in rows]
        self._marker.read(rows[-1].at.segment, rows[-1].at.row)
        return decoded

    def _decode_one(self, row: InboxRow) -> Decoded:
        if row.entry.kind == ACTION:
            return Decoded(row)
        if row.entry.kind == TORN:
            return aside(row, row.entry.body.decode())
        if self._marker.is_poison(row.at.segment, row.at.row):
            return aside(row, "reading it ended the worker three times")
        return or_aside(decode(row, self.active.scrubber))

    def _batch(self, decoded: Sequence[Decoded], rows: Sequence[InboxRow]) -> Batch:
        batch = Batch(list(decoded), rows[-1].received_at)
        with self._store.read() as connection:
            for row in rows:
                if row.entry.kind == ACTION:
                    self._act(connection, row, batch)
        return batch

    @staticmethod
    def _act(connection: Connection, row: InboxRow, batch: Batch) -> None:
        said = json.loads(row.entry.body)
        if said["action"] == RESOLVE_GROUP:
            batch.resolved.append(Resolution(row.received_at, said["group"], said.get("version", ""), said["by"]))
            return
        key = alerts.key_of_alert(connection, said["alert"]) or ""
        batch.actions.append((row.received_at, Acted(said["action"], key, said["by"], said.get("until", 0))))

    def _change_configuration(self, row: InboxRow) -> None:
        text = row.entry.body.decode()
        with self._store.write() as connection:
            progress.activate(connection, text, row.received_at)
            self._memory.progress.segment, self._memory.progress.row = row.at.segment, row.at.row
            progress.save(connection, self._memory.progress)
        self._put_in_force(text)

    def leave(self) -> None:
        self._ahead.close()

    def _beat(self) -> None:
        now = self._clock.machine_now()
        if now - self._beat_at < BEAT_EVERY:
            return
        self._ahead.rest(now)
        self._beat_at = self._memory.progress.beat_at = now
        with self._store.write() as connection:
            progress.save(connection, self._memory.progress)


def _joins(row: InboxRow, latest: Instant) -> bool:
    return row.received_at <= latest and row.entry.kind != CONFIGURATION


def _are_many(rows: Sequence[InboxRow]) -> bool:
    return sum(row.entry.items for row in rows) >= MANY_ITEMS

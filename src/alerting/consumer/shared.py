"""One of many workers: reads what nobody else reads, and works on what belongs to its partitions."""

import logging
from collections import Counter
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from alerting.clock import Clock
from alerting.cluster import membership, tasks
from alerting.cluster.member import Member
from alerting.cluster.membership import LeaseLost
from alerting.cluster.tasks import Part, Task
from alerting.consumer.batch import Batch, Memory
from alerting.consumer.consumer import LONGEST_BATCH, Around, Consumer, reason_of
from alerting.consumer.decoding import UNREADABLE, Decoded
from alerting.consumer.intake import Intake
from alerting.consumer.poison import failure_of
from alerting.consumer.routing import look_again
from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.database.upgrading import expect_head
from alerting.inbox import claims
from alerting.inbox.port import Archive, Entry, InboxRow
from alerting.scrub import Scrubber
from alerting.storage import alerts, progress
from alerting.storage.groups import Resolution
from alerting.storage.progress import Progress
from rules.inputs import Acted
from rules.instants import SECOND, Duration, Instant

log = logging.getLogger(__name__)
MOST_TASKS = 400
MOST_BYTES = 1024 * 1024
ATTEND_EVERY: Duration = SECOND


class _ConfigurationChanged(Exception):
    """Nothing may be decided by rules that are no longer in force."""


class SharedConsumer(Consumer):
    """``member`` has joined. What it owns may change at any time; that is looked up in every transaction."""

    def __init__(self, store: Store, clock: Clock, archive: Archive, member: Member, around: Around) -> None:
        self._member = member
        self._attended_at: Instant = 0
        self._configuration = 0
        member.attend()
        super().__init__(store, clock, archive, around)
        self._intake = Intake(store, self.sightings)

    def once(self) -> bool:
        try:
            self._attend()
            return super().once()
        except LeaseLost as lost:
            log.warning("%s; beginning anew", lost)
            self._begin_anew()
        except _ConfigurationChanged:
            with self._store.read() as connection:
                self._follow_configuration(connection)
            self._reload()
        return True

    def recover(self) -> None:
        """The lease may be over, too."""
        try:
            with self._store.write() as connection:
                claims.release(connection, self._member.name)
            if not self._member.renew():
                self._member.begin_anew()
            self._member.attend()
            self._reload()
        except (StoreUnavailable, LeaseLost) as error:
            log.warning("%s", error)

    def leave(self) -> None:
        try:
            self._member.give_back()
        except StoreUnavailable as error:
            log.warning("left without a word, the others will notice: %s", error)

    def _begin_anew(self) -> None:
        self._member.begin_anew()
        self._member.attend()
        self._reload()

    def _attend(self) -> None:
        """Now and then: who is there, which configuration is in force, has evidence found its run."""
        now = self._clock.machine_now()
        if 0 <= now - self._attended_at < ATTEND_EVERY:
            return
        self._attended_at = now
        changed = self._member.attend()
        with self._store.write() as connection:
            expect_head(connection)
            tasks.put(connection, look_again(connection, self._clock.now()))
            self._follow_configuration(connection)
        if changed:
            self._reload()

    def _follow_configuration(self, connection: Connection) -> None:
        latest = progress.latest_configuration(connection)
        if latest != self._configuration:
            self._configuration = latest
            self._put_in_force(progress.active_configuration(connection))

    def _scrubber(self, connection: Connection) -> Scrubber:
        self._follow_configuration(connection)
        return self.active.scrubber

    def _remember(self, connection: Connection) -> Memory:
        owned = self._member.owned
        self._next_deadline = alerts.next_deadline(connection, owned)
        return Memory.of(connection, Progress(engine_now=membership.engine_now(connection, owned)), owned)

    def _upcoming(self, connection: Connection) -> Instant | None:
        return alerts.next_deadline(connection, self._memory.owned)

    def _owns(self, connection: Connection) -> None:
        membership.hold(connection, self._member.name, self._memory.owned)
        if progress.latest_configuration(connection) != self._configuration:
            raise _ConfigurationChanged

    def _horizon(self, now: Instant) -> Instant:
        with self._store.read() as connection:
            oldest = claims.oldest_waiting(connection)
        return now if oldest is None else min(now, oldest - 1)

    def _work_on_next(self) -> bool:
        read = self._intake.once(self._member.name, self._scrubber)
        with self._store.read() as connection:
            self._next_deadline = self._upcoming(connection)
            oldest = claims.oldest_waiting(connection)
            found = tasks.take(connection, self._memory.owned, MOST_TASKS, MOST_BYTES, LONGEST_BATCH // 2)
        if found:
            with self._around.observed(len(found)):
                self._work(found, oldest)
        return bool(read or found)

    def _work(self, found: Sequence[Task], oldest: Instant | None) -> None:
        try:
            self._commit_tasks(_batch(found, oldest), found)
        except (*UNREADABLE, DBAPIError) as error:
            self._reload()
            self._narrow(found, oldest, error)

    def _narrow(self, found: Sequence[Task], oldest: Instant | None, error: Exception) -> None:
        """One body's part cannot be worked on: find it by halves and set it aside."""
        if len(found) > 1:
            self._work(found[: len(found) // 2], oldest)
        elif len(found[0].parts) > 1:
            with self._store.write() as connection:
                self._owns(connection)
                tasks.split(connection, found[0])
        else:
            part = found[0].parts[0]
            log.error("part of inbox row %s/%s set aside", part.segment, part.row, exc_info=error)
            row, reason = _row(part), reason_of(error)
            decoded = Decoded(row, [failure_of(row, reason)], reason)
            self._commit_tasks(Batch([decoded], part.received_at), found)

    def _commit_tasks(self, batch: Batch, found: Sequence[Task]) -> None:
        items = Counter[int]()
        for task in found:
            items[task.partition] += sum(part.items for part in task.parts)

        def finish(connection: Connection) -> None:
            tasks.done(connection, found)
            membership.worked_on(connection, items, self._memory.progress.engine_now)

        self._commit(batch, finish)

    def _expire(self, now: Instant) -> bool:
        return 0 in self._memory.owned.tokens and super()._expire(now)  # one of the workers is enough


def _batch(found: Sequence[Task], oldest: Instant | None) -> Batch:
    """In the order in which the bodies came; deadlines wait for bodies that came earlier and are still being read."""
    parts = sorted((part for task in found for part in task.parts), key=lambda part: (part.received_at, part.at))
    latest = parts[-1].received_at
    return Batch(
        rows=[Decoded(_row(part), part.facts(), part.unreadable) for part in parts],
        until=latest if oldest is None else min(latest, oldest - 1),
        actions=[(part.received_at, Acted(*part.acted, part.acted_until)) for part in parts if part.acted],
        look_at=[(part.received_at, run) for part in parts for run in part.look_at],
        resolved=[Resolution(part.received_at, *part.resolved) for part in parts if part.resolved],
    )


def _row(part: Part) -> InboxRow:
    return InboxRow(part.at, part.received_at, Entry(part.kind, b"", items=part.items))

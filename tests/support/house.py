"""The whole way from a body to a message in one process, on a clock turned by hand, over either store."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text as sql

from alerting.active import Active
from alerting.clock import ManualClock
from alerting.cluster.member import Member
from alerting.configuration import load
from alerting.consumer.consumer import Around, Consumer
from alerting.consumer.embedded import EmbeddedConsumer
from alerting.consumer.shared import SharedConsumer
from alerting.database.port import Store
from alerting.database.postgresql import open_postgresql
from alerting.database.sqlite import open_sqlite
from alerting.inbox.port import ACTION, CONFIGURATION, RESOLVE_GROUP, Archive, Entry
from alerting.inbox.postgresql import PostgresqlArchive, PostgresqlLog
from alerting.inbox.segment_log import SegmentLog
from alerting.inbox.segments import FOLDER, SegmentArchive, SegmentReader
from alerting.inbox.writer import InboxWriter
from alerting.ingest.changes import DOOR, check, packed
from alerting.scrub import Scrubber
from alerting.storage.progress import activate_at_once
from alerting.tracking.patience import Patience
from notifiers.recording import RecordingChannel
from rules.instants import SECOND, format_instant

START = 1_795_500_000_000_000


class House:
    """An inbox, a store and ``workers`` consumers over real files or, with ``url``, over PostgreSQL; channels of the
    configuration are recorded."""

    def __init__(self, folder: Path, text: str = "", url: str = "", workers: int = 1) -> None:
        self.folder, self.text = folder, text
        self.clock = ManualClock(START)
        self.store: Store = open_postgresql(url, 2 + 2 * workers) if url else open_sqlite(folder)
        self.archive: Archive = PostgresqlArchive(self.store) if url else SegmentArchive(folder / FOLDER)
        log = PostgresqlLog(self.store, self.clock) if url else SegmentLog(folder / FOLDER, self.clock)
        self.inbox = InboxWriter(log, lambda: None)
        self.channels: dict[str, RecordingChannel] = {}
        self.members: list[Member] = []
        self.consumers = [self._consumer() for _ in range(workers)]
        if text:
            self.configure(text)
        self.work()

    def configure(self, text: str) -> None:
        if self.store.shared:
            activate_at_once(self.store, text, self.clock.now())
        else:
            self.put(CONFIGURATION, text.encode())

    @property
    def consumer(self) -> Consumer:
        return self.consumers[0]

    def _consumer(self) -> Consumer:
        around = Around(self._activate)
        if self.store.shared:
            member = Member(self.store)
            self.members.append(member)
            member.join()
            return SharedConsumer(self.store, self.clock, self.archive, member, around)
        reader = SegmentReader(self.folder / FOLDER)
        return EmbeddedConsumer(self.store, reader, self.clock, self.archive, self.folder, around)

    def _activate(self, text: str) -> Active:
        configuration = load(text)
        self.channels = {name: self.channels.get(name) or RecordingChannel(name) for name in configuration.channels}
        patience = Patience(configuration.lost_after)
        fallbacks = {name: each["fallback"] for name, each in configuration.channels.items() if "fallback" in each}
        return Active(configuration, configuration.ruleset(), Scrubber(), self.channels, fallbacks, patience=patience)

    def restart(self) -> None:
        """New workers on the same store, as after a crash of all."""
        if self.store.shared:
            self.execute("UPDATE worker SET leased_until = 0")
        else:
            self.consumer.leave()
        self.consumers = [self._consumer() for _ in self.consumers]
        self.attend()

    def attend(self) -> None:
        """The workers look who is there: a second or two of a real one's time."""
        for _ in range(2 if self.store.shared else 0):
            self.clock.sleep(SECOND)
            for consumer in self.consumers:
                consumer.once()

    def put(self, kind: str, body: bytes, items: int = 0, media: str = "application/json") -> None:
        self.clock.sleep(10)  # µs: no two rows are received at one moment
        self.inbox.append_and_wait(Entry(kind, body, media, "", items))

    def event(self, workflow: str = "pay", run_id: str = "", outcome: str = "failed", **more: Any) -> None:
        """One own event, now."""
        event = {"workflow": workflow, "run_id": run_id, "outcome": outcome, **more}
        event.setdefault("occurred_at", format_instant(self.clock.now()))
        if outcome == "failed":
            event.setdefault("error", {"type": "Boom", "message": "it broke"})
        self.put("events", json.dumps(event).encode(), 1)

    def act(self, action: str, alert: str, by: str = "ann") -> None:
        self.put(ACTION, json.dumps({"action": action, "alert": alert, "by": by, "id": "x"}).encode())

    def change(self, id_: str = "", **told: Any) -> None:
        """One change, as the door puts it in."""
        found = check(json.dumps({"title": "deployed", "id": id_, **told}).encode(), self.clock.now())
        assert found.rejected == []
        self.put(DOOR, packed(found.accepted), len(found.accepted))

    def mend(self, group: str, version: str = "", by: str = "ann") -> None:
        """Somebody says that an error group is mended."""
        said = {"action": RESOLVE_GROUP, "group": group, "version": version, "by": by, "id": "x"}
        self.put(ACTION, json.dumps(said).encode())

    def work(self) -> None:
        while sum(consumer.once() for consumer in self.consumers):
            pass

    def pass_time(self, duration: int) -> None:
        self.clock.sleep(duration)
        self.work()

    def rows(self, query: str) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(sql(query)).mappings())

    def execute(self, statement: str) -> None:
        with self.store.write() as connection:
            connection.execute(sql(statement))

    def bodies(self) -> int:
        """How many raw bodies of events are still kept."""
        if self.store.shared:
            return int(self.rows("SELECT count(*) AS n FROM inbox WHERE kind = 'events'")[0]["n"])
        found = 0
        for path in (self.folder / FOLDER).glob("*.db"):
            with closing(sqlite3.connect(path)) as connection:
                found += connection.execute("SELECT count(*) FROM inbox WHERE kind = 'events'").fetchone()[0]
        return found

    def told(self) -> list[tuple[str, str, int]]:
        """(channel, reason, since last) of every message decided, in order."""
        return [
            (row["channel"], row["reason"], row["since_last"])
            for row in self.rows("SELECT * FROM notification ORDER BY number")
        ]

    def close(self) -> None:
        if not self.store.shared:
            self.consumer.leave()
        self.inbox.close()
        self.store.close()

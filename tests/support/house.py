"""The whole way from a body to a message in one process, on a clock turned by hand."""

import json
from pathlib import Path
from typing import Any

from alerting.active import Active
from alerting.clock import ManualClock
from alerting.configuration import load
from alerting.consumer.worker import Consumer
from alerting.database.port import Store
from alerting.database.sqlite import open_sqlite
from alerting.inbox.port import ACTION, CONFIGURATION, Entry
from alerting.inbox.segments import FOLDER, SegmentReader
from alerting.inbox.writer import InboxWriter
from alerting.scrub import Scrubber
from notifiers.recording import RecordingChannel
from rules.instants import format_instant

START = 1_795_500_000_000_000


class House:
    """An inbox, a store and a consumer over real files; channels of the configuration are recorded."""

    def __init__(self, folder: Path, text: str = "") -> None:
        self.folder, self.text = folder, text
        self.clock = ManualClock(START)
        self.store: Store = open_sqlite(folder)
        self.inbox = InboxWriter(folder / FOLDER, self.clock, lambda: None)
        self.channels: dict[str, RecordingChannel] = {}
        self.consumer = self._consumer()
        if text:
            self.put(CONFIGURATION, text.encode())
        self.work()

    def _consumer(self) -> Consumer:
        return Consumer(self.store, SegmentReader(self.folder / FOLDER), self.clock, self.folder, self._activate)

    def _activate(self, text: str) -> Active:
        configuration = load(text)
        self.channels = {name: RecordingChannel(name) for name in configuration.channels}
        return Active(configuration, configuration.ruleset(), Scrubber(), self.channels, {})

    def restart(self) -> None:
        """A new worker on the same files, as after a crash."""
        self.consumer = self._consumer()

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

    def work(self) -> None:
        while self.consumer.once():
            pass

    def pass_time(self, duration: int) -> None:
        self.clock.sleep(duration)
        self.work()

    def rows(self, query: str) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.exec_driver_sql(query).mappings())

    def told(self) -> list[tuple[str, str, int]]:
        """(channel, reason, since last) of every message decided, in order."""
        return [
            (row["channel"], row["reason"], row["since_last"])
            for row in self.rows("SELECT * FROM notification ORDER BY number")
        ]

    def close(self) -> None:
        self.inbox.close()
        self.store.close()

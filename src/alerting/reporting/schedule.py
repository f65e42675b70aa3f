"""When is a report due, and how does it come to those who get it? Looked at by one worker, every half minute.

What is due is computed in a process of its own, which gives its memory back. The report, and that it is owed to its
channels, are written together, under an id made of the schedule and its time: twice is once.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from alerting.active import Active
from alerting.clock import Clock
from alerting.configuration.model import ScheduledReport
from alerting.consumer.owing import owe
from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.database.statements import Row
from alerting.reporting.making import Made, Order, make
from alerting.settings import Settings
from alerting.storage import messages
from alerting.storage.notes import note, note_once, noted
from alerting.storage.reports import save
from rules.calendar.schedule import cron
from rules.identity import digest
from rules.instants import DAY, Instant
from rules.vocabulary import Reason, Severity

log = logging.getLogger(__name__)
EVERY_SECONDS = 30.0
_TOO_LATE = 2 * DAY  # a report that nobody could make in time is not sent long after
Maker = Callable[[Order], Made]


class Reporter:
    """``may``: whether this worker is the one that does it."""

    def __init__(
        self, store: Store, clock: Clock, active: Callable[[], Active], may: Callable[[], bool], make: Maker
    ) -> None:
        self._store, self._clock, self._active, self._may, self._make = store, clock, active, may, make

    async def run(self, ring: Callable[[], None]) -> None:
        while True:
            try:
                if self._may() and await asyncio.to_thread(self.send_due) > 0:
                    ring()
            except StoreUnavailable as error:
                log.error("scheduled reports wait: %s", error)
            await asyncio.sleep(EVERY_SECONDS)

    def send_due(self) -> int:
        """How many reports were made. One that cannot be made is tried again at the next look."""
        return sum(self._send_if_due(each) for each in self._active().configuration.reports)

    def _send_if_due(self, wanted: ScheduledReport) -> bool:
        now = self._clock.now()
        due = self._due(wanted, now)
        if due is None:
            return False
        try:
            made = self._make(Order(wanted, due, self._clock.now()))
        except Exception:  # whatever it is, the other reports are due all the same, and this one is tried again
            log.exception("report %s could not be made", wanted.name)
            return False
        with self._store.write() as connection:
            save(connection, made.id, wanted.name, now, made.body, made.told)
            self._owe(connection, wanted, made.id, due)
            note(connection, _noted(wanted), str(due))
        return True

    def _due(self, wanted: ScheduledReport, now: Instant) -> Instant | None:
        """The latest time that has come and was not seen to. Those before a schedule was first seen are not."""
        done = int(self._seen_to(_noted(wanted)) or self._begin(_noted(wanted), now))
        schedule = cron(wanted.cron, wanted.timezone)
        due, after = None, max(done, now - _TOO_LATE)
        while (after := schedule.following(after)) <= now:
            due = after
        return due

    def _seen_to(self, name: str) -> str:
        with self._store.read() as connection:
            return noted(connection, name)

    def _begin(self, name: str, now: Instant) -> str:
        with self._store.write() as connection:
            return note_once(connection, name, str(now))

    def _owe(self, connection: Connection, wanted: ScheduledReport, report: str, due: Instant) -> None:
        rows = [self._message(wanted, report, due, channel) for channel in wanted.channels]
        known = messages.known_notifications(connection, [row["id"] for row in rows])
        owe(connection, [row for row in rows if row["id"] not in known], self._active().targets)

    def _message(self, wanted: ScheduledReport, report: str, due: Instant, channel: str) -> Row:
        return {
            "id": digest("report", wanted.name, str(due), channel), "channel": channel,
            "reason": Reason.REPORT.value, "severity": Severity.LOW.value, "alert": "",
            "conversation": f"report:{wanted.name}:{channel}", "created_at": self._clock.now(), "report": report,
        }  # fmt: skip


def _noted(wanted: ScheduledReport) -> str:
    """A schedule that is changed begins anew."""
    return f"report:{wanted.name}:{digest(wanted.cron, wanted.timezone)[:8]}"


class Apart:
    """Makes reports in a process of their own. ``stop`` ends one that is under way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, order: Order) -> Made:
        with ProcessPoolExecutor(1, get_context("spawn")) as self._pool:
            return self._pool.submit(make, self._settings, order).result()

    def stop(self) -> None:
        for process in list(getattr(self._pool, "_processes", None) or {}).copy():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)

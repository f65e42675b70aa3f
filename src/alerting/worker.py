"""What runs in the worker process? The consumer in a thread of its own, the dispatcher in an event loop."""

import asyncio
import contextlib
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Mapping

from alerting.active import Active
from alerting.backend import Backend, oldest_waiting, open_backend, open_waiter
from alerting.cluster.member import Member
from alerting.cluster.membership import RENEW_EVERY
from alerting.compose import Composer
from alerting.consumer.consumer import Around, Consumer
from alerting.consumer.embedded import EmbeddedConsumer
from alerting.consumer.shared import SharedConsumer
from alerting.database.port import StoreUnavailable
from alerting.dispatcher.dispatcher import Dispatcher, OnlyWorker
from alerting.garbage import settle_down
from alerting.inbox.segments import FOLDER, SegmentReader
from alerting.links import links_of
from alerting.reporting.schedule import Apart, Reporter
from alerting.selfwatch.ping import DeadMan
from alerting.settings import Settings
from alerting.storage import messages
from alerting.telemetry import Telemetry
from alerting.wiring import activator
from notifiers.egress import Egress
from rules.instants import SECOND

log = logging.getLogger(__name__)


def run(settings: Settings, environ: Mapping[str, str], parent: int | None = None) -> None:
    """Until a signal, or until the pipe ``parent`` closes because the process behind it is gone. Raises what
    ``backend.UNUSABLE`` lists."""
    backend = open_backend(settings, "worker")
    try:
        asyncio.run(_Worker(settings, environ, backend).run(parent))
    finally:
        backend.close()


class _Worker:
    def __init__(self, settings: Settings, environ: Mapping[str, str], backend: Backend) -> None:
        self._settings, self._backend = settings, backend
        self._store, self._clock = backend.store, backend.clock
        self._telemetry = Telemetry("worker", environ, settings.listen)
        self._active: Active | None = None
        self._stop, self._left = threading.Event(), threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._member = self._join()
        links = links_of(self._store, settings.public_url, settings.secret_key)
        composer = Composer(self._store, settings.public_url, links)
        self._dispatcher = Dispatcher(
            self._store, self._clock, composer, self._current, random.Random(), self._member or OnlyWorker()
        )
        self._dead_man = DeadMan(
            self._store, self._clock, Egress(settings.allow_private), environ, self._current,
            oldest_waiting(backend, settings), self._pings,
        )  # fmt: skip
        self._making = Apart(settings)
        self._reporter = Reporter(self._store, self._clock, self._current, self._pings, self._making)
        self._bell = open_waiter(backend, settings)
        self._consumer = self._make_consumer(
            Around(activator(settings, environ), self._ring, self._activated, self._telemetry.batch)
        )

    def _join(self) -> Member | None:
        """An only worker has none to share with."""
        if not self._store.shared:
            with self._store.write() as connection:
                messages.release_all(connection)
            return None
        member = Member(self._store)
        member.join()
        return member

    def _make_consumer(self, around: Around) -> Consumer:
        archive, data = self._backend.archive, self._settings.data
        if self._member is not None:
            return SharedConsumer(self._store, self._clock, archive, self._member, around)
        return EmbeddedConsumer(self._store, SegmentReader(data / FOLDER), self._clock, archive, data, around)

    async def run(self, parent: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        settle_down()
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, stopped.set)
        if parent is not None:
            self._loop.add_reader(parent, stopped.set)
        consuming = threading.Thread(target=self._consume, args=(stopped,), name="consumer", daemon=True)
        consuming.start()
        if self._member is not None:
            threading.Thread(target=self._keep_lease, args=(self._member,), name="lease", daemon=True).start()
        dispatching = asyncio.create_task(self._dispatcher.run())
        dispatching.add_done_callback(self._dispatcher_ended)
        pinging = asyncio.create_task(self._dead_man.run())
        pinging.add_done_callback(_complain)
        reporting = asyncio.create_task(self._reporter.run(self._dispatcher.ring))
        reporting.add_done_callback(_complain)
        await stopped.wait()
        pinging.cancel()
        reporting.cancel()
        self._making.stop()
        self._stop.set()
        await asyncio.to_thread(consuming.join)
        self._dispatcher.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(dispatching, 5)
        await asyncio.to_thread(self._leave)
        self._telemetry.close()

    def _pings(self) -> bool:
        """One of the workers is enough: whoever owns the first partition, as long as nobody can have taken it over."""
        return self._member is None or (self._member.holds_lease and 0 in self._member.owned.tokens)

    def _leave(self) -> None:
        """Not before: what is under way must not look free to others."""
        if self._member is not None:
            with contextlib.suppress(StoreUnavailable):
                self._member.leave()
        self._left.set()

    def _keep_lease(self, member: Member) -> None:
        """Apart from the consumer, whose batches may take longer than a lease."""
        while not self._left.wait(RENEW_EVERY / SECOND):
            with contextlib.suppress(StoreUnavailable):
                member.keep()

    def _consume(self, stopped: asyncio.Event) -> None:
        """A fault that nobody foresaw ends the process: its supervisor starts it anew, where it stood."""
        try:
            self._consumer.run(self._stop, self._bell)
        finally:
            if not self._stop.is_set():
                sys.excepthook(*sys.exc_info())
                os._exit(70)
            assert self._loop is not None
            self._loop.call_soon_threadsafe(stopped.set)

    def _dispatcher_ended(self, dispatching: "asyncio.Task[None]") -> None:
        """The same for the dispatcher: a worker that tells nobody is worse than one that starts anew."""
        if not dispatching.cancelled() and dispatching.exception() is not None:
            error = dispatching.exception()
            sys.excepthook(type(error), error, error.__traceback__)  # type: ignore[arg-type, union-attr]
            os._exit(70)

    def _current(self) -> Active:
        assert self._active is not None
        return self._active

    def _activated(self, active: Active) -> None:
        self._active = active

    def _ring(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._dispatcher.ring)


def _complain(ended: "asyncio.Task[None]") -> None:
    """Whoever waits for pings or reports misses them; here it is only logged."""
    if not ended.cancelled() and ended.exception() is not None:
        log.error("pings or scheduled reports ended", exc_info=ended.exception())

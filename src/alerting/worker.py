"""What runs in the worker process? The consumer in a thread of its own, the dispatcher in an event loop."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
from collections.abc import Mapping

from alerting.active import Active
from alerting.clock import parse_clock
from alerting.compose import Composer
from alerting.consumer.worker import Consumer
from alerting.database.sqlite import open_sqlite
from alerting.dispatcher.dispatcher import Dispatcher
from alerting.inbox.doorbell import Listener
from alerting.inbox.segments import FOLDER, SegmentReader
from alerting.locks import hold
from alerting.settings import Settings
from alerting.storage import messages
from alerting.telemetry import Telemetry
from alerting.wiring import activator


def run(settings: Settings, environ: Mapping[str, str], parent: int | None = None) -> None:
    """Until a signal, or until the pipe ``parent`` closes because the process behind it is gone. Raises Held."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = hold(settings.data / "worker.lock", "worker")
    try:
        asyncio.run(_Worker(settings, environ).run(parent))
    finally:
        os.close(lock)


class _Worker:
    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._clock = parse_clock(settings.clock)
        self._store = open_sqlite(settings.data)
        with self._store.write() as connection:
            messages.release_all(connection)
        self._telemetry = Telemetry("worker", environ, settings.listen)
        self._active: Active | None = None
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        composer = Composer(self._store, settings.public_url)
        self._dispatcher = Dispatcher(self._store, self._clock, composer, self._current, random.Random())
        self._bell = Listener(settings.data)
        self._consumer = Consumer(
            self._store,
            SegmentReader(settings.data / FOLDER),
            self._clock,
            settings.data,
            activator(settings, environ),
            ring=self._ring,
            activated=self._activated,
            observed=self._telemetry.batch,
        )

    async def run(self, parent: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, stopped.set)
        if parent is not None:
            self._loop.add_reader(parent, stopped.set)
        consuming = threading.Thread(target=self._consume, args=(stopped,), name="consumer", daemon=True)
        consuming.start()
        dispatching = asyncio.create_task(self._dispatcher.run())
        dispatching.add_done_callback(self._dispatcher_ended)
        await stopped.wait()
        self._stop.set()
        await asyncio.to_thread(consuming.join)
        self._dispatcher.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(dispatching, 5)
        self._telemetry.close()
        self._store.close()

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

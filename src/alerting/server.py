"""What runs in the receiver process? The application on its port; beside it, on demand, a worker kept alive."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, TextIO

import uvicorn

from alerting.api.connection import Connection, raise_file_limit
from alerting.api.context import ApiContext
from alerting.api.doors import ShortWay
from alerting.api.in_force import InForce, text_of, watch
from alerting.api.ingest import DOORS
from alerting.api.turned_away import TurnedAways
from alerting.app import create_app
from alerting.backend import (
    UNUSABLE,
    Backend,
    accepted_count,
    latest_configuration,
    oldest_waiting,
    open_backend,
    open_bell,
    open_log,
)
from alerting.configuration import Invalid, check
from alerting.garbage import settle_down
from alerting.inbox.writer import InboxWriter
from alerting.links import links_of
from alerting.offspring import Firstborn, Later, Pauses, Worker
from alerting.selfwatch.telling import Teller
from alerting.selfwatch.watcher import Watcher
from alerting.settings import Settings, SettingsError
from alerting.telemetry import Telemetry
from alerting.traces.reading import spans_of_run
from alerting.wiring import activator, check_notify

if TYPE_CHECKING:
    from alerting.api.otlp_grpc import GrpcDoor

_LOOK_SECONDS = 0.25


@dataclass(slots=True)
class Parts:
    """What one receiver process holds open."""

    context: ApiContext
    backend: Backend
    watcher: Watcher

    def close(self) -> None:
        self.context.inbox.close()
        self.backend.close()


def serve(
    settings: Settings, environ: Mapping[str, str], with_worker: bool, announce: Callable[[str, str], None]
) -> None:
    """Until a signal. Raises SettingsError, Held, Invalid before anything is accepted."""
    if settings.notify:
        check_notify(settings.notify)
    raise_file_limit()
    firstborn = Firstborn(settings, environ) if with_worker else None
    with contextlib.ExitStack() as unless_it_starts:
        if firstborn is not None:
            unless_it_starts.callback(firstborn.close)  # which would wait for its word for ever
        listening = _listen(settings)
        parts = open_parts(settings, environ)
        unless_it_starts.callback(parts.close)
        grpc_door = _grpc_door(settings, parts.context)
        unless_it_starts.pop_all()
    stopping, hung_up = threading.Event(), threading.Event()
    signal.signal(signal.SIGHUP, _on_hangup(hung_up))
    looking = (parts.context.in_force, stopping, hung_up)
    watching = threading.Thread(target=watch, args=looking, name="watch", daemon=True)
    watching.start()
    looking_at_self = threading.Thread(target=parts.watcher.run, args=(stopping,), name="self-watch", daemon=True)
    looking_at_self.start()
    telemetry = Telemetry("api", environ, settings.listen)
    if firstborn is not None:
        firstborn.go()
        raising = (settings, stopping, firstborn)
        supervisor = threading.Thread(target=_supervise, args=raising, name="supervisor", daemon=True)
        supervisor.start()
    try:
        server = _server(parts.context, stopping)
        settle_down()
        announce(f"http://{settings.listen}", settings.grpc if grpc_door else "")
        # The server raises the signal that ended it once more: what is open has to be closed first.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        server.run(sockets=[listening])
    finally:
        if grpc_door is not None:
            grpc_door.close()
        stopping.set()
        hung_up.set()
        watching.join(timeout=10)
        looking_at_self.join(timeout=2)
        parts.close()
        if firstborn is not None:
            supervisor.join(timeout=10)
        telemetry.close()


def _server(context: ApiContext, stopping: threading.Event) -> uvicorn.Server:
    config = uvicorn.Config(
        ShortWay(create_app(context), DOORS),
        http=Connection,
        ws="none",
        proxy_headers=False,  # nobody asks where a request came from
        access_log=False,
        log_level="warning",
        timeout_keep_alive=30,  # longer than exporters take from batch to batch
        timeout_graceful_shutdown=3,
        lifespan="off",
        backlog=1024,
        server_header=False,
        date_header=True,
    )
    return _Server(stopping, config)


class _Server(uvicorn.Server):
    """Says ``stopping`` as soon as it is asked to end, so that the worker ends beside it and not after it. Looks round
    once a second, for the date of answers, where Uvicorn looks ten times whether it was asked to end."""

    def __init__(self, stopping: threading.Event, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping, self._asked = stopping, asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), 1)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


def _on_hangup(asked: threading.Event) -> Callable[..., None]:
    """To read the file again; but a terminal that is closed ends what was started at it, as ever."""
    at_terminal = os.isatty(0)

    def hang_up(*_: object) -> None:
        if at_terminal and not os.isatty(0):
            signal.raise_signal(signal.SIGTERM)
        asked.set()

    return hang_up


def _grpc_door(settings: Settings, context: ApiContext) -> "GrpcDoor | None":
    """A port that nobody named may be another's: then HTTP alone is served, and it is said."""
    if not settings.grpc:
        return None
    from alerting.api.otlp_grpc import GrpcDoor

    try:
        return GrpcDoor(context, settings.grpc)
    except SettingsError as error:
        if settings.grpc_named:
            raise
        _say(sys.stderr, f"{error}. OTLP/HTTP is served all the same")
        return None


def configuration_text(settings: Settings, environ: Mapping[str, str]) -> str:
    """The text of the file. Raises Invalid when it, or what it needs from the environment, is not right."""
    text = text_of(settings)
    problems = check(text, str(settings.config), environ)
    if problems:
        raise Invalid(problems)
    return text


def open_parts(settings: Settings, environ: Mapping[str, str]) -> Parts:
    """Raises Invalid, and what ``backend.UNUSABLE`` lists."""
    backend = open_backend(settings, "api")
    latest = latest_configuration(backend, settings)
    inbox = InboxWriter(open_log(backend, settings), open_bell(backend, settings), now=backend.clock.machine_now)
    accepted = accepted_count(backend, settings, lambda: inbox.accepted)
    activate = activator(settings, environ)
    try:
        in_force = InForce(settings, environ, backend.store, backend.clock, inbox, activate, latest)
    except (Invalid, *UNUSABLE):
        inbox.close()
        backend.close()
        raise
    oldest = oldest_waiting(backend, settings)
    watcher = Watcher(backend.store, backend.clock, lambda: in_force.active, oldest, Teller(settings, environ))
    context = ApiContext(
        settings=settings,
        store=backend.store,
        clock=backend.clock,
        inbox=inbox,
        in_force=in_force,
        spans_of_run=lambda run: spans_of_run(backend.store, backend.archive, in_force.active.scrubber, run),
        accepted=accepted,
        turned_away=TurnedAways(backend.clock.now),
        links=links_of(backend.store, settings.public_url, settings.secret_key),
        oldest_waiting=oldest,
        watched=lambda: watcher.watched,
    )
    return Parts(context, backend, watcher)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"cannot listen on {settings.listen}: {error.strerror}; "
            "stop what uses that port (a local collector?), or choose another with --listen 127.0.0.1:4319"
        ) from None
    return listening


def _supervise(settings: Settings, stopping: threading.Event, firstborn: Firstborn) -> None:
    """Keep one worker alive, whatever the machine is short of."""
    pauses, next_one = Pauses(), [firstborn]
    while not stopping.is_set():
        lived = 0.0
        try:
            worker = next_one.pop() if next_one else Later(settings)
            code, lived = _attend(worker, stopping)
            ended = f"the worker ended with {code}; starting it anew"
        except OSError as error:
            ended = f"the worker cannot be started, trying again: {error}"
        if not stopping.is_set():
            _say(sys.stderr, ended)
            stopping.wait(pauses.after(lived))


def _attend(worker: Worker, stopping: threading.Event) -> tuple[int | None, float]:
    """Until it ends; the code that it ended with, and for how many seconds about it lived."""
    lived = 0.0
    try:
        while worker.poll() is None and not stopping.wait(_LOOK_SECONDS):
            lived += _LOOK_SECONDS
        if stopping.is_set():
            worker.stop()
        return worker.poll(), lived
    finally:
        worker.close()


def _say(stream: TextIO, text: str) -> None:
    """A log that cannot be written, because its disk is full or its reader gone, stops nothing."""
    with contextlib.suppress(OSError):
        stream.write(f"tocsin: {text}\n")
        stream.flush()

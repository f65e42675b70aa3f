"""What does every request handler need? One object, made by the wiring, found at ``request.app.state.context``."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request

from alerting.active import Active
from alerting.api.in_force import InForce
from alerting.api.room import Room
from alerting.api.turned_away import TurnedAways
from alerting.clock import Clock
from alerting.database.port import Connection, Store
from alerting.inbox.port import Entry
from alerting.inbox.writer import InboxWriter
from alerting.ingest.encoding import LIMIT
from alerting.ingest.spans import SpanRecord
from alerting.links import Links
from alerting.selfwatch.vitals import OldestWaiting
from alerting.selfwatch.watcher import Watched
from alerting.settings import Settings
from alerting.storage.progress import Progress


class Settling:
    """Futures of one event loop, settled from the inbox writer's thread: the loop is woken once for all that were made
    durable together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._settled: deque[tuple[asyncio.Future[None], Exception | None]] = deque()
        self._woken = False

    def settle(self, future: "asyncio.Future[None]", error: Exception | None) -> None:
        self._settled.append((future, error))
        if not self._woken:
            self._woken = True
            self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._woken = False  # before the last look: what is settled from now on wakes the loop again
        while self._settled:
            future, error = self._settled.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


@dataclass(slots=True)
class ApiContext:
    """``spans_of_run`` gives the scrubbed spans of a run, oldest first, as far as they are still kept; ``accepted`` how
    much was taken in, ever, by what a reader sees; ``watched`` what the last look at Tocsin itself found."""

    settings: Settings
    store: Store
    clock: Clock
    inbox: InboxWriter
    in_force: InForce
    spans_of_run: Callable[[str], list[SpanRecord]]
    accepted: Callable[[Connection, Progress], int]
    turned_away: TurnedAways
    links: Links
    oldest_waiting: OldestWaiting = lambda _connection, _done: None
    watched: Callable[[], Watched] = Watched
    room: Room = field(default_factory=lambda: Room(2 * LIMIT))
    _settling: Settling | None = None

    def active(self) -> Active:
        return self.in_force.active

    async def append(self, entry: Entry) -> None:
        """Returns once the row is durable. Raises Overloaded."""
        loop = asyncio.get_running_loop()
        if self._settling is None or self._settling.loop is not loop:
            self._settling = Settling(loop)
        durable: asyncio.Future[None] = loop.create_future()
        self.inbox.append(entry, partial(self._settling.settle, durable))
        await durable


def context_of(request: Request) -> ApiContext:
    context: ApiContext = request.app.state.context
    return context

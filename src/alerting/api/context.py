"""What does every request handler need? One object, made by the wiring, found at ``request.app.state.context``."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from alerting.active import Active
from alerting.api.gathering import Gathering
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
    _gathering: Gathering | None = None

    def active(self) -> Active:
        return self.in_force.active

    async def append(self, entry: Entry) -> None:
        """Returns once the row is durable. Raises Overloaded."""
        loop = asyncio.get_running_loop()
        if self._gathering is None or self._gathering.loop is not loop:
            self._gathering = Gathering(loop, self.inbox)
        await self._gathering.append(entry)


def context_of(request: Request) -> ApiContext:
    context: ApiContext = request.app.state.context
    return context

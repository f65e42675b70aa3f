"""How do many requests share one commit? What comes in during one turn of the event loop goes to the inbox together,
and is acknowledged together: the loop and the writer's thread wake each other once, not once a request."""

import asyncio
from functools import partial

from alerting.inbox.port import Entry, Overloaded
from alerting.inbox.writer import InboxWriter

Future = asyncio.Future[None]


class Gathering:
    """For one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, inbox: InboxWriter) -> None:
        self.loop, self._inbox = loop, inbox
        self._entries: list[Entry] = []
        self._futures: list[Future] = []

    def append(self, entry: Entry) -> Future:
        """Done once the row is durable. Raises Overloaded when awaited."""
        if not self._entries:
            self.loop.call_soon(self._hand_over)
        future: Future = self.loop.create_future()
        self._entries.append(entry)
        self._futures.append(future)
        return future

    def _hand_over(self) -> None:
        entries, futures = self._entries, self._futures
        self._entries, self._futures = [], []
        try:
            self._inbox.append(entries, partial(self._done, futures))
        except Overloaded as error:
            _settle(futures, error)

    def _done(self, futures: list[Future], error: Exception | None) -> None:
        """In the writer's thread."""
        self.loop.call_soon_threadsafe(_settle, futures, error)


def _settle(futures: list[Future], error: Exception | None) -> None:
    for future in futures:
        if future.done():  # nobody waits for it any more
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

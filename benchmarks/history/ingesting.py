"""How does a history get into a store the real way? Bodies are decoded and worked on as the worker does it."""

from collections.abc import Iterable, Iterator

from benchmarks.history.telemetry import Body

from alerting.active import Active
from alerting.configuration import load
from alerting.consumer.batch import Batch, Memory, work
from alerting.consumer.decoding import decode
from alerting.consumer.housekeeping import keep_traces
from alerting.database.port import Store
from alerting.database.statements import chunks
from alerting.inbox.port import Entry, InboxRow, Position
from alerting.scrub import Scrubber
from alerting.storage import alerts
from alerting.storage.progress import Progress
from rules.instants import DAY, Instant

FOR_EVER = "retention: {runs: 3650d}"
_MOST_BODIES = 8


class _NoBodies:
    """Raw bodies are not kept here, so that no traces can be."""

    def telemetry(self, since: Instant, until: Instant, most: int) -> Iterator[Entry]:  # noqa: ARG002 - a port's
        return iter(())

    def expire(self, before: Instant, done: Position) -> None:
        """There is nothing to drop."""


_NO_BODIES = _NoBodies()


class Worker:
    """One worker on ``store`` and a clock of its own: the moments at which bodies were received."""

    def __init__(self, store: Store, text: str = FOR_EVER) -> None:
        configuration = load(text)
        self.active = Active(configuration, configuration.ruleset(), Scrubber(), {}, {})
        self._store, self._number = store, 0
        with store.read() as connection:
            self._memory = Memory.of(connection, Progress())

    def take(self, bodies: Iterable[Body]) -> None:
        """Bodies in the order in which they were received. Raises ValueError for one that cannot be read."""
        for piece in chunks(bodies, _MOST_BODIES):
            rows = [decode(self._row(body), self.active.scrubber) for body in piece]
            for each in rows:
                if each.unreadable:
                    raise ValueError(each.unreadable)
            self._commit(Batch(rows, piece[-1].received_at))

    def wait_until(self, now: Instant) -> None:
        """Everything that comes due up to ``now``, each at its time."""
        while (due := self._next_due()) is not None and due <= now:
            self._commit(Batch([], due))
            keep_traces(self._store, _NO_BODIES, due, self.active)

    def _next_due(self) -> Instant | None:
        with self._store.read() as connection:
            return alerts.next_deadline(connection)

    def finish(self) -> None:
        """A day later nothing waits any more for what did not come."""
        self.wait_until(self._memory.progress.engine_now + DAY)

    def _row(self, body: Body) -> InboxRow:
        self._number += 1
        return InboxRow(Position("", self._number), body.received_at, Entry(body.kind, body.body, body.media))

    def _commit(self, batch: Batch) -> None:
        with self._store.write() as connection:
            work(connection, self.active, self._memory, batch)

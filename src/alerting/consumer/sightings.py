"""What has the worker seen of each source? Kept in memory and written now and then, beside the batches.

These counts are for people who look for what is missing: a worker that is killed forgets those of the last seconds, and
no batch of another worker waits for them.
"""

from collections.abc import Iterable

from alerting.consumer.decoding import Decoded
from alerting.database.port import Store
from alerting.ingest.text import MESSAGE, clean
from alerting.storage import sources
from alerting.storage.sources import Place, Sighting
from rules.instants import SECOND, Duration, Instant

EVERY: Duration = 2 * SECOND
_MOST = 200
_OTHERS = "(others)"


class Sightings:
    def __init__(self) -> None:
        self._places: dict[Place, Sighting] = {}
        self._written_at: Instant = 0

    def take(self, rows: Iterable[Decoded]) -> None:
        for decoded in rows:
            if decoded.unreadable:
                reason = clean(decoded.unreadable, MESSAGE)
                self._at(decoded, "", "").note = f"a body could not be read and was set aside: {reason}"
            for (service, engine), seen in decoded.seen.items():
                sighting = self._at(decoded, service, engine)
                sighting.seen.add(seen)
                sighting.note = decoded.note or sighting.note

    def write(self, store: Store, now: Instant) -> None:
        """Where there is something to write and the last time is some seconds ago."""
        if self._places and not 0 <= now - self._written_at < EVERY:
            self._written_at = now
            self.write_at_once(store)

    def write_at_once(self, store: Store) -> None:
        if self._places:
            with store.write() as connection:
                sources.add(connection, self._places)
            self._places = {}

    def _at(self, decoded: Decoded, service: str, engine: str) -> Sighting:
        place = decoded.row.entry.kind, service, engine
        if place not in self._places and len(self._places) >= _MOST:
            place = decoded.row.entry.kind, _OTHERS, engine
        received_at = decoded.row.received_at
        sighting = self._places.setdefault(place, Sighting(first_at=received_at))
        sighting.last_at = max(sighting.last_at, received_at)
        return sighting

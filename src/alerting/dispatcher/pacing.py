"""How many deliveries may a channel begin now? A place for each that is under way, and a token for each message.

The places keep a channel that hangs from taking the room of others; the tokens (a bucket for each channel) keep Tocsin
below what a service allows.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rules.instants import MINUTE, Instant

PLACES = 8
_BURST_SECONDS = 10


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: Instant


class Pacing:
    """``limit`` gives a channel's messages a minute; None for as many as come. Times are the machine's, however the
    service's clock runs: the receiver lives by it."""

    def __init__(self, limit: Callable[[str], float | None]) -> None:
        self._limit = limit
        self._buckets: dict[str, _Bucket] = {}
        self._under_way: Counter[str] = Counter()

    def room(self, channel: str, now: Instant) -> int:
        places = PLACES - self._under_way[channel]
        limit = self._limit(channel)
        return places if limit is None else min(places, int(self._bucket(channel, limit, now).tokens))

    def begin(self, channel: str, now: Instant) -> None:
        self._under_way[channel] += 1
        limit = self._limit(channel)
        if limit is not None:
            self._bucket(channel, limit, now).tokens -= 1

    def end(self, channel: str) -> None:
        self._under_way[channel] -= 1

    def _bucket(self, channel: str, limit: float, now: Instant) -> _Bucket:
        full = max(1.0, limit * _BURST_SECONDS / 60)
        bucket = self._buckets.setdefault(channel, _Bucket(full, now))
        bucket.tokens = min(full, bucket.tokens + max(0, now - bucket.at) * limit / MINUTE)
        bucket.at = now
        return bucket

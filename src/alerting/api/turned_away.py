"""What did this receiver turn away, or take and drop? Kept in memory, for whoever wonders why nothing shows up."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from rules.instants import DAY, Instant

_MOST = 50
_LONGEST = 300


@dataclass(slots=True)
class TurnedAway:
    """``status``: the HTTP answer; 202 and 200 for what was taken and then dropped."""

    door: str
    status: int
    why: str
    count: int = 0
    last_at: Instant = 0


class TurnedAways:
    """The same answer at the same door is one entry; the oldest give way. Doors are served by several threads."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._entries: OrderedDict[tuple[str, int, str], TurnedAway] = OrderedDict()

    def add(self, door: str, status: int, why: str) -> None:
        key = door[:_LONGEST], status, why[:_LONGEST]
        with self._lock:
            entry = self._entries.setdefault(key, TurnedAway(*key))
            entry.count += 1
            entry.last_at = self._now()
            self._entries.move_to_end(key)
            if len(self._entries) > _MOST:
                self._entries.popitem(last=False)

    def listed(self) -> list[TurnedAway]:
        """Of the last day, latest first."""
        since = self._now() - DAY
        with self._lock:
            return [entry for entry in reversed(self._entries.values()) if entry.last_at > since]

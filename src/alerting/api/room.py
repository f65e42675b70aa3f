"""How much of large bodies may be in memory at once? What is beyond that is put off before it is read."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alerting.inbox.port import Overloaded

_UNPACKED_AT_ONCE = 2  # each may become as large as the limit


class Room:
    """Of one receiver. ``unpacking`` lets in those whose body is large when it is unpacked."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self.unpacking = asyncio.Semaphore(_UNPACKED_AT_ONCE)

    @contextmanager
    def hold(self) -> Iterator[Callable[[int], None]]:
        """Gives what to call for each further part of a body, which raises Overloaded; a single body always fits."""
        held = 0

        def more(size: int) -> None:
            nonlocal held
            if self._held > held and self._held + size > self._most:
                raise Overloaded("too many large bodies come in at once")
            self._held += size
            held += size

        try:
            yield more
        finally:
            self._held -= held

"""How does what came of many tries get into the store at once? While one transaction is committed, the next gathers.

The time between a receiver's answer and its record is when a killed worker would leave a message to be sent again: it
must not grow with the number of deliveries under way.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from alerting.database.port import Connection, Store, StoreUnavailable

log = logging.getLogger(__name__)
UNFORESEEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, SQLAlchemyError)
_AGAIN_SECONDS = 0.5
Change = Callable[[Connection], None]


@dataclass(slots=True)
class _Waiting:
    order: str
    change: Change
    written: "asyncio.Future[None]"


class Recorder:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        # A thread of its own: a record never queues behind messages that are still to be composed.
        self._thread = ThreadPoolExecutor(1, "recorder")

    async def record(self, order: str, change: Change) -> None:
        """Until ``change`` is committed, however long the store is away: else the message would be sent again. Raises
        what ``change`` raises. Changes are made in the ``order`` of these texts, by every worker in the same."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(order, change, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            if not await self._write(together):
                for each in together:
                    await self._write([each])

    async def _write(self, together: Sequence[_Waiting]) -> bool:
        """False when one of several could not be written: then each is tried alone."""
        error: Exception | None = None
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, together)
                break
            except StoreUnavailable as refused:
                log.error("%d receipts wait for the state store: %s", len(together), refused)
                await asyncio.sleep(_AGAIN_SECONDS)
            except UNFORESEEN as fault:
                if len(together) > 1:
                    return False
                error = fault
                break
        for each in together:
            if each.written.done():
                continue
            if error is None:
                each.written.set_result(None)
            else:
                each.written.set_exception(error)
        return True

    def _commit(self, together: Sequence[_Waiting]) -> None:
        with self._store.write() as connection:
            for each in sorted(together, key=lambda waiting: waiting.order):
                each.change(connection)

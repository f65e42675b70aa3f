"""Who hears of it when all of Tocsin is gone? Whoever waits for a ping that the worker sends while it is well."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

import httpx2
import msgspec

from alerting.active import Active
from alerting.clock import Clock
from alerting.configuration.model import SelfWatch
from alerting.configuration.variables import Missing, resolve
from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.selfwatch.troubles import is_fit
from alerting.selfwatch.vitals import OldestWaiting, read_vitals
from alerting.storage.notes import note, noted
from notifiers import receipts
from notifiers.egress import Egress
from notifiers.message import Receipt, Verdict
from rules.instants import SECOND, Duration, Instant, format_instant

log = logging.getLogger(__name__)
_NAME = "dead-man-ping"
_LONGEST_SECONDS = 10.0
_LOOK_EVERY = 1.0
_LOOK_AGAIN: Duration = 5 * SECOND
ANSWERED, FAILED, LEFT_OUT = "answered", "failed", "left out"


class Ping(msgspec.Struct, frozen=True):
    """The last one. ``state`` is one of the three above, "" for none yet; ``answered_at`` 0 for never."""

    state: str = ""
    at: Instant = 0
    detail: str = ""
    answered_at: Instant = 0


def last_ping(connection: Connection) -> Ping:
    try:
        return msgspec.json.decode(noted(connection, _NAME) or "{}", type=Ping)
    except msgspec.DecodeError:
        return Ping()


class DeadMan:
    """``on_duty``: whether it is this worker that pings, of all there are."""

    def __init__(
        self, store: Store, clock: Clock, egress: Egress, environ: Mapping[str, str], active: Callable[[], Active],
        oldest_waiting: OldestWaiting, on_duty: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._store, self._clock, self._egress, self._environ = store, clock, egress, environ
        self._active, self._oldest_waiting, self._on_duty = active, oldest_waiting, on_duty
        self._next_at: Instant = 0
        self._last = Ping()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            with suppress(StoreUnavailable):
                await self.once()
            await asyncio.sleep(_LOOK_EVERY)

    async def once(self) -> None:
        """A ping, if it is time for one. Raises StoreUnavailable: then nothing is pinged, which says it as well."""
        limits, now = self._active().configuration.self_watch, self._clock.machine_now()
        if limits is None or limits.ping_url is None or not self._on_duty():
            return
        if 0 < self._next_at - now <= limits.ping_every:
            return
        self._next_at = now + min(_LOOK_AGAIN, limits.ping_every)
        if await asyncio.to_thread(self._is_fit, limits, now):
            self._next_at = now + limits.ping_every
            receipt = await self._send(limits.ping_url)
            await self._keep(ANSWERED if receipt.delivered else FAILED, receipt.detail, now)
        else:
            await self._keep(LEFT_OUT, "the worker is not well: see tocsin_evaluation_lag_seconds and its log", now)

    def _is_fit(self, limits: SelfWatch, now: Instant) -> bool:
        with self._store.read() as connection:
            return is_fit(read_vitals(connection, self._clock, self._oldest_waiting), limits, now)

    async def _send(self, written: str) -> Receipt:
        try:
            url = resolve(written, self._environ)
        except Missing as error:
            return Receipt(Verdict.REFUSED, detail=str(error))
        client = self._egress.client(_LONGEST_SECONDS)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS), client.stream("GET", url) as answer:
                return receipts.of_status(answer.status_code, None, format_instant(self._clock.now()))
        except httpx2.HTTPError as error:
            return receipts.of_http_error(error)
        except TimeoutError:
            return Receipt(Verdict.UNSURE, detail=f"no answer came within {_LONGEST_SECONDS:g} s")
        except (httpx2.InvalidURL, ValueError):  # their texts hold the URL, which is a secret
            return Receipt(Verdict.REFUSED, detail="the value of ping_url is no URL")
        finally:
            await client.aclose()

    async def _keep(self, state: str, detail: str, now: Instant) -> None:
        if state == FAILED or (state == LEFT_OUT and self._last.state != LEFT_OUT):
            log.warning("dead man's ping: %s (%s)", state, detail)
        answered_at = now if state == ANSWERED else self._last.answered_at
        self._last = Ping(state, now, "" if state == ANSWERED else detail, answered_at)
        await asyncio.to_thread(self._note, self._last)

    def _note(self, ping: Ping) -> None:
        with self._store.write() as connection:
            if not ping.answered_at:  # another worker's, or from before a restart
                ping = msgspec.structs.replace(ping, answered_at=last_ping(connection).answered_at)
            note(connection, _NAME, msgspec.json.encode(ping).decode())

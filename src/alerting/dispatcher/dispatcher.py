"""Who hands messages over? Takes what is owed, says it as it is now, and keeps every receipt."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from alerting.active import Active
from alerting.clock import Clock
from alerting.compose import Composer
from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.dispatcher.pacing import Pacing
from alerting.dispatcher.recorder import UNFORESEEN, Recorder
from alerting.dispatcher.retrying import given_up, wait_after
from alerting.storage import messages
from alerting.storage.messages import Lease, Owed
from notifiers.message import Message, Receipt, Verdict
from rules.instants import SECOND, Duration, Instant

log = logging.getLogger(__name__)
_POLL_SECONDS = 1.0
_LONGEST_TRY_SECONDS = 60
_LEASE: Duration = 2 * _LONGEST_TRY_SECONDS * SECOND
_NOT_THIS_FORM = (400, 413, 422)  # what a receiver says that cannot take the message as it is; a simpler one it may
_AFTER_A_FAULT: Duration = 30 * SECOND


class Worker(Protocol):
    """Whose leases they are. Without ``holds_lease`` others may be sending already what was claimed."""

    @property
    def name(self) -> str: ...

    @property
    def holds_lease(self) -> bool: ...


class OnlyWorker:
    name = ""
    holds_lease = True


class Dispatcher:
    """``active`` gives what is in force. Deliveries run side by side; those of one
    conversation with one target never do: the head's lease keeps the others behind it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        composer: Composer,
        active: Callable[[], Active],
        chance: random.Random,
        worker: Worker | None = None,
    ) -> None:
        self._store, self._clock, self._composer = store, clock, composer
        self._active, self._chance = active, chance
        self._worker = worker or OnlyWorker()
        self._recorder = Recorder(store)
        self._pacing = Pacing(lambda channel: active().rate_limit(channel))
        self._tasks: set[asyncio.Task[None]] = set()
        self._rung = asyncio.Event()
        self._stopping = False

    def ring(self) -> None:
        """Something is owed. Call it from the dispatcher's own loop."""
        self._rung.set()

    async def run(self) -> None:
        """Until ``stop``; deliveries under way are finished then."""
        while not self._stopping:
            self._rung.clear()
            try:
                upcoming = await asyncio.to_thread(self._next_attempt)
                if upcoming is not None and upcoming <= self._clock.now():
                    await self.start_due()
                    upcoming = await asyncio.to_thread(self._next_attempt)
                await self._nap(upcoming)
            except StoreUnavailable as error:
                log.error("the state store refused, trying again in a second: %s", error)
                await asyncio.sleep(1)
        await self.drained()

    def stop(self) -> None:
        self._stopping = True
        self._rung.set()

    async def drained(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def start_due(self) -> int:
        """Begin every delivery that is due and has room. How many began."""
        due = await asyncio.to_thread(self._claim)
        for owed in due:
            self._pacing.begin(owed.head["channel"], self._clock.machine_now())
            task = asyncio.create_task(self._deliver(owed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(due)

    def _claim(self) -> list[Owed]:
        if not self._worker.holds_lease:
            return []
        now, machine, by = self._clock.now(), self._clock.machine_now(), self._worker.name
        with self._store.write() as connection:
            waiting = set(messages.channels_due(connection, now)) - messages.paused_channels(connection, now)
            room = {name: self._pacing.room(name, machine) for name in sorted(waiting)}
            return messages.claim(connection, now, Lease(machine, machine + _LEASE, by), room)

    async def _nap(self, upcoming: Instant | None) -> None:
        wait = _POLL_SECONDS
        if upcoming is not None and upcoming > self._clock.now():
            wait = min(wait, self._clock.real_seconds_until(upcoming))
        try:
            await asyncio.wait_for(self._rung.wait(), wait)
        except TimeoutError:
            return

    def _next_attempt(self) -> Instant | None:
        with self._store.read() as connection:
            return messages.next_attempt(connection)

    async def _deliver(self, owed: Owed) -> None:
        by = self._worker.name
        try:
            active = self._active()
            message = await asyncio.to_thread(self._composer.compose, owed, self._clock.now())
            if self._worker.holds_lease:
                began = self._clock.machine_now()
                receipt = await self._send(active, owed, message)
                tried = _Tried(owed, message, receipt, (self._clock.machine_now() - began) // 1_000, by)
                await self._recorder.record(owed.head["channel"], lambda c: self._conclude(c, tried, active))
            else:
                await self._put_off(owed, by, 0, 0)
        except UNFORESEEN:
            log.exception("message %s for channel %s waits", owed.head["notification"], owed.head["channel"])
            await self._put_off(owed, by, 1, _AFTER_A_FAULT)
        except StoreUnavailable as error:
            log.error("message %s waits: %s", owed.head["notification"], error)
            await self._put_off(owed, by, 0, 0)
        finally:
            self._pacing.end(owed.head["channel"])
            self._rung.set()

    async def _send(self, active: Active, owed: Owed, message: Message) -> Receipt:
        channel = active.channels.get(owed.head["channel"])
        if channel is None or owed.head["target"] not in channel.targets:
            return Receipt(Verdict.REFUSED, detail="the configuration has no such channel or recipient any more")
        try:
            async with asyncio.timeout(_LONGEST_TRY_SECONDS):
                receipt = await channel.send(message, owed.head["target"])
                if receipt.code not in _NOT_THIS_FORM or receipt.verdict is not Verdict.REFUSED:
                    return receipt
                return await channel.send(replace(message, plain=True), owed.head["target"])
        except TimeoutError:
            return Receipt(Verdict.UNSURE, detail=f"no end of it came within {_LONGEST_TRY_SECONDS} s")

    async def _put_off(self, owed: Owed, by: str, tries: int, wait: Duration) -> None:
        """A fault of our own is no reason to lose a message, nor to try it without a pause."""
        attempts, later = owed.head["attempts"] + tries, self._clock.now() + wait
        await self._recorder.record(owed.head["channel"], lambda c: messages.postpone(c, owed, attempts, later, by))

    def _conclude(self, connection: Connection, tried: "_Tried", active: Active) -> None:
        now, owed, receipt = self._clock.now(), tried.owed, tried.receipt
        attempts = owed.head["attempts"] + 1
        again = receipt.may_retry and not given_up(owed.head["created_at"], now)
        next_at = now + wait_after(attempts, receipt, self._chance) if again else 0
        messages.log(connection, _log_row(tried, now, attempts, next_at))
        if not messages.is_held(connection, owed, tried.by):
            log.warning("channel %s: message %s was taken over", owed.head["channel"], owed.head["notification"])
        elif receipt.delivered:
            messages.settled(connection, owed, "sent", tried.message.title, now)
            _keep_thread(connection, tried, now)
            messages.set_health(connection, owed.head["channel"], True, "", now)
        elif again:
            messages.postpone(connection, owed, attempts, next_at, tried.by)
            if receipt.retry_after:
                messages.pause(connection, owed.head["channel"], next_at, receipt.detail, now)
        else:
            messages.hand_over(connection, _fallback(owed, active, now))
            messages.settled(connection, owed, "dead", tried.message.title, now)
            messages.set_health(connection, owed.head["channel"], False, receipt.detail[:500], now)
        if not receipt.delivered:
            log.warning("channel %s: %s (%s)", owed.head["channel"], receipt.verdict, receipt.detail)


@dataclass(slots=True, frozen=True)
class _Tried:
    """One try, by worker ``by``, and what came of it."""

    owed: Owed
    message: Message
    receipt: Receipt
    latency_ms: int
    by: str


def _keep_thread(connection: Connection, tried: _Tried, now: Instant) -> None:
    """A thread is over with the last of its alerts: what fails later is no answer to it."""
    before = tried.message.thread
    handle = "" if tried.message.ends else tried.receipt.handle or before
    if handle != before:
        messages.keep_thread(connection, tried.owed.head, handle, now)


def _log_row(tried: _Tried, now: Instant, attempts: int, next_at: Instant) -> dict[str, object]:
    head, receipt = tried.owed.head, tried.receipt
    return {
        "notification": head["notification"],
        "channel": head["channel"],
        "target": head["target"],
        "at": now,
        "attempt": attempts,
        "receipt": receipt.verdict.value,
        "code": receipt.code,
        "detail": receipt.detail[:500],
        "latency_ms": tried.latency_ms,
        "next_attempt_at": next_at,
    }


def _fallback(owed: Owed, active: Active, now: Instant) -> list[dict[str, object]]:
    """The newest of the messages, owed to the fallback channel; a fallback's own fallback is not asked."""
    channel, notification = owed.head["channel"], owed.notifications[-1]
    fallback = active.channels.get(active.fallbacks.get(channel, ""))
    if fallback is None or notification["channel"] != channel:
        return []
    last = owed.rows[-1]
    return [
        {
            "notification": notification["id"],
            "target": target,
            "channel": fallback.name,
            "conversation": f"{last['conversation']}:{fallback.name}",
            "number": last["number"],
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
        }
        for target in fallback.targets
    ]

"""Who notices when the worker cannot? A thread of the receiver: it looks, and tells by itself what is ill."""

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from alerting.active import Active
from alerting.clock import Clock
from alerting.configuration.model import SelfWatch
from alerting.database.port import Store, StoreUnavailable
from alerting.selfwatch.episodes import Episode, Episodes, Saying, sayings, step, told, unheard
from alerting.selfwatch.memory import Memory
from alerting.selfwatch.telling import Teller
from alerting.selfwatch.troubles import STORE, Found, Trouble, channel_in, diagnose
from alerting.selfwatch.vitals import OldestWaiting, Vitals, read_vitals
from rules.instants import SECOND, Duration, Instant

log = logging.getLogger(__name__)
T = TypeVar("T")
_Say: TypeAlias = Callable[[Sequence[Saying]], Sequence[dict[str, str] | None]]
_EVERY: Duration = 15 * SECOND
_LOOKS_IN_A_WAIT = 4
_ANSWER_SECONDS = 10
_UNFORESEEN = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, OSError, SQLAlchemyError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watched:
    """What the last look found. ``keeps_watch``: whether this receiver is the one that tells."""

    looked_at: Instant = 0
    keeps_watch: bool = False
    troubles: tuple[Trouble, ...] = ()


class Watcher:
    """``active`` gives what is in force. The state store's own absence is told by every receiver that notices."""

    def __init__(
        self, store: Store, clock: Clock, active: Callable[[], Active], oldest_waiting: OldestWaiting, teller: Teller
    ) -> None:
        self._store, self._clock, self._active, self._oldest_waiting = store, clock, active, oldest_waiting
        self._teller = teller
        self._memory = Memory(store, clock, uuid.uuid4().hex)
        self._apart: Episodes = {}
        self._awake_since = self._ended_at = clock.machine_now()
        self._away_since: Instant = 0
        self._beat_at: Instant = 0
        self.watched = Watched()

    def run(self, stopping: threading.Event) -> None:
        while not stopping.wait(self._every / SECOND):
            try:
                self.look()
            except _UNFORESEEN:
                log.exception("the look at Tocsin itself failed")
        with suppress(StoreUnavailable):
            self._memory.leave()

    def look(self) -> None:
        active, now = self._active(), self._clock.machine_now()
        limits = active.configuration.self_watch
        self._wake(now)
        if limits is None or limits.channel is None:
            self.watched = Watched(now)
        else:
            self._look(active, limits, limits.channel, now)
        self._ended_at = self._clock.machine_now()

    @property
    def _every(self) -> Duration:
        limits = self._active().configuration.self_watch
        return _EVERY if limits is None else min(_EVERY, limits.after // _LOOKS_IN_A_WAIT)

    def _wake(self, now: Instant) -> None:
        """After a sleep of the machine, or a jump of its clock, nobody else had a chance to give a sign of life."""
        if not 0 <= now - self._ended_at < 3 * _EVERY:
            self._awake_since, self._beat_at = now, 0

    def _look(self, active: Active, limits: SelfWatch, channel: str, now: Instant) -> None:
        remembered: Episodes | None = None
        store, found = Found(), Found(blind=True)
        try:
            vitals, remembered = within(_ANSWER_SECONDS, self._ask)
            found = self._diagnosed(vitals, active, limits, now)
        except StoreUnavailable as error:
            store = self._store_away(str(error), limits, now)
        ill = {**store.troubles, **found.troubles}
        self.watched = Watched(now, remembered is not None, tuple(ill.values()))

        def say(said: Sequence[Saying]) -> Sequence[dict[str, str] | None]:
            return self._teller.tell(said, active, channel, frozenset(ill), now) if said else []

        self._apart = self._followed(self._apart, store, limits, now, say)
        if remembered is not None:
            there = {
                key: each for key, each in remembered.items() if channel_in(key) in {"", *active.configuration.channels}
            }
            self._keep(self._followed(there, found, limits, now, say))

    def _ask(self) -> tuple[Vitals, Episodes | None]:
        """Raises StoreUnavailable, for a store that is broken too: whoever waits for messages misses either."""
        try:
            with self._store.read() as connection:
                vitals = read_vitals(connection, self._clock, self._oldest_waiting)
            return vitals, self._memory.enter()
        except (SQLAlchemyError, OSError) as error:
            log.exception("the look at Tocsin itself failed")
            raise StoreUnavailable(f"it is broken ({type(error).__name__}); see the log") from error

    def _diagnosed(self, vitals: Vitals, active: Active, limits: SelfWatch, now: Instant) -> Found:
        """A worker that has left is not on the list any more: its last sign of life is remembered here."""
        if self._away_since:
            self._away_since, self._awake_since = 0, now
        self._beat_at = max(self._beat_at, vitals.beat_at)
        seen = replace(vitals, beat_at=self._beat_at)
        return diagnose(seen, limits, active.configuration.channels, self._awake_since, now)

    def _store_away(self, why: str, limits: SelfWatch, now: Instant) -> Found:
        self._away_since = self._away_since or now
        is_long = now - self._away_since >= limits.after
        return Found({STORE: Trouble(STORE, self._away_since, why)} if is_long else {}, blind=True)

    def _followed(self, before: Episodes, found: Found, limits: SelfWatch, now: Instant, say: _Say) -> Episodes:
        """What is remembered after what is due was told."""
        after = step(before, found, limits, now)
        due = sayings(after, found, now)
        for saying, handles in zip(due, say(due), strict=True):
            left = _left(saying, handles, limits, self._clock.machine_now())
            after = {key: each for key, each in after.items() if key != saying.key}
            after |= {saying.key: left} if left is not None else {}
        return after

    def _keep(self, episodes: Episodes) -> None:
        try:
            within(_ANSWER_SECONDS, lambda: self._memory.keep(episodes))
        except StoreUnavailable as error:
            log.warning("what was told of Tocsin itself is noted later: %s", error)


def _left(saying: Saying, handles: dict[str, str] | None, limits: SelfWatch, now: Instant) -> Episode | None:
    if handles is None:
        log.error("nobody could be told that Tocsin itself is ill (%s, %s)", saying.key, saying.reason)
        return unheard(saying, now)
    log.warning("told that Tocsin itself is ill (%s, %s)", saying.key, saying.reason)
    return told(saying, handles, limits, now)


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Raises StoreUnavailable when no answer comes in time: a store that hangs is away like one that refuses."""
    answer: Future[T] = Future()

    def put() -> None:
        try:
            answer.set_result(ask())
        except (StoreUnavailable, *_UNFORESEEN) as error:
            answer.set_exception(error)

    threading.Thread(target=put, name="self-watch-ask", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        raise StoreUnavailable(f"no answer within {seconds:g} s") from None

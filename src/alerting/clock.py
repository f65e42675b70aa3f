"""What time is it? The only place in Tocsin that reads a clock."""

import time
from typing import Protocol

from rules.instants import SECOND, Duration, Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """µs since the epoch."""

    def machine_now(self) -> Instant:
        """µs since the epoch by the machine's own clock, however ``now()`` runs: for signs of life."""

    def real_seconds_until(self, instant: Instant) -> float:
        """How long to sleep, in seconds of the machine's clock, until ``now()`` is ``instant``; never negative."""


class SystemClock:
    def now(self) -> Instant:
        return time.time_ns() // 1_000

    def machine_now(self) -> Instant:
        return time.time_ns() // 1_000

    def real_seconds_until(self, instant: Instant) -> float:
        return max(0, instant - self.now()) / SECOND


class CatchUpClock:
    """Lies ``behind`` the real clock until ``started``, then runs ``rate`` times as fast until it has caught up.

    A pure function of the real time, so that several processes given the same three numbers agree.
    """

    def __init__(self, started: Instant, behind: Duration, rate: int) -> None:
        self._started, self._behind, self._rate = started, behind, rate

    def now(self) -> Instant:
        real = time.time_ns() // 1_000
        return real - self._lag(real)

    def machine_now(self) -> Instant:
        return time.time_ns() // 1_000

    def real_seconds_until(self, instant: Instant) -> float:
        real = time.time_ns() // 1_000
        wanted = max(0, instant - (real - self._lag(real)))
        speed = self._rate if self._lag(real) else 1
        return wanted / speed / SECOND

    def _lag(self, real: Instant) -> Duration:
        return max(0, self._behind - max(0, real - self._started) * (self._rate - 1))


class ManualClock:
    """A clock turned by hand: ``sleep`` moves the hands. For tests and replays."""

    def __init__(self, now: Instant = 0) -> None:
        self._now = now

    def now(self) -> Instant:
        return self._now

    def machine_now(self) -> Instant:
        return self._now

    def set(self, instant: Instant) -> None:
        self._now = max(self._now, instant)

    def sleep(self, duration: Duration) -> None:
        self._now += duration

    def real_seconds_until(self, instant: Instant) -> float:
        return max(0, instant - self._now) / SECOND


def parse_clock(text: str) -> Clock:
    """``""`` → the system's clock; ``catchup:STARTED:BEHIND:RATE`` (µs, µs, factor) → the demo's."""
    if not text:
        return SystemClock()
    kind, *numbers = text.split(":")
    if kind != "catchup" or len(numbers) != 3:
        raise ValueError(f"TOCSIN_CLOCK={text!r} is not catchup:STARTED:BEHIND:RATE; unset it")
    started, behind, rate = map(int, numbers)
    return CatchUpClock(started, behind, rate)

"""What time is it? The only place in Tocsin that reads a clock."""

import threading
import time
from pathlib import Path
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


class SteadyClock:
    """The machine's clock, but never backwards: when that has been set back, time goes on at half speed from what was
    ``reached`` until they meet. Timers would stand still till then, and rows of the inbox lose their order."""

    def __init__(self, reached: Instant = 0) -> None:
        self._reading = threading.Lock()
        self._at, self._monotonic = max(reached, time.time_ns() // 1_000), time.monotonic_ns() // 1_000

    def now(self) -> Instant:
        with self._reading:
            machine, monotonic = time.time_ns() // 1_000, time.monotonic_ns() // 1_000
            slowly = self._at + (monotonic - self._monotonic) // 2
            if machine >= slowly:
                self._at, self._monotonic = machine, monotonic
            return max(machine, slowly)

    def machine_now(self) -> Instant:
        return self.now()

    def real_seconds_until(self, instant: Instant) -> float:
        return max(0, instant - self.now()) * (2 if self.ahead else 1) / SECOND

    @property
    def ahead(self) -> Duration:
        """How far the machine's own clock is behind what was reached."""
        return max(0, self.now() - time.time_ns() // 1_000)


class SyncedClock:
    """The time of another machine, the database's, carried on by this machine's monotonic clock.

    So processes on many hosts agree on the time, however wrong or jumping the clock of one of them is.
    """

    def __init__(self) -> None:
        self._at, self._monotonic = time.time_ns() // 1_000, self.monotonic()

    def now(self) -> Instant:
        return self._at + self.monotonic() - self._monotonic

    def machine_now(self) -> Instant:
        return self.now()

    def real_seconds_until(self, instant: Instant) -> float:
        return max(0, instant - self.now()) / SECOND

    @staticmethod
    def monotonic() -> Instant:
        return time.monotonic_ns() // 1_000

    def sync(self, told: Instant, asked: Instant, answered: Instant) -> None:
        """The other clock said ``told`` at some moment between ``asked`` and ``answered`` of ``monotonic()``."""
        self._at, self._monotonic = told, (asked + answered) // 2

    @property
    def skew(self) -> Duration:
        """How far this machine's own clock is ahead."""
        return time.time_ns() // 1_000 - self.now()


class CatchUpClock:
    """Lies ``behind`` the real clock until it is started, then runs ``rate`` times as fast until it has caught up.

    It starts at the real moment, in µs, that the file ``start`` holds, and has not started while there is none: several
    processes that are given the same three agree, and the clock can wait until all of them are ready.
    """

    def __init__(self, start: Path, behind: Duration, rate: int) -> None:
        self._start, self._behind, self._rate = start, behind, rate
        self._started: Instant | None = None

    def now(self) -> Instant:
        real = time.time_ns() // 1_000
        return real - self._lag(real)

    def machine_now(self) -> Instant:
        return time.time_ns() // 1_000

    def real_seconds_until(self, instant: Instant) -> float:
        real = time.time_ns() // 1_000
        lag = self._lag(real)
        wanted = max(0, instant - (real - lag))
        return wanted / (self._rate if lag else 1) / SECOND

    def start(self) -> None:
        """For the one who plays: now. The file is there whole or not at all."""
        written = self._start.with_suffix(".new")
        written.write_text(str(self.machine_now()))
        written.replace(self._start)

    def _lag(self, real: Instant) -> Duration:
        if self._started is None and self._start.exists():
            self._started = int(self._start.read_text())
        running = max(0, real - self._started) if self._started else 0
        return max(0, self._behind - running * (self._rate - 1))


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
    """``""`` → the system's clock; ``catchup:FILE:BEHIND:RATE`` (path, µs, factor) → the demo's."""
    if not text:
        return SystemClock()
    kind, _, rest = text.partition(":")
    path, *numbers = rest.rsplit(":", 2)
    if kind != "catchup" or len(numbers) != 2 or not all(number.isdigit() for number in numbers):
        raise ValueError(f"TOCSIN_CLOCK={text!r} is not catchup:FILE:BEHIND:RATE; unset it")
    return CatchUpClock(Path(path), int(numbers[0]), int(numbers[1]))

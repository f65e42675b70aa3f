"""How is a command run as if nobody watched? Its output goes on at once, signals reach it, its end is its own."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tocsin_client.tail import Tail

GRACE_SECONDS = 10.0
_PIECE = 64 * 1024
_LOOK_SECONDS = 0.2
_MOST_IN_A_PIPE = 1024 * 1024
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


class Child:
    """``apart``: with a process group of its own, so that all of it can be ended together.

    Raises OSError where there is no such command. Without ``apart`` it stays in ours, as it would be without us: Ctrl-C
    and whoever ends the whole group reach it by themselves."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], apart: bool) -> None:
        self._apart = apart
        self.timed_out = False
        self.tail = Tail()
        # Inherited files stay open: a lock held on one, or a socket handed over, is the command's business.
        self._process = subprocess.Popen(
            list(command),
            env=dict(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            close_fds=False,
            start_new_session=apart,
        )
        self._ended, self._ending = os.pipe()
        streams = ((self._process.stdout, 1), (self._process.stderr, 2))
        self._pumps = [Pump(source, target, self.tail, self._ended) for source, target in streams]
        for thread in (*self._pumps, threading.Thread(target=self._await_end, daemon=True)):
            thread.start()

    def send(self, number: int) -> None:
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            (os.killpg if self._apart else os.kill)(self._process.pid, number)

    def wait(self, seconds: float | None, woken: int) -> int:
        """The exit code, negative for a signal. After ``seconds`` it is asked to end, and soon after made to."""
        if not self._ends_within(seconds, woken):
            self.timed_out = True
            self.send(signal.SIGTERM)
            if not self._ends_within(GRACE_SECONDS, woken):
                self.send(signal.SIGKILL)
                self._ends_within(None, woken)
        code: int = self._process.returncode
        return code

    def _await_end(self) -> None:
        self._process.wait()
        os.close(self._ending)

    def _ends_within(self, seconds: float | None, woken: int) -> bool:
        """``woken``, for a signal that comes just before the main thread goes to sleep would else be heard too late."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready, _, _ = select.select([self._ended, woken], [], [], left)
            if self._ended in ready or not ready:
                return bool(ready)
            os.read(woken, _PIECE)

    def finish_output(self, seconds: float | None) -> None:
        """Until all that the command wrote has gone on to whoever reads it."""
        until = None if seconds is None else time.monotonic() + seconds
        while any(pump.is_alive() for pump in self._pumps) and (until is None or time.monotonic() < until):
            for pump in self._pumps:
                pump.join(_LOOK_SECONDS)


class Pump(threading.Thread):
    """Hands on what comes, piece by piece. Once the command has ended what is left in the pipe is its own last words;
    a process that it left behind may hold the pipe for ever, and is not waited for."""

    def __init__(self, source: Any, target: int, tail: Tail, ended: int) -> None:
        super().__init__(daemon=True)
        self._source, self._target, self._tail, self._ended = source, target, tail, ended

    def run(self) -> None:
        left = _MOST_IN_A_PIPE
        with self._source, contextlib.suppress(OSError):  # who read us has gone: then the command shall notice, too
            while left > 0:
                ready, _, _ = select.select([self._source, self._ended], [], [])
                data = os.read(self._source.fileno(), _PIECE) if self._source in ready else b""
                if not data:
                    return
                self._tail.feed(self._target, data)
                left -= len(data) if self._ended in ready else 0
                _write(self._target, data)


def _write(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(target, rest) :]
        except BlockingIOError:  # someone before us made it non-blocking
            select.select([], [target], [])


@contextlib.contextmanager
def signals_to(handle: Callable[[int], None]) -> Iterator[int]:
    """What reaches us is handed on; the file that is given tells that something came. A signal that is ignored stays
    so, for ``nohup`` means the command."""
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    wakened_before = signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    before: dict[int, Any] = {}
    for name in _SIGNALS:
        number = getattr(signal, name)
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, lambda got, _frame: handle(got))
    try:
        yield woken
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakened_before)
        os.close(woken)
        os.close(waking)


def is_in_front() -> bool:
    """Whether a terminal shows us: its Ctrl-C reaches our whole group, the command too, without our help."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)

"""How is a command run as if nobody watched? Its output goes on at once, signals reach it, its end is its own."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tocsin_client.tail import Tail

GRACE_SECONDS = 10.0
_PIECE = 64 * 1024
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
        reading, self._ended = os.pipe()
        streams = ((self._process.stdout, 1), (self._process.stderr, 2))
        self._pumps = [Pump(source, target, self.tail, reading) for source, target in streams]
        for pump in self._pumps:
            pump.start()

    def send(self, number: int) -> None:
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            (os.killpg if self._apart else os.kill)(self._process.pid, number)

    def wait(self, seconds: float | None) -> int:
        """The exit code, negative for a signal. After ``seconds`` it is asked to end, and soon after made to."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.timed_out = True
            code = self._made_to_end()
        os.close(self._ended)
        return code

    def _made_to_end(self) -> int:
        self.send(signal.SIGTERM)
        try:
            return self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            return self._process.wait()

    def finish_output(self, seconds: float | None) -> None:
        """Until all that the command wrote has gone on to whoever reads it."""
        for pump in self._pumps:
            pump.join(seconds)


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
def signals_to(handle: Callable[[int], None]) -> Iterator[None]:
    """What reaches us is handed on. One that is ignored stays so, for ``nohup`` means the command."""
    before: dict[int, Any] = {}
    for name in _SIGNALS:
        number = getattr(signal, name)
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, lambda got, _frame: handle(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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

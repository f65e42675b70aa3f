"""Who reads the bodies of the next batch while one is worked on? A process of its own, as long as much is waiting.

It is only ever of use: where there is none yet, where it died, or takes too long, the worker reads the bodies itself.
Started when it is first needed, and ended when it was not needed for a while.
"""

import contextlib
import logging
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from alerting.consumer.decoding import Decoded
from alerting.consumer.reading import READY, Asked, asked_to, told_of
from alerting.inbox.port import InboxRow, Position
from rules.instants import MINUTE, SECOND, Duration, Instant

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 3.0  # for a batch; less than a worker has when it is asked to end
UNUSED: Duration = 30 * SECOND
AFTER_A_FAULT: Duration = MINUTE
_ANSWERS = (EOFError, OSError, ValueError)  # no answer, or none that can be understood
Scrubbed = tuple[tuple[str, ...], tuple[str, ...]]
Read = tuple[Sequence[InboxRow], list[Decoded]]


@dataclass(slots=True, frozen=True)
class Batch:
    """``after`` is the place of the last row before it."""

    after: Position
    rows: Sequence[InboxRow]
    scrubbed: Scrubbed


class Ahead:
    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._is_ready = False
        self._begun: Batch | None = None
        self._used_at: Instant = 0
        self._not_before: Instant = 0

    def is_free(self, now: Instant) -> bool:
        """Whether there is a process that has nothing to do; who asks will soon need one. None is waited for."""
        self._used_at = now
        return self._begun is None and self._has_process(now)

    def begin(self, batch: Batch, now: Instant) -> None:
        """Have it read, by the process that is free."""
        assert self._pipe is not None
        try:
            self._pipe.send_bytes(asked_to.encode(Asked(*batch.scrubbed, tuple(batch.rows))))
            self._begun = batch
        except OSError as error:
            self._give_up(now, error)

    def take(self, after: Position, scrubbed: Scrubbed, now: Instant) -> Read | None:
        """The batch that begins there, once it is read. None where there is none, or it was not read."""
        begun = self._begun
        if begun is None or begun.after > after:
            return None
        self._begun = None
        decoded = self._answer(now)
        if decoded is None or (begun.after, begun.scrubbed) != (after, scrubbed):
            return None
        for row, each in zip(begun.rows, decoded, strict=True):
            each.row = row
        return begun.rows, decoded

    def rest(self, now: Instant) -> None:
        """To be called now and then."""
        if self._process is not None and self._begun is None and not 0 <= now - self._used_at < UNUSED:
            self.close()

    def close(self) -> None:
        if self._process is None or self._pipe is None:
            return
        self._pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)  # it may be at something that nobody waits for any more
        self._process.kill()
        self._process.wait()
        self._process = self._pipe = self._begun = None
        self._is_ready = False

    def _answer(self, now: Instant) -> list[Decoded] | None:
        assert self._pipe is not None
        try:
            if not self._pipe.poll(PATIENCE_SECONDS):
                raise TimeoutError(f"no answer in {PATIENCE_SECONDS:.0f} s")
            return told_of.decode(self._pipe.recv_bytes())
        except _ANSWERS as error:
            self._give_up(now, error)
            return None

    def _has_process(self, now: Instant) -> bool:
        """One that says that it is there."""
        if self._process is None:
            if now >= self._not_before:
                self._start(now)
            return False
        assert self._pipe is not None
        try:
            if not self._is_ready and self._pipe.poll(0):
                self._is_ready = self._pipe.recv_bytes() == READY
        except _ANSWERS as error:
            self._give_up(now, error)
        return self._is_ready

    def _start(self, now: Instant) -> None:
        ours, its = socket.socketpair()
        with its:
            try:
                command = [sys.executable, "-P", "-m", "alerting.consumer.reading", str(its.fileno())]
                self._process = subprocess.Popen(command, pass_fds=[its.fileno()])
            except OSError as error:  # the machine has no room for it
                ours.close()
                self._give_up(now, error)
                return
        self._pipe = Connection(ours.detach())

    def _give_up(self, now: Instant, error: Exception) -> None:
        log.warning("the process that reads ahead is not to be had, the worker reads alone: %r", error)
        self._not_before = now + AFTER_A_FAULT
        self.close()

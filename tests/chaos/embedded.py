"""``tocsin serve`` over its own files, and what can happen to it."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from chaos.disturbing import Diary
from support.faketime import FAKETIME, READ_SECONDS, FakeTime
from support.service import Service


class Embedded:
    def __init__(self, folder: Path, config: str) -> None:
        self.diary = Diary()
        self._clock = FakeTime(folder) if FAKETIME is not None else None
        self.service = Service(config, folder, **(self._clock.environment if self._clock else {}))
        self.service.wait_ready()
        self.ports = [self.service.port]
        self.acts: dict[str, Callable[[float], None]] = {
            "kill the receiver": self._kill_receiver,
            "kill the worker": self._kill_worker,
            "kill both": self._kill_both,
            "stop the receiver": lambda seconds: self._stop(seconds, self.service.processes()[:1]),
            "stop the worker": lambda seconds: self._stop(seconds, self.service.processes()[1:]),
            "fill the disk": self._fill_disk,
            "fill the disk and kill the worker": lambda seconds: self._fill_disk(seconds, self._kill_worker),
            "lock the state": lambda seconds: self._lock(seconds, self.service.data / "tocsin.db"),
            "lock the inbox": lambda seconds: self._lock(seconds, max((self.service.data / "inbox").glob("*.db"))),
            "lock the state and kill the worker": self._lock_and_kill,
        }
        if self._clock is not None:
            self.acts["set the clock forward"] = partial(self._set_clock, self._clock, "+30")
            self.acts["set the clock back"] = partial(self._set_clock, self._clock, "-30")

    @property
    def log(self) -> str:
        return self.service.log

    def get(self, path: str) -> Any:
        return self.service.get(path)

    def revive(self) -> None:
        if self.service.process.poll() is not None:
            self._start_again()

    def close(self) -> None:
        self.service.kill()
        FakeTime.forget(self.service.process.pid)

    def _start_again(self) -> None:
        FakeTime.forget(self.service.process.pid)
        self.service.start_again()

    def _kill_receiver(self, _seconds: float) -> None:
        """Its worker ends by itself."""
        with self.diary.disturbed(ends_sender=True):
            self._kill(self.service.process.pid)
            self.service.process.wait(10)
        self._start_again()

    def _kill_worker(self, _seconds: float) -> None:
        with self.diary.disturbed(ends_sender=True):
            for pid in self.service.processes()[1:]:
                self._kill(pid)

    def _kill_both(self, _seconds: float) -> None:
        with self.diary.disturbed(ends_sender=True):
            self.service.kill()
        self._start_again()

    @staticmethod
    def _kill(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _stop(self, seconds: float, pids: list[int]) -> None:
        with self.diary.disturbed(ends_sender=False):
            try:
                for pid in pids:
                    os.kill(pid, signal.SIGSTOP)
                time.sleep(seconds)
            finally:
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)

    def _fill_disk(self, seconds: float, meanwhile: Callable[[float], None] | None = None) -> None:
        with self.diary.disturbed(ends_sender=False):
            self.service.limit_files(0)
            time.sleep(seconds / 2)
            if meanwhile is not None:
                meanwhile(seconds)
            time.sleep(seconds / 2)
            self.service.limit_files()

    def _lock_and_kill(self, seconds: float) -> None:
        with self._locked(self.service.data / "tocsin.db"):
            time.sleep(seconds / 2)
            self._kill_worker(seconds)
            time.sleep(seconds / 2)

    def _lock(self, seconds: float, path: Path) -> None:
        with self._locked(path):
            time.sleep(seconds)

    @contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        """By another program that writes to the file, and takes its time."""
        with self.diary.disturbed(ends_sender=False), closing(sqlite3.connect(path, 60, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")

    @staticmethod
    def _set_clock(clock: FakeTime, ahead: str, seconds: float) -> None:
        clock.set(ahead)
        time.sleep(READ_SECONDS + seconds)
        clock.set("+0")

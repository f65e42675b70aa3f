"""Receivers and workers over a PostgreSQL of their own, and what can happen to them and to it."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

import asyncpg

from chaos.disturbing import Diary
from support.databases import run
from support.fleet import Fleet
from support.postgresql_server import PostgresqlServer

_LEASE = 4.0  # seconds without a renewal after which others may take over
_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tocsin'"
_LOCKED = ("outbox", "inbox", "alert_state")  # one at a time: several would be a deadlock of the test's own


class Shared:
    """Two of each. ``turn`` says whose turn it is to be hurt."""

    def __init__(self, folder: Path, config: str) -> None:
        self.diary = Diary()
        self.server = PostgresqlServer(folder)
        self.fleet = Fleet(folder, self.server.url, config, receivers=2, workers=2)
        self.ports = self.fleet.ports
        self._turn, self._tables = 0, itertools.cycle(_LOCKED)
        self.acts: dict[str, Callable[[float], None]] = {
            "kill a receiver": lambda _: self.fleet.kill_receiver(self._next()),
            "kill a worker": lambda _: self._kill_workers(self._next()),
            "kill all": self._kill_all,
            "stop a receiver": lambda seconds: self._stop(seconds, self.fleet.receivers),
            "stop a worker": lambda seconds: self._stop(seconds, self.fleet.workers),
            "stop a worker for longer than its lease": lambda seconds: self._stop(_LEASE + seconds, self.fleet.workers),
            "end all connections": lambda _: self._asked(_END_ALL),
            "end all connections and kill a worker": self._end_and_kill,
            "restart the database": lambda seconds: self._away(seconds, "fast"),
            "crash the database": lambda seconds: self._away(seconds, "immediate"),
            "lock a table": self._lock,
            "lock a table and kill a worker": lambda seconds: self._lock(seconds, self._kill_workers),
        }

    @property
    def log(self) -> str:
        return self.fleet.log

    def get(self, path: str) -> Any:
        return self.fleet.get(path)

    def revive(self) -> None:
        self.fleet.revive()

    def close(self) -> None:
        for process in [*self.fleet.workers, *self.fleet.receivers]:
            process.kill()
            process.wait(10)
        self.server.close()

    def _next(self) -> int:
        self._turn += 1
        return self._turn % 2

    def _kill_workers(self, *places: int) -> None:
        with self.diary.disturbed(ends_sender=True):
            for place in places:
                self.fleet.kill_worker(place)

    def _kill_all(self, _seconds: float) -> None:
        self._kill_workers(0, 1)
        for place in (0, 1):
            self.fleet.kill_receiver(place)

    def _stop(self, seconds: float, processes: "list[Popen[bytes]]") -> None:
        pid = processes[self._next()].pid
        with self.diary.disturbed(ends_sender=seconds >= _LEASE), suppress(ProcessLookupError):
            try:
                os.kill(pid, signal.SIGSTOP)
                time.sleep(seconds)
            finally:
                os.kill(pid, signal.SIGCONT)

    def _asked(self, statement: str) -> None:
        async def ask() -> None:
            connection = await asyncpg.connect(self.server.url, timeout=10)
            await connection.execute(statement)
            await connection.close()

        with self.diary.disturbed(ends_sender=False):
            run(ask())

    def _end_and_kill(self, _seconds: float) -> None:
        self._asked(_END_ALL)
        self._kill_workers(self._next())

    def _away(self, seconds: float, how: str) -> None:
        with self.diary.disturbed(ends_sender=seconds >= _LEASE):
            self.server.stop(how)
            time.sleep(seconds)
            self.server.start()

    def _lock(self, seconds: float, meanwhile: Callable[[int], None] | None = None) -> None:
        """By somebody who repairs it by hand, and takes his time."""
        table = next(self._tables)

        async def hold() -> None:
            connection = await asyncpg.connect(self.server.url, timeout=10)
            async with connection.transaction():
                await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
                await asyncio.sleep(seconds / 2)
                if meanwhile is not None:
                    await asyncio.to_thread(meanwhile, self._next())
                await asyncio.sleep(seconds / 2)
            await connection.close()

        with self.diary.disturbed(ends_sender=False):
            run(hold())

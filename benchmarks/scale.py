"""How much faster do two workers drain than one? 40,000 failures of 64 workflows in OTLP bodies of 100 spans wait in
the inbox of a PostgreSQL of its own; then the workers are started.

    .venv/bin/python benchmarks/scale.py

The time counts from when all workers have joined and hold their share to when nothing waits. Prints the CPU seconds of
each worker and of all of PostgreSQL in that time; all of them share the machine's cores.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import asyncio

import asyncpg
from sqlalchemy import text

from alerting.clock import SystemClock
from alerting.database.postgresql import open_postgresql
from alerting.inbox.port import Entry
from alerting.inbox.postgresql import PostgresqlLog
from alerting.storage.progress import activate_at_once
from support.otlp import span, traces
from support.postgresql_server import PostgresqlServer
from support.service import bare_environment, cpu_seconds

BATCH, WORKFLOWS = 100, 64


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--failures", type=int, default=40_000)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    told = asked.parse_args()
    rates: dict[int, float] = {}
    print(f"cores: {os.cpu_count()}")
    for workers in told.workers:
        rates[workers] = measure(told.failures, workers)
    base = rates[told.workers[0]]
    for workers, rate in rates.items():
        print(f"{workers} workers: {rate:,.0f} failures/s, {rate / base:.2f} times the first")


def measure(failures: int, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresqlServer(Path(folder))
        try:
            fill(server.url, failures)
            return drain(Path(folder), server.url, failures, workers)
        finally:
            server.close()


def fill(url: str, failures: int) -> None:
    clock = SystemClock()
    store = open_postgresql(url, 2)
    activate_at_once(store, "channels: {}", clock.now())
    log = PostgresqlLog(store, clock)
    for first in range(0, failures, BATCH):
        spans = [
            span(f"w{n % WORKFLOWS}", clock.now(), trace=n + 1, failed=True, message="no answer")
            for n in range(first, min(first + BATCH, failures))
        ]
        log.append([Entry("traces", traces(spans), "application/x-protobuf", "", len(spans))])
    with store.write() as connection:
        # Held back until all workers are there: a start-up is no part of what is measured.
        connection.execute(text("UPDATE inbox_pending SET claimed_by = 'held'"))
        connection.execute(text("ANALYZE"))
    store.close()


def drain(folder: Path, url: str, failures: int, workers: int) -> float:
    environment = {**bare_environment(folder), "TOCSIN_DATABASE_URL": url}
    command = [sys.executable, "-m", "alerting.cli.main", "worker"]
    processes = [subprocess.Popen(command, cwd=folder, env=environment) for _ in range(workers)]
    try:
        wait(url, f"SELECT count(DISTINCT owner) = {workers} AND min(owner) != '' FROM partition")
        time.sleep(2)
        before = [cpu_seconds(process.pid) for process in processes], postgresql_cpu()
        began = time.monotonic()
        asyncio.run(execute(url, "UPDATE inbox_pending SET claimed_by = ''"))
        wait(url, "SELECT (SELECT count(*) FROM inbox_pending) + (SELECT count(*) FROM task) = 0")
        took = time.monotonic() - began
        used = [round(cpu_seconds(p.pid) - b, 1) for p, b in zip(processes, before[0], strict=True)]
        print(f"{workers} workers drained {failures} failures in {took:.1f} s; CPU seconds: workers {used}, "
              f"PostgreSQL {postgresql_cpu() - before[1]:.1f}", flush=True)  # fmt: skip
        return failures / took
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)


def postgresql_cpu() -> float:
    """Of every process of the server, with those that have ended meanwhile."""
    pids = subprocess.run(["pgrep", "-u", "postgres"], capture_output=True, text=True).stdout.split()
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def wait(url: str, question: str) -> None:
    while not asyncio.run(ask(url, question)):
        time.sleep(0.05)


async def ask(url: str, question: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval(question))
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


if __name__ == "__main__":
    main()

"""A PostgreSQL database for each test, on the server of this machine; skipped visibly where there is none."""

import asyncio
import os
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import pytest

SERVER = os.environ.get("TOCSIN_TEST_POSTGRESQL", "postgresql://root@127.0.0.1:5432")
_reachable: bool | None = None


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: a browser's driver may be running a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def require_postgresql() -> None:
    global _reachable
    if _reachable is None:
        try:
            run(_execute("SELECT 1"))
            _reachable = True
        except (OSError, asyncpg.PostgresError):
            _reachable = False
    if not _reachable:
        pytest.skip(f"PostgreSQL does not answer at {SERVER}")


async def _execute(*statements: str, database: str = "postgres") -> None:
    connection = await asyncpg.connect(f"{SERVER}/{database}", timeout=5)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def query(url: str, statement: str) -> list[dict[str, Any]]:
    """By a reader that is no part of Tocsin."""

    async def fetch() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return [dict(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    found: list[dict[str, Any]] = run(fetch())
    return found


class Database:
    """``url`` until ``drop``. ``template``: the name of one to begin as a copy of."""

    def __init__(self, template: str = "template0") -> None:
        require_postgresql()
        self.name = f"tocsin_test_{uuid.uuid4().hex[:12]}"
        run(_execute(f"CREATE DATABASE {self.name} TEMPLATE {template}"))

    @property
    def url(self) -> str:
        return f"{SERVER}/{self.name}"

    def execute(self, *statements: str) -> None:
        run(_execute(*statements, database=self.name))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        return query(self.url, statement)

    def drop(self) -> None:
        run(_execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)"))

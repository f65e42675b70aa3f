"""A store as the version before wrote it: its tables at the schema before the last, with what is in them now.

Columns that it did not know are left out, and counts summed where it knew fewer cells of a rollup.
"""

import asyncio
import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from alerting.database import upgrading
from support.databases import Database, run

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
BEFORE = upgrading._KNOWN[-2]
COUNT = "n"


def as_the_version_before(path: Path) -> None:
    """``path``: of the embedded store, which nobody has open."""
    old = path.with_suffix(".old")
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        upgrading._upgrade(connection, "", BEFORE)
    engine.dispose()
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("ATTACH ? AS now", (str(path),))
        for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table != "alembic_version":
                _copy(connection, table)
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    old.rename(path)


def _copy(connection: sqlite3.Connection, table: str) -> None:
    there = [row[1] for row in connection.execute(f"PRAGMA now.table_info({table})")]
    names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})") if row[1] in there]
    into = ", ".join(f'"{name}"' for name in names)
    connection.execute(f"INSERT OR REPLACE INTO {table} ({into}) {_select(f'now.{table}', names)}")


def _select(table: str, names: list[str]) -> str:
    plain = ", ".join(f'"{name}"' for name in names)
    keys = ", ".join(f'"{name}"' for name in names if name != COUNT)
    summed = ", ".join(f'SUM("{name}") AS "{name}"' if name == COUNT else f'"{name}"' for name in names)
    return f"SELECT {summed} FROM {table} GROUP BY {keys}" if COUNT in names else f"SELECT {plain} FROM {table}"


def copy_as_the_version_before(url: str) -> Database:
    """Of a PostgreSQL database that nobody writes to."""
    old = Database()
    run(_fill(url, old.url))
    return old


async def _fill(url: str, old: str) -> None:
    engine = create_async_engine(old.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as made:
        await made.run_sync(lambda connection: upgrading._upgrade(connection, "", BEFORE))
    await engine.dispose()
    now, before = await asyncio.gather(asyncpg.connect(url), asyncpg.connect(old))
    try:
        tables = await _tables(before)
        await _cut(now, before)
        for table in tables:
            if table != "alembic_version":
                await _carry(now, before, table)
    finally:
        await now.close()
        await before.close()


async def _tables(connection: "Connection") -> list[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row[0] for row in rows]


async def _cut(now: "Connection", before: "Connection") -> None:
    """The partitions that there are now, which are made while it runs."""
    query = """SELECT c.relname AS name, i.inhparent::regclass AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound
        FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relispartition AND c.relkind = 'r'"""
    for row in await now.fetch(query):
        await before.execute(f"CREATE TABLE IF NOT EXISTS {row['name']} PARTITION OF {row['parent']} {row['bound']}")


async def _carry(now: "Connection", before: "Connection", table: str) -> None:
    there = await _columns(now, table)
    names = [name for name in await _columns(before, table) if name in there]
    told = io.BytesIO()
    await now.copy_from_query(_select(table, names), output=told)
    told.seek(0)
    await before.execute(f"DELETE FROM {table}")
    await before.copy_to_table(table, source=told, columns=names)
    for name in names:  # what is numbered goes on behind what is there
        sequence = await before.fetchval("SELECT pg_get_serial_sequence($1, $2)", table, name)
        if sequence:
            await before.execute(f"SELECT setval('{sequence}', max({name})) FROM {table}")


async def _columns(connection: "Connection", table: str) -> list[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position"
    return [row[0] for row in await connection.fetch(query, table)]

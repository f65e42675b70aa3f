"""Does the schema fit this version? Looked up at every start; brought up to date by Alembic when it is older.

Alembic takes a while to import, so it is only when there is something to do.
"""

from pathlib import Path

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import inspect, text

from alerting.database.port import Connection, SchemaMismatch

HEAD = "0011"
_FIRST = "0001"
_KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", HEAD)
_LOCK = 7_464_001  # any number that nobody else takes: one process at a time changes the schema
SCRIPTS = Path(__file__).parent / "migrations"


def bring_up_to_date(connection: SyncConnection) -> None:
    """Create the tables, or upgrade them, in the caller's transaction. Raises SchemaMismatch."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = revision(connection)
    if found == HEAD:
        return
    if found and found not in _KNOWN:
        raise SchemaMismatch(
            f"the store has schema {found}, this version of Tocsin knows {HEAD}; "
            "start the version that wrote it, or a newer one"
        )
    _upgrade(connection, stamped=found)


def expect_head(connection: Connection) -> None:
    """A newer process may have changed the tables under an older one's feet. Raises SchemaMismatch."""
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found != HEAD:
        raise SchemaMismatch(f"the store has schema {found} by now, this process knows {HEAD}; start the newer version")


def revision(connection: SyncConnection) -> str:
    """The revision of a store; "" for an empty one. The first version wrote its number into ``meta`` instead."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    if "meta" not in tables:
        return ""
    number = connection.execute(text("SELECT value FROM meta WHERE name = 'schema'")).scalar()
    if number == "1":
        return _FIRST
    raise SchemaMismatch(f"the store has schema {number!r}, which no version of Tocsin wrote; give another folder")


def _upgrade(connection: SyncConnection, stamped: str, to: str = HEAD) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    if stamped and "alembic_version" not in inspect(connection).get_table_names():
        command.stamp(config, stamped)
    command.upgrade(config, to)

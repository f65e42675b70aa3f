"""What do processes note for each other and for later? One text under each name."""

from sqlalchemy import select

from alerting.database.port import Connection
from alerting.database.statements import upsert
from alerting.storage.schema import MetaRow, table

_meta = table(MetaRow)


def noted(connection: Connection, name: str) -> str:
    """ "" where nothing was."""
    return connection.execute(select(_meta.c.value).where(_meta.c.name == name)).scalar() or ""


def note(connection: Connection, name: str, value: str) -> None:
    upsert(connection, _meta, [{"name": name, "value": value}])

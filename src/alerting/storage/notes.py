"""What do processes note for each other and for later? One text under each name."""

from sqlalchemy import select

from alerting.database.port import Connection
from alerting.database.statements import insert_new, upsert
from alerting.storage.schema import MetaRow, table

_meta = table(MetaRow)


def noted(connection: Connection, name: str) -> str:
    """ "" where nothing was."""
    return connection.execute(select(_meta.c.value).where(_meta.c.name == name)).scalar() or ""


def note(connection: Connection, name: str, value: str) -> None:
    upsert(connection, _meta, [{"name": name, "value": value}])


def note_once(connection: Connection, name: str, value: str) -> str:
    """What is noted from now on: ``value``, unless somebody noted another before."""
    insert_new(connection, _meta, [{"name": name, "value": value}])
    return noted(connection, name)

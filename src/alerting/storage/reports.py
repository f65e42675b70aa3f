"""Reports that were made: kept under their ids, to be read again as they were."""

from sqlalchemy import delete, select

from alerting.database.port import Connection
from alerting.database.statements import insert_new, upsert
from alerting.storage.schema import ReportRow, table
from rules.instants import Instant

MOST_ASKED_FOR = 200
_report = table(ReportRow)


def save(connection: Connection, id_: str, name: str, now: Instant, body: bytes, told: bytes) -> None:
    """Of those that were only asked for, without the name of a schedule, the latest stay."""
    row = {"id": id_, "name": name, "made_at": now, "body": body, "told": told}
    if name:
        upsert(connection, _report, [row])
    else:  # one that was sent by its schedule stays what it is
        insert_new(connection, _report, [row])
    asked = select(_report.c.id).where(_report.c.name == "").order_by(_report.c.made_at.desc())
    connection.execute(delete(_report).where(_report.c.id.in_(asked.offset(MOST_ASKED_FOR).limit(MOST_ASKED_FOR))))


def body_of(connection: Connection, id_: str) -> bytes | None:
    return connection.execute(select(_report.c.body).where(_report.c.id == id_)).scalar()


def told_of(connection: Connection, id_: str) -> bytes | None:
    return connection.execute(select(_report.c.told).where(_report.c.id == id_)).scalar()


def forget(connection: Connection, before: Instant) -> None:
    connection.execute(delete(_report).where(_report.c.made_at < before))

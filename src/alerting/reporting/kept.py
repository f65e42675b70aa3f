"""How is a report written down, and read again as it was?"""

from typing import TYPE_CHECKING

import msgspec
import zstandard

from alerting.database.port import Connection, Store, StoreUnavailable
from alerting.storage import reports as stored
from alerting.storage.report_words import Told, encoded
from rules.instants import Instant

if TYPE_CHECKING:
    from reports.model import Report


def packed(report: "Report", told: Told) -> tuple[bytes, bytes]:
    return zstandard.compress(msgspec.json.encode(report), 6), encoded(told)


def keep(store: Store, report: "Report", now: Instant) -> bool:
    """One that somebody asked for. False where it cannot be written down just now."""
    try:
        with store.write() as connection:
            stored.save(connection, report.id, "", now, *packed(report, Told(report.title, "")))
    except StoreUnavailable:
        return False
    return True


def kept(store: Store, id_: str) -> "Report | None":
    with store.read() as connection:
        return kept_in(connection, id_)


def kept_in(connection: Connection, id_: str) -> "Report | None":
    from reports.model import Report

    body = stored.body_of(connection, id_)
    return None if body is None else msgspec.json.decode(zstandard.decompress(body), type=Report)

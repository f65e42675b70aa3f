"""How is a report written down, and read again as it was?"""

from typing import TYPE_CHECKING

import msgspec
import zstandard

from alerting.database.port import Store
from alerting.storage import reports as stored
from alerting.storage.report_words import Told, encoded

if TYPE_CHECKING:
    from reports.model import Report


def packed(report: "Report", told: Told) -> tuple[bytes, bytes]:
    return zstandard.compress(msgspec.json.encode(report), 6), encoded(told)


def kept(store: Store, id_: str) -> "Report | None":
    from reports.model import Report

    with store.read() as connection:
        body = stored.body_of(connection, id_)
    return None if body is None else msgspec.json.decode(zstandard.decompress(body), type=Report)

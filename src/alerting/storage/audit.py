"""Who changed what, when, and what was there before?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from alerting.database.port import Connection
from alerting.storage.schema import AuditRow, table
from rules.instants import Instant

_audit = table(AuditRow)


@dataclass(slots=True, frozen=True)
class Audited:
    """``before`` and ``after`` hold no secrets; None where there was, or is, nothing."""

    by: str
    action: str
    object: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record(connection: Connection, at: Instant, audited: Audited) -> None:
    said = {"by": audited.by, "action": audited.action, "object": audited.object}
    connection.execute(insert(_audit).values(at=at, before=_json(audited.before), after=_json(audited.after), **said))


def _json(value: Mapping[str, Any] | None) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)

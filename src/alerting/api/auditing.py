"""Who changed what? ``/api/v1/audit``, newest first."""

import json
from typing import Any

from fastapi import APIRouter, Request

from alerting.api.context import context_of
from alerting.api.reading import Asked, Listing, items, listed
from alerting.storage.schema import AuditRow, table
from alerting.wire import time_or_none

router = APIRouter(prefix="/api/v1")
AUDIT = Listing(table(AuditRow), "at", ("by", "action", "object"))


@router.get("/audit")
def audit(request: Request, filters: Asked) -> dict[str, Any]:
    return items(listed(context_of(request), AUDIT, filters), _wire)


def _wire(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: json.loads(row[name]) if row[name] else None for name in ("before", "after")}
    told = {name: row[name] for name in ("id", "by", "action", "object")}
    return {**told, "at": time_or_none(row["at"]), **values}

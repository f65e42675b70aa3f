"""How does a long list come in pages? Newest first, by keyset: stable however much is added meanwhile."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Select, and_, or_

from alerting.database.port import Connection
from alerting.moments import BadQuery

MOST = 500
USUAL = 50


@dataclass(slots=True, frozen=True)
class Page:
    """``rows`` of one page; ``next`` is the cursor of the following one, None at the end."""

    rows: list[dict[str, Any]]
    next: str | None


def page(
    connection: Connection, statement: Select[Any], order: Column[Any], key: Column[Any], cursor: str | None, limit: int
) -> Page:
    """``order`` descending, ties by ``key``."""
    if not 1 <= limit <= MOST:
        raise BadQuery(f"limit must lie between 1 and {MOST}")
    if cursor:
        at, last = _decoded(cursor)
        statement = statement.where(or_(order < at, and_(order == at, key < last)))
    statement = statement.order_by(order.desc(), key.desc()).limit(limit + 1)
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    following = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], cursor_of(following[order.name], following[key.name]) if following else None)


def cursor_of(at: Any, key: Any) -> str:
    """Of the page that follows the row with this order and key."""
    return base64.urlsafe_b64encode(json.dumps([at, key]).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[Any, Any]:
    try:
        at, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise BadQuery("cursor is not one that this API gave; leave it out to begin anew") from None
    return at, key

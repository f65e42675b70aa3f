"""What was changed when, and when error groups were new, resolved and back: what a report sets beside the failures."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, select

from alerting.database.port import Connection
from alerting.database.statements import insert_new
from alerting.ingest.changes import KEPT, Change
from alerting.storage.schema import ChangeRow, ErrorGroupRow, GroupEventRow, table
from rules.instants import Instant

_change = table(ChangeRow)
_event = table(GroupEventRow)
_group = table(ErrorGroupRow)


class Changed(NamedTuple):
    """``workflows`` are globs of those that it concerns; () for all. ``environment`` "" is all of them."""

    at: Instant
    kind: str
    title: str
    version: str
    environment: str
    workflows: tuple[str, ...]
    url: str


class GroupEvent(NamedTuple):
    """``kind``: new, resolved or regressed; ``version`` as in ``GroupEventRow``."""

    at: Instant
    error_group: str
    kind: str
    version: str


def save(connection: Connection, changes: Iterable[Change]) -> None:
    """One that is known by its id already changes nothing."""
    insert_new(connection, _change, [
        {"id": each.id, "at": each.at, "kind": each.kind, "title": each.title,
         "workflows": json.dumps(each.workflows, ensure_ascii=False), "environment": each.environment,
         "version": each.version, "url": each.url, "source": each.source}
        for each in changes
    ])  # fmt: skip


def changes_between(connection: Connection, first: Instant, until: Instant) -> list[Changed]:
    """Those made in [first, until), oldest first."""
    statement = select(_change).where(_change.c.at >= first, _change.c.at < until).order_by(_change.c.at, _change.c.id)
    return [
        Changed(row.at, row.kind, row.title, row.version, row.environment, tuple(json.loads(row.workflows)), row.url)
        for row in connection.execute(statement)
    ]


def group_events_between(connection: Connection, first: Instant, until: Instant) -> list[GroupEvent]:
    """What became of error groups in [first, until), oldest first. A group is new when its first failure happened."""
    columns = _event.c.error_group, _event.c.kind, _event.c.version
    later = select(_event.c.at, *columns).where(_event.c.kind != "new", _event.c.at >= first, _event.c.at < until)
    seen = _group.c.first_seen
    new = select(seen, *columns).join(_group, _group.c.id == _event.c.error_group)
    new = new.where(_event.c.kind == "new", seen >= first, seen < until)
    return sorted(GroupEvent(*row) for statement in (new, later) for row in connection.execute(statement))


def forget(connection: Connection, now: Instant) -> None:
    """What lies so far back that no report looks at it."""
    for rows in (_change, _event):
        connection.execute(delete(rows).where(rows.c.at < now - KEPT))

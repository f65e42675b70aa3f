"""Error groups, their aliases and the failures in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from alerting.database.port import Connection
from alerting.database.statements import Row, insert_new, rows_where, upsert
from alerting.storage.schema import ErrorGroupRow, FailureRow, GroupAliasRow, GroupEventRow, RunRow, table
from rules.instants import Instant

_group = table(ErrorGroupRow)
_alias = table(GroupAliasRow)
_failure = table(FailureRow)
_event = table(GroupEventRow)
_run = table(RunRow)


@dataclass(slots=True, frozen=True)
class Resolution:
    """Somebody says that a group is mended, in ``version`` or ("") everywhere."""

    at: Instant
    group: str
    version: str
    by: str


def load_aliases(connection: Connection) -> dict[str, str]:
    """Each with the group that it belongs to by now, which is known under no other."""
    told = {row.id: row.canonical for row in connection.execute(select(_alias))}
    return {each: canonical(told, each) for each in told}


def canonical(aliases: Mapping[str, str], group: str) -> str:
    """The group that ``group`` belongs to: the one it was linked to may have been linked in its turn."""
    seen = {group}
    while (linked := aliases.get(group, group)) not in seen:
        seen.add(linked)
        group = linked
    return group


def save_aliases(connection: Connection, aliases: dict[str, str]) -> None:
    insert_new(connection, _alias, [{"id": old, "canonical": new} for old, new in aliases.items()])


def load_groups(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    return {row["id"]: row for row in rows_where(connection, _group, "id", ids)}


def save_groups(connection: Connection, rows: list[Row]) -> None:
    upsert(connection, _group, rows)


def save_failures(connection: Connection, rows: list[Row]) -> None:
    upsert(connection, _failure, rows)


def recount(connection: Connection, groups: Iterable[str]) -> None:
    """Set count, first and last seen from the failures that are in each group now; an empty group goes."""
    for group in groups:
        statement = select(func.count(), func.min(_failure.c.occurred_at), func.max(_failure.c.occurred_at))
        count, first, last = connection.execute(statement.where(_failure.c.error_group == group)).one()
        if count:
            values = {"count": count, "first_seen": first, "last_seen": last}
            connection.execute(update(_group).where(_group.c.id == group).values(**values))
        else:
            connection.execute(delete(_group).where(_group.c.id == group))
            connection.execute(delete(_event).where(_event.c.error_group == group))


def resolve(connection: Connection, said: Resolution) -> None:
    """A group that is there no more is not resolved."""
    values = {"state": "resolved", "resolved_at": said.at, "resolved_version": said.version}
    found = connection.execute(update(_group).where(_group.c.id == said.group).values(**values))
    if found.rowcount:
        save_events(connection, [event(said.group, said.at, "resolved", said.version, said.by)])


def event(group: str, at: Instant, kind: str, version: str, by: str = "") -> Row:
    return {"error_group": group, "at": at, "kind": kind, "version": version, "by": by}


def save_events(connection: Connection, rows: list[Row]) -> None:
    """One that is there already changes nothing: what is worked on twice happened once."""
    insert_new(connection, _event, rows)


def history(connection: Connection, group: str) -> list[Row]:
    """What became of it, latest first; the moment it was new is that of its first failure."""
    since = select(_group.c.first_seen).where(_group.c.id == group)
    first = connection.execute(since).scalar() or 0
    statement = select(_event).where(_event.c.error_group == group)
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    known = [{**row, "at": first} if row["kind"] == "new" else row for row in rows]
    return sorted(known, key=lambda row: (row["at"], row["kind"]), reverse=True)


def workflow_of(connection: Connection, group: str) -> str | None:
    """None for a group that is there no more."""
    return connection.execute(select(_group.c.workflow).where(_group.c.id == group)).scalar()


def has_failed(connection: Connection, group: str, version: str, until: Instant) -> bool:
    """Whether this version failed so by then, as far as failures are kept."""
    mine = _failure.c.error_group == group, _failure.c.occurred_at <= until, _failure.c.version == version
    latest = select(_failure.c.id).where(*mine).order_by(_failure.c.occurred_at.desc()).limit(1)
    return connection.execute(latest).first() is not None


def latest_version(connection: Connection, group: str, workflow: str) -> str:
    """That of the group's latest failure, or of the workflow's latest good run that said its version, whichever ended
    later; "" where neither said one."""
    good = _run.c.workflow == workflow, _run.c.version != "", _run.c.outcome == "succeeded"
    went_well = select(_run.c.ended_at, _run.c.version).where(*good).order_by(_run.c.ended_at.desc())
    failed = select(_failure.c.occurred_at, _failure.c.version).where(_failure.c.error_group == group)
    failed = failed.order_by(_failure.c.occurred_at.desc())
    latest = [row for each in (went_well, failed) if (row := connection.execute(each.limit(1)).first())]
    return str(max((tuple(row) for row in latest if row[1]), default=(0, ""))[1])

"""Notifications, the outbox and the delivery log: what is owed to whom, and what came of each try."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    ColumnElement,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)

from alerting.cluster.tables import WORKER
from alerting.database.port import Connection, is_postgresql
from alerting.database.statements import Row, chunks, insert_new, upsert
from alerting.storage.schema import ChannelHealthRow, DeliveryRow, NotificationRow, OutboxRow, ThreadRow, ToldRow, table
from rules.instants import Instant

_notification = table(NotificationRow)
_outbox = table(OutboxRow)
_told = table(ToldRow)
_delivery = table(DeliveryRow)
_health = table(ChannelHealthRow)
_thread = table(ThreadRow)
_KEY = ("notification", "channel", "target")
_MOST_TOGETHER = 50


@dataclass(slots=True, frozen=True)
class Owed:
    """One delivery that is due: the head of its conversation with one target, and the messages queued behind it,
    oldest first. ``rows`` and ``notifications`` are in that order."""

    rows: tuple[Mapping[str, Any], ...]
    notifications: tuple[Mapping[str, Any], ...]

    @property
    def head(self) -> Mapping[str, Any]:
        return self.rows[0]


@dataclass(slots=True, frozen=True)
class Lease:
    """From ``now`` to ``until`` by the machine's clock, however the service's runs; of worker ``by``, where there are
    several."""

    now: Instant
    until: Instant
    by: str = ""


def queue(connection: Connection, notifications: list[Row], outbox: list[Row], told: list[Row]) -> None:
    """A notification that is there already was decided before a replay: it is not queued again. ``told``: which alerts
    it is about."""
    insert_new(connection, _notification, notifications)
    insert_new(connection, _outbox, outbox)
    insert_new(connection, _told, told)


def next_numbers(connection: Connection, count: int) -> list[int]:
    """``count`` numbers above all that were given before."""
    if not count:
        return []
    if is_postgresql(connection):
        drawn = text("SELECT nextval('notification_number') FROM generate_series(1, :count)")
        return sorted(connection.execute(drawn, {"count": count}).scalars())
    last = connection.execute(select(func.max(_notification.c.number))).scalar() or 0
    return list(range(last + 1, last + 1 + count))


def known_notifications(connection: Connection, ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for piece in chunks(sorted(ids)):
        found.update(connection.execute(select(_notification.c.id).where(_notification.c.id.in_(piece))).scalars())
    return found


def channels_due(connection: Connection, now: Instant) -> list[str]:
    """Those that something is to be sent to at ``now``."""
    statement = select(_outbox.c.channel).where(_outbox.c.next_attempt_at <= now).distinct()
    return list(connection.execute(statement).scalars())


def claim(connection: Connection, now: Instant, lease: Lease, room: Mapping[str, int]) -> list[Owed]:
    """Take the heads that may be sent at ``now``, one for each (conversation, target) and of each channel as many as it
    has ``room`` for, so that nobody else does until the lease is over, or its worker gone."""
    free = _is_free(connection, now, lease.now)
    heads: list[Row] = []
    for channel in (name for name, most in room.items() if most > 0):
        due = select(_outbox).where(_outbox.c.channel == channel, free).order_by(_outbox.c.number).limit(room[channel])
        locked = due.with_for_update(skip_locked=True, of=_outbox)
        heads.extend(dict(row) for row in connection.execute(locked).mappings())
    if not heads:
        return []
    own = tuple_(*(_outbox.c[name] for name in _KEY)).in_([tuple(head[name] for name in _KEY) for head in heads])
    connection.execute(update(_outbox).where(own).values(leased_until=lease.until, leased_by=lease.by))
    return _with_followers(connection, heads)


def _is_free(connection: Connection, now: Instant, machine: Instant) -> ColumnElement[bool]:
    earlier = _outbox.alias()
    behind_another = exists().where(
        and_(
            earlier.c.conversation == _outbox.c.conversation,
            earlier.c.target == _outbox.c.target,
            earlier.c.number < _outbox.c.number,
        )
    )
    unleased = _outbox.c.leased_until <= machine
    if is_postgresql(connection):
        unleased = or_(unleased, _outbox.c.leased_by.not_in(select(WORKER.c.id)))
    return and_(_outbox.c.next_attempt_at <= now, unleased, ~behind_another)


def due_since(connection: Connection, now: Instant, machine: Instant) -> Instant | None:
    """Since when the oldest delivery could be tried and nobody does."""
    paused = paused_channels(connection, now)
    free = and_(_is_free(connection, now, machine), _outbox.c.channel.not_in(paused))
    return connection.execute(select(func.min(_outbox.c.next_attempt_at)).where(free)).scalar()


def undelivered(connection: Connection) -> dict[str, tuple[Instant, str]]:
    """Since when each channel owes its oldest message, and what came of the last try; channels that owe none are not
    in it."""
    oldest = select(_outbox.c.channel, func.min(_outbox.c.created_at)).group_by(_outbox.c.channel)
    owed = connection.execute(oldest).all()
    return {channel: (created_at, _last_answer(connection, channel, created_at)) for channel, created_at in owed}


def _last_answer(connection: Connection, channel: str, created_at: Instant) -> str:
    tried = (
        select(_delivery.c.detail)
        .join(_outbox, and_(_outbox.c.notification == _delivery.c.notification, _outbox.c.target == _delivery.c.target))
        .where(_outbox.c.channel == channel, _delivery.c.channel == channel, _outbox.c.created_at == created_at)
        .order_by(_delivery.c.id.desc())
        .limit(1)
    )
    return connection.execute(tried).scalar() or ""


def dead_letters(connection: Connection) -> int:
    """How many messages nobody got, ever."""
    dead = select(func.count()).select_from(_notification).where(_notification.c.status == "dead")
    return int(connection.execute(dead).scalar_one())


def paused_channels(connection: Connection, now: Instant) -> set[str]:
    return {name for name, row in health(connection).items() if row["paused_until"] > now}


def release_all(connection: Connection) -> None:
    """For the only worker of a store, when it begins: what another one held before it died is free again."""
    connection.execute(update(_outbox).where(_outbox.c.leased_until > 0).values(leased_until=0))


def _same_row(statement: Update, row: Mapping[str, Any]) -> Update:
    return statement.where(*(_outbox.c[name] == row[name] for name in _KEY))


def _with_followers(connection: Connection, heads: list[Row]) -> list[Owed]:
    """Each head and the messages behind it in its conversation: late, they are said as one."""
    line = (_outbox.c.conversation, _outbox.c.target)
    place = func.row_number().over(partition_by=line, order_by=_outbox.c.number).label("place")
    wanted = tuple_(*line).in_([(head["conversation"], head["target"]) for head in heads])
    lined = select(*(_outbox.c[name] for name in _KEY), place).where(wanted).subquery()
    statement = (
        select(_outbox, _notification)
        .join(lined, and_(*(lined.c[name] == _outbox.c[name] for name in _KEY)))
        .join(_notification, _notification.c.id == _outbox.c.notification)
        .where(lined.c.place <= _MOST_TOGETHER)
        .order_by(_outbox.c.number)
    )
    lines: dict[tuple[str, str], list[tuple[Row, Row]]] = {}
    for row in connection.execute(statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)).mappings():
        owed, notification = _part(dict(row), _outbox.name), _part(dict(row), _notification.name)
        lines.setdefault((owed["conversation"], owed["target"]), []).append((owed, notification))
    found = (lines[head["conversation"], head["target"]] for head in heads)
    return [Owed(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)) for pairs in found]


def _part(row: Mapping[str, Any], table_name: str) -> Row:
    prefix = f"{table_name}_"
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


def next_attempt(connection: Connection) -> Instant | None:
    return connection.execute(select(func.min(_outbox.c.next_attempt_at))).scalar()


def is_held(connection: Connection, owed: Owed, by: str) -> bool:
    """Whether it is still this worker's to conclude: another that took it over may have tried it with what followed."""
    same = [_outbox.c[name] == owed.head[name] for name in _KEY]
    found = connection.execute(select(_outbox.c.leased_by).where(*same).with_for_update()).scalar()
    return bool(found == by)


def settled(connection: Connection, owed: Owed, status: str, title: str, now: Instant) -> None:
    """Drop what was owed; a notification none of whose targets is owed any more is ``sent``, or ``dead``."""
    gone = [{f"a_{name}": row[name] for name in _KEY} for row in owed.rows]
    same = [_outbox.c[name] == bindparam(f"a_{name}") for name in _KEY]
    connection.execute(delete(_outbox).where(*same), gone)
    for notification in owed.notifications:
        _conclude(connection, notification["id"], status, title, now)


def _conclude(connection: Connection, notification: str, status: str, title: str, now: Instant) -> None:
    statement = update(_notification).where(_notification.c.id == notification)
    if status == "sent":
        connection.execute(statement.values(sent_at=now, title=title))
    left = connection.execute(select(func.count()).where(_outbox.c.notification == notification)).scalar_one()
    if not left:
        heard = connection.execute(select(_notification.c.sent_at).where(_notification.c.id == notification)).scalar()
        connection.execute(statement.values(status="sent" if heard else "dead", title=title))


def postpone(connection: Connection, owed: Owed, attempts: int, next_attempt_at: Instant, by: str = "") -> None:
    """Unless another worker has taken it over meanwhile."""
    later = {"attempts": attempts, "next_attempt_at": next_attempt_at, "leased_until": 0, "leased_by": ""}
    mine = _outbox.c.leased_by == by
    connection.execute(_same_row(update(_outbox), owed.head).where(mine).values(**later))


def hand_over(connection: Connection, rows: list[Row]) -> None:
    """Owe the same notifications to a fallback channel's targets."""
    insert_new(connection, _outbox, rows)


def log(connection: Connection, row: Row) -> None:
    connection.execute(insert(_delivery).values(**row))


def set_health(connection: Connection, channel: str, healthy: bool, detail: str, now: Instant) -> None:
    """Written only when it changes: every delivery of every worker passes here."""
    row = {"channel": channel, "healthy": healthy, "detail": detail, "paused_until": 0}
    columns = [_health.c[name] for name in row]
    found = connection.execute(select(*columns).where(_health.c.channel == channel)).mappings().first()
    if found is None or dict(found) != row:
        upsert(connection, _health, [{**row, "changed_at": now}])


def pause(connection: Connection, channel: str, until: Instant, detail: str, now: Instant) -> None:
    row = {"channel": channel, "healthy": True, "detail": detail, "paused_until": until, "changed_at": now}
    upsert(connection, _health, [row])


def health(connection: Connection) -> dict[str, Row]:
    return {row["channel"]: dict(row) for row in connection.execute(select(_health)).mappings()}


def pending(connection: Connection, now: Instant) -> tuple[int, int]:
    """(due now or earlier and not tried yet or due again, waiting for a later try)."""
    due = func.count().filter(_outbox.c.next_attempt_at <= now)
    later = func.count().filter(_outbox.c.next_attempt_at > now)
    ready, retrying = connection.execute(select(due, later).select_from(_outbox)).one()
    return ready, retrying


def thread(connection: Connection, owed: Mapping[str, Any]) -> str:
    """What an earlier message of the conversation left there; "" if none did."""
    same = [_thread.c[name] == owed[name] for name in ("channel", "target", "conversation")]
    return connection.execute(select(_thread.c.handle).where(*same)).scalar() or ""


def keep_thread(connection: Connection, owed: Mapping[str, Any], handle: str, now: Instant) -> None:
    """Without a handle the thread is over: what comes next begins another."""
    row = {name: owed[name] for name in ("channel", "target", "conversation")}
    if handle:
        upsert(connection, _thread, [{**row, "handle": handle, "at": now}])
    else:
        connection.execute(delete(_thread).where(*(_thread.c[name] == value for name, value in row.items())))


def forget_threads(connection: Connection, before: Instant) -> None:
    connection.execute(delete(_thread).where(_thread.c.at < before))

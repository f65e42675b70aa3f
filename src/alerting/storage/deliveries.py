"""What is owed, what became of it, and how do the channels do? Read for people; and a dead letter owed once more."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, update

from alerting.database.port import Connection
from alerting.database.statements import Row, chunks, insert_new
from alerting.storage.schema import DeliveryRow, NotificationRow, OutboxRow, ToldRow, table
from rules.instants import DAY, Instant

_delivery = table(DeliveryRow)
_notification = table(NotificationRow)
_outbox = table(OutboxRow)
_told = table(ToldRow)
_IS_DEAD = (_delivery.c.receipt != "delivered") & (_delivery.c.next_attempt_at == 0)


class NotDead(Exception):
    """There is nothing to send again; the text says why."""


def about(alert: str) -> Select[Any]:
    """The notifications about an alert."""
    return select(_told.c.notification).where(_told.c.alert == alert)


def owed(connection: Connection, notifications: Iterable[str]) -> dict[str, list[Row]]:
    """What is owed of each, the next try first."""
    found: dict[str, list[Row]] = {}
    for piece in chunks(notifications):
        statement = select(_outbox).where(_outbox.c.notification.in_(piece)).order_by(_outbox.c.next_attempt_at)
        for row in connection.execute(statement).mappings():
            found.setdefault(row["notification"], []).append(dict(row))
    return found


@dataclass(slots=True, frozen=True)
class Activity:
    """``waiting_since`` and ``last_delivered_at`` are 0 where nothing is, or was. ``dead`` counts letters of a day."""

    waiting: int = 0
    waiting_since: Instant = 0
    dead: int = 0
    last_delivered_at: Instant = 0


def activity(connection: Connection, channels: Iterable[str], now: Instant) -> dict[str, Activity]:
    since, count = func.min(_outbox.c.created_at), func.count()
    waiting = {
        row[0]: (row[1], row[2])
        for row in connection.execute(select(_outbox.c.channel, count, since).group_by(_outbox.c.channel))
    }
    died = select(_delivery.c.channel, count).where(_IS_DEAD, _delivery.c.at > now - DAY).group_by(_delivery.c.channel)
    dead = {row[0]: row[1] for row in connection.execute(died)}
    return {
        name: Activity(*waiting.get(name, (0, 0)), dead.get(name, 0), _last_delivered(connection, name))
        for name in channels
    }


def _last_delivered(connection: Connection, channel: str) -> Instant:
    """By the index of times: the newest rows are looked at first."""
    heard = (_delivery.c.channel == channel, _delivery.c.receipt == "delivered")
    statement = select(_delivery.c.at).where(*heard).order_by(_delivery.c.at.desc()).limit(1)
    return connection.execute(statement).scalar() or 0


def send_again(connection: Connection, row: Row, targets: Iterable[str], now: Instant) -> None:
    """Owe this notification to those of ``targets`` that have not heard it. Raises NotDead."""
    mine = (_outbox.c.notification == row["id"], _outbox.c.channel == row["channel"])
    queued = set(connection.execute(select(_outbox.c.target).where(*mine)).scalars())
    deaf = [target for target in targets if target not in queued and not _heard(connection, row, target)]
    if not deaf:
        raise NotDead("it is queued already" if queued else "all have it; only dead letters are sent again")
    insert_new(connection, _outbox, [_owed_row(row, target, now) for target in deaf])
    connection.execute(update(_notification).where(_notification.c.id == row["id"]).values(status="queued"))


def locked(connection: Connection, notification: str) -> Row | None:
    """The notification, held until the transaction ends: nobody sends it again at the same time."""
    statement = select(_notification).where(_notification.c.id == notification).with_for_update()
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


def _heard(connection: Connection, row: Row, target: str) -> bool:
    """By its last try; one that was told with others has none of its own, and goes by its status."""
    mine = (_delivery.c.notification == row["id"], _delivery.c.channel == row["channel"], _delivery.c.target == target)
    statement = select(_delivery.c.receipt).where(*mine).order_by(_delivery.c.id.desc()).limit(1)
    last: str | None = connection.execute(statement).scalar()
    return last == "delivered" if last else row["status"] != "dead"


def _owed_row(row: Row, target: str, now: Instant) -> Row:
    return {
        "notification": row["id"],
        "target": target,
        "channel": row["channel"],
        "conversation": row["conversation"],
        "number": row["number"],
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    }

"""Who is at work? Each worker holds a lease by the database's clock, and with it a fair share of the partitions.

Timing only decides when others may take over. That nothing is done twice does not rest on it: a worker locks the rows
of its partitions, with their fencing tokens, in every transaction that changes what belongs to them.
"""

import socket
import uuid
from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, bindparam, delete, func, insert, literal_column, select, update

from alerting.cluster.partitions import PARTITIONS, Owned
from alerting.cluster.tables import PARTITION, WORKER
from alerting.database.port import Connection
from alerting.database.statements import POSTGRESQL_NOW
from rules.instants import SECOND, Duration, Instant

LEASE: Duration = 5 * SECOND
RENEW_EVERY: Duration = 3 * SECOND // 2
_now: ColumnElement[int] = literal_column(POSTGRESQL_NOW, BigInteger)
_w, _p = WORKER.c, PARTITION.c


class LeaseLost(Exception):
    """Others took this worker for dead and have its partitions now. What it was about to change, it must not."""


def new_name() -> str:
    """Unique for ever: a worker that comes back is another one."""
    return f"{socket.gethostname()[:40]}-{uuid.uuid4().hex[:12]}"


def join(connection: Connection, worker: str, pid: int) -> None:
    host = socket.gethostname()
    row = {"id": worker, "host": host, "pid": pid, "started_at": _now, "leased_until": _now + LEASE}
    connection.execute(insert(WORKER).values(row))


def renew(connection: Connection, worker: str) -> bool | None:
    """Whether the lease was over before; None when the others have given this worker up."""
    until = connection.execute(select(_w.leased_until < _now).where(_w.id == worker).with_for_update()).first()
    if until is None:
        return None
    connection.execute(update(WORKER).where(_w.id == worker).values(leased_until=_now + LEASE))
    return bool(until[0])


def give_back(connection: Connection, worker: str) -> None:
    connection.execute(update(PARTITION).where(_p.owner == worker).values(owner=""))


def leave(connection: Connection, worker: str) -> None:
    give_back(connection, worker)
    connection.execute(delete(WORKER).where(_w.id == worker))


def bury(connection: Connection) -> Sequence[str]:
    """Take the workers whose lease is over off the list; their names. One transaction at a time finds each of them."""
    dead = select(_w.id).where(_w.leased_until < _now).with_for_update(skip_locked=True)
    names = connection.execute(dead).scalars().all()
    if names:
        connection.execute(delete(WORKER).where(_w.id.in_(names)))
    return names


def balance(connection: Connection, worker: str) -> Owned:
    """Give back what is more than a fair share, take what nobody owns up to one; what this worker owns then.

    A partition whose row is locked has a transaction under way, perhaps of a worker that was just given up: it is
    left alone until that has ended.
    """
    workers = int(connection.execute(select(func.count()).select_from(WORKER)).scalar_one())
    share = -(-PARTITIONS // max(1, workers))
    mine = select(_p.number, _p.token).where(_p.owner == worker).order_by(_p.number)
    owned = {row.number: row.token for row in connection.execute(mine)}
    if len(owned) > share:
        given = sorted(owned)[share:]
        connection.execute(update(PARTITION).where(_p.number.in_(given)).values(owner=""))
        return Owned({number: token for number, token in owned.items() if number not in given})
    return Owned(owned | _taken(connection, worker, share - len(owned)))


def _taken(connection: Connection, worker: str, most: int) -> dict[int, int]:
    if most <= 0:
        return {}
    nobodys = _p.owner.not_in(select(_w.id))
    free = select(_p.number).where(nobodys).order_by(_p.number).limit(most).with_for_update(skip_locked=True)
    numbers = connection.execute(free).scalars().all()
    if not numbers:
        return {}
    taken = update(PARTITION).where(_p.number.in_(numbers)).values(owner=worker, token=_p.token + 1)
    return {row.number: row.token for row in connection.execute(taken.returning(_p.number, _p.token))}


def hold(connection: Connection, worker: str, owned: Owned) -> None:
    """Lock what is about to be changed until the transaction ends. Raises LeaseLost if a part of it is others'."""
    mine = select(_p.number, _p.token).where(_p.number.in_(owned.numbers), _p.owner == worker)
    found = connection.execute(mine.order_by(_p.number).with_for_update())
    if {row.number: row.token for row in found} != dict(owned.tokens):
        raise LeaseLost(f"{worker} was taken for dead: its lease was over")


def worked_on(connection: Connection, items: dict[int, int], engine_now: Instant) -> None:
    """Count what was worked on in each partition."""
    counted = _p["items"] + bindparam("a_items")
    later = func.greatest(_p.engine_now, engine_now)
    statement = update(PARTITION).where(_p.number == bindparam("a_number")).values(items=counted, engine_now=later)
    if items:
        connection.execute(statement, [{"a_number": n, "a_items": count} for n, count in sorted(items.items())])


def items_worked_on(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(_p["items"]), 0))).scalar_one())


def latest_beat(connection: Connection) -> Instant:
    """When a worker last gave a sign of life; 0 when there is none."""
    until = connection.execute(select(func.max(_w.leased_until))).scalar()
    return int(until) - LEASE if until is not None else 0


def engine_now(connection: Connection, owned: Owned) -> Instant:
    statement = select(func.coalesce(func.max(_p.engine_now), 0)).where(_p.number.in_(owned.numbers))
    return int(connection.execute(statement).scalar_one())


def members(connection: Connection) -> list[dict[str, object]]:
    """Everyone on the list, with how many partitions each owns."""
    owned = select(_p.owner, func.count().label("partitions")).group_by(_p.owner).subquery()
    statement = select(WORKER, func.coalesce(owned.c.partitions, 0).label("partitions"))
    found = connection.execute(statement.outerjoin(owned, owned.c.owner == _w.id).order_by(_w.started_at, _w.id))
    return [{**row, "beat_at": row["leased_until"] - LEASE} for row in found.mappings()]

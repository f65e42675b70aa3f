"""How far did the worker come, and what stands beside the inbox: quarantine and the configuration in force."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, insert, select, text

from alerting.cluster import membership
from alerting.cluster.partitions import EVERYTHING, PARTITIONS
from alerting.database.port import Connection, Store, is_postgresql
from alerting.database.statements import upsert
from alerting.inbox.port import InboxRow, Position
from alerting.storage import alerts
from alerting.storage.schema import ConfigurationRow, ProgressRow, QuarantineRow, table
from rules.instants import Instant
from rules.kinds import RECHECK

_progress = table(ProgressRow)
_quarantine = table(QuarantineRow)
_configuration = table(ConfigurationRow)
_LOCK = 7_464_002  # any number that nobody else takes: one process at a time changes the configuration


@dataclass(slots=True)
class Progress:
    """``items`` counts spans, records and events worked on; ``engine_now`` never goes back."""

    segment: str = ""
    row: int = 0
    items: int = 0
    engine_now: Instant = 0
    beat_at: Instant = 0

    @property
    def position(self) -> Position:
        return Position(self.segment, self.row)


def load(connection: Connection) -> Progress:
    """Of the one worker, or of all workers together."""
    if is_postgresql(connection):
        latest = membership.engine_now(connection, EVERYTHING)
        beat_at = membership.latest_beat(connection)
        return Progress(items=membership.items_worked_on(connection), engine_now=latest, beat_at=beat_at)
    row = connection.execute(select(_progress)).mappings().first()
    return Progress(**{name: row[name] for name in asdict(Progress())}) if row else Progress()


def save(connection: Connection, progress: Progress) -> None:
    upsert(connection, _progress, [{"id": 1, **asdict(progress)}])


def quarantine(connection: Connection, row: InboxRow, reason: str) -> None:
    connection.execute(
        insert(_quarantine).values(
            segment=row.at.segment, row=row.at.row, kind=row.entry.kind, at=row.received_at, reason=reason
        )
    )


def quarantined(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(_quarantine)).scalar_one())


def active_configuration(connection: Connection) -> str:
    """The text of the last activated configuration; "" before the first."""
    statement = select(_configuration.c.body).order_by(_configuration.c.id.desc()).limit(1)
    return connection.execute(statement).scalar() or ""


def latest_configuration(connection: Connection) -> int:
    """The number of the last activated configuration; 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(_configuration.c.id), 0))).scalar_one())


def activate(connection: Connection, body: str, at: Instant) -> None:
    """Alerts that fire are looked at again: what keeps them from being told may be another from now on."""
    connection.execute(insert(_configuration).values(at=at, body=body))
    alerts.recheck(connection, RECHECK, at)


def activate_after(connection: Connection, number: int, body: str, at: Instant) -> bool:
    """Put ``body`` in force for all workers before anything more is accepted, if ``number`` is still the latest: what
    another process changed meanwhile is not lost."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if latest_configuration(connection) != number:
        return False
    activate(connection, body, at)
    return True


def activate_at_once(store: Store, body: str, at: Instant) -> None:
    """Whatever was in force before; nothing where it is this already."""
    with store.write() as connection:
        if not latest_configuration(connection) or active_configuration(connection) != body:
            activate(connection, body, at)


def workers(connection: Connection) -> list[dict[str, object]]:
    """Who works, since when (0: not known), on how many partitions, and when each last gave a sign of life."""
    if is_postgresql(connection):
        return membership.members(connection)
    beat_at = load(connection).beat_at
    only: dict[str, object] = {
        "id": "embedded",
        "host": "",
        "pid": None,
        "started_at": 0,
        "partitions": PARTITIONS,
        "beat_at": beat_at,
    }
    return [only] if beat_at else []

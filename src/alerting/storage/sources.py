"""Who sends what, and how much of it is understood? Counts that were added up between two looks of the worker."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields

from sqlalchemy import bindparam, delete, select, update

from alerting.database.port import Connection
from alerting.database.statements import Row, insert_new
from alerting.ingest.seen import Seen
from alerting.storage.schema import SourceRow, table
from rules.instants import Instant

MOST = 500
_source = table(SourceRow)
_KEYS = ("door", "service", "engine")
_COUNTS = tuple(each.name for each in fields(Seen))
Place = tuple[str, str, str]  # door, service, engine


@dataclass(slots=True)
class Sighting:
    """What came from one place since the last look. ``note``: the last thing that was wrong with it."""

    seen: Seen = field(default_factory=Seen)
    first_at: Instant = 0
    last_at: Instant = 0
    note: str = ""


def add(connection: Connection, sightings: Mapping[Place, Sighting]) -> None:
    rows = [_row(place, sighting) for place, sighting in sorted(sightings.items())]
    insert_new(connection, _source, [{**row, **dict.fromkeys(_COUNTS, 0), "note": "", "note_at": 0} for row in rows])
    if rows:
        connection.execute(_ADD, [{f"_{name}": value for name, value in row.items()} for row in rows])
    noted = [row for row in rows if row["note"]]
    if noted:
        connection.execute(_NOTE, [{f"_{name}": value for name, value in row.items()} for row in noted])


def listed(connection: Connection) -> list[Row]:
    """Latest first."""
    statement = select(_source).order_by(_source.c.last_at.desc(), *(_source.c[key] for key in _KEYS)).limit(MOST)
    return [dict(row) for row in connection.execute(statement).mappings()]


def forget(connection: Connection, before: Instant) -> None:
    """Those that have not been heard of since, and all beyond the latest few hundred."""
    oldest_kept = select(_source.c.last_at).order_by(_source.c.last_at.desc()).offset(MOST).limit(1)
    cut = connection.execute(oldest_kept).scalar() or 0
    connection.execute(delete(_source).where((_source.c.last_at < before) | (_source.c.last_at <= cut)))


def _row(place: Place, sighting: Sighting) -> Row:
    return {
        **dict(zip(_KEYS, place, strict=True)),
        **asdict(sighting.seen),
        "first_at": sighting.first_at,
        "last_at": sighting.last_at,
        "note": sighting.note,
        "note_at": sighting.last_at,
    }


def _matching(names: Iterable[str]) -> list[object]:
    return [_source.c[name] == bindparam(f"_{name}") for name in names]


_ADD = (
    update(_source)
    .where(*_matching(_KEYS))  # type: ignore[arg-type]
    .values(last_at=bindparam("_last_at"), **{name: _source.c[name] + bindparam(f"_{name}") for name in _COUNTS})
)
_NOTE = (
    update(_source)
    .where(*_matching(_KEYS))  # type: ignore[arg-type]
    .values(note=bindparam("_note"), note_at=bindparam("_note_at"))
)

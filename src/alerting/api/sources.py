"""Who sends what, how much of it is understood, and what mends the rest: ``/api/v1/sources``."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from fastapi import APIRouter, Request

from alerting.api.context import ApiContext, context_of
from alerting.api.turned_away import TurnedAway
from alerting.database.statements import Row
from alerting.ingest.advice import Advice, Source, advise
from alerting.storage import sources
from alerting.wire import time_or_none
from rules.instants import DAY, Instant

router = APIRouter(prefix="/api/v1")
_SOURCE = tuple(each.name for each in fields(Source))


@dataclass(slots=True, frozen=True)
class Advised:
    row: Row
    advice: list[Advice]


def advised(context: ApiContext) -> list[Advised]:
    """Latest first."""
    with context.store.read() as connection:
        rows = [_fresh(row, context.clock.now()) for row in sources.listed(connection)]
    found = {Source(**{name: row[name] for name in _SOURCE}): row for row in rows}
    advice = advise(found, context.settings.public_url)
    return [Advised(row, advice[source]) for source, row in found.items()]


def _fresh(row: Row, now: Instant) -> Row:
    """What was wrong long ago has been mended, or is gone."""
    return {**row, "note": row["note"] if row["note_at"] > now - DAY else ""}


@router.get("/sources")
def get_sources(request: Request) -> dict[str, Any]:
    context = context_of(request)
    return {
        "items": [_wire(each) for each in advised(context)],
        "turned_away": [_turned_away_wire(each) for each in context.turned_away.listed()],
        "next": None,
    }


def _wire(each: Advised) -> dict[str, Any]:
    times = {name: time_or_none(each.row[name]) for name in ("first_at", "last_at")}
    counts = {name: each.row[name] for name in _SOURCE if name != "note"}
    return {**counts, **times, "advice": [asdict(advice) for advice in each.advice]}


def _turned_away_wire(each: TurnedAway) -> dict[str, Any]:
    return {**asdict(each), "last_at": time_or_none(each.last_at)}

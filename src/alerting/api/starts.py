"""Which run does a ping end that names none? The latest of its workflow that was started and is not ended."""

import asyncio

from sqlalchemy import select

from alerting.api.context import ApiContext
from alerting.storage.schema import RunRow, table
from rules.instants import DAY, Duration
from rules.vocabulary import Outcome

_LONGEST: Duration = 7 * DAY  # of a run whose start this process has not seen
_run = table(RunRow)

Place = tuple[str, str]  # workflow, environment


class Starts:
    """What this receiver was told, before any worker has recorded it; else what is recorded."""

    def __init__(self) -> None:
        self._open: dict[Place, str] = {}
        self._ended: dict[Place, str] = {}

    def begin(self, place: Place, run_id: str) -> None:
        self._open[place] = run_id

    def end(self, place: Place, run_id: str) -> None:
        self._ended[place] = run_id
        if self._open.get(place) == run_id:
            del self._open[place]

    def reopen(self, place: Place, run_id: str) -> None:
        """Its end was not taken."""
        if run_id and self._ended.get(place) == run_id:
            del self._ended[place]
            self._open.setdefault(place, run_id)

    async def latest(self, context: ApiContext, place: Place) -> str:
        """ "" where none is open."""
        if place in self._open:
            return self._open[place]
        if place in self._ended and not context.store.shared:
            return ""
        found = await asyncio.to_thread(_recorded, context, place)
        return "" if found == self._ended.get(place) else found


def _recorded(context: ApiContext, place: Place) -> str:
    workflow, environment = place
    statement = (
        select(_run.c.run_id)
        .where(_run.c.ended_at >= context.clock.now() - _LONGEST, _run.c.engine == "ping")
        .where(_run.c.workflow == workflow, _run.c.environment == environment)
        .where(_run.c.outcome == Outcome.RUNNING.value)
        .order_by(_run.c.started_at.desc())
        .limit(1)
    )
    with context.store.read() as connection:
        found = connection.execute(statement).scalar()
    return str(found or "")

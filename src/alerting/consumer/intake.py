"""First half of a shared worker: bodies that nobody else reads, decoded, and their facts queued for their owners."""

import json
import logging
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from alerting.cluster import tasks
from alerting.cluster.membership import LeaseLost
from alerting.consumer.consumer import LONGEST_BATCH, aside, or_aside, reason_of
from alerting.consumer.decoding import UNREADABLE, Decoded, decode
from alerting.consumer.routing import Routed, act, resolve, route
from alerting.consumer.sightings import Sightings
from alerting.database.port import Connection, Store
from alerting.inbox import claims
from alerting.inbox.port import ACTION, CONFIGURATION, NO_TELEMETRY, RESOLVE_GROUP, InboxRow
from alerting.scrub import Scrubber
from alerting.storage import changes, groups, progress, runs
from alerting.storage.schema import AlertRow, table

log = logging.getLogger(__name__)
MOST_ROWS = 400
MOST_BYTES = 512 * 1024  # little at once: the rest is for others
_alert = table(AlertRow)


class Intake:
    def __init__(self, store: Store, sightings: Sightings) -> None:
        self._store, self._sightings = store, sightings

    def once(self, worker: str, scrubber: Callable[[Connection], Scrubber]) -> int:
        """Read one batch; how many rows it had. ``scrubber`` gives the one in force. Raises LeaseLost."""
        with self._store.write() as connection:
            marks = claims.claim(connection, worker, MOST_ROWS, MOST_BYTES, LONGEST_BATCH // 2)
        if not marks:
            return 0
        with self._store.read() as connection:
            claimed, scrubbing = claims.read(connection, marks), scrubber(connection)
        if claimed.poison:
            decoded = [aside(row, "reading it ended a worker four times") for row in claimed.rows]
        else:
            decoded = [_decode(row, scrubbing) for row in claimed.rows]
        self._pass_on(worker, decoded)
        return len(marks)

    def _pass_on(self, worker: str, decoded: Sequence[Decoded]) -> None:
        """The facts into the queues, and the rows done, in one transaction; what cannot be passed on is set aside."""
        try:
            with self._store.write() as connection:
                if not claims.done(connection, worker, [each.row.at.row for each in decoded]):
                    raise LeaseLost(f"{worker} was taken for dead while it read")
                routed = route(connection, [each for each in decoded if _is_telemetry(each.row)])
                _people(connection, decoded, routed)
                if routed.loose:
                    latest = decoded[-1].row.received_at
                    runs.save_loose(connection, routed.loose, latest, latest + runs.LOOK_AFTER)
                changes.save(connection, [change for each in decoded for change in each.changes])
                tasks.put(connection, routed.parts)
            self._sightings.take(decoded)
        except (*UNREADABLE, DBAPIError) as error:
            self._narrow(worker, decoded, error)

    def _narrow(self, worker: str, decoded: Sequence[Decoded], error: Exception) -> None:
        half = len(decoded) // 2
        if half:
            self._pass_on(worker, decoded[:half])
            self._pass_on(worker, decoded[half:])
            return
        row = decoded[0].row
        if decoded[0].unreadable:
            raise error
        log.error("inbox row %s/%s set aside", row.at.segment, row.at.row, exc_info=error)
        self._pass_on(worker, [aside(row, reason_of(error))])


def _is_telemetry(row: InboxRow) -> bool:
    return row.entry.kind not in NO_TELEMETRY


def _decode(row: InboxRow, scrubber: Scrubber) -> Decoded:
    if not _is_telemetry(row):
        return Decoded(row)
    return or_aside(decode(row, scrubber))


def _people(connection: Connection, decoded: Sequence[Decoded], routed: Routed) -> None:
    for each in decoded:
        if each.row.entry.kind == CONFIGURATION:
            progress.activate(connection, each.row.entry.body.decode(), each.row.received_at)
        elif each.row.entry.kind == ACTION:
            said = json.loads(each.row.entry.body)
            if said["action"] == RESOLVE_GROUP:
                workflow = groups.workflow_of(connection, said["group"])
                if workflow is not None:
                    resolve(each.row, said, workflow, routed)
                continue
            statement = select(_alert.c.key, _alert.c.workflow).where(_alert.c.id == said["alert"])
            alert = connection.execute(statement).first()
            if alert is not None:
                act(each.row, said, alert.key, alert.workflow, routed)

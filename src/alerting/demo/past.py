"""What does the store know when the demo's day begins? Six weeks of runs, the releases in them, and a mended fault."""

from collections.abc import Iterable

from alerting.database.port import Connection, Store
from alerting.demo.history.filling import fill
from alerting.demo.history.records import grouped, record_of
from alerting.demo.history.world import PlayedRun
from alerting.demo.shop import MENDED, deployments
from alerting.ingest.changes import read
from alerting.storage import changes, groups
from rules.instants import HOUR, Instant


def remember(store: Store, runs: list[PlayedRun], day: Instant) -> None:
    """``runs`` ended before ``day``. Nobody is told of them."""
    fill(store, runs)
    with store.write() as connection:
        changes.save(connection, [read(each, day) for at, each in deployments(day) if at < day])
        _resolve(connection, runs)


def _resolve(connection: Connection, runs: Iterable[PlayedRun]) -> None:
    """Whoever mended it looks an hour after its last failure whether it is gone, and says so."""
    last = max((run for run in runs if run.fault == MENDED), key=lambda run: run.ended_at)
    print_ = grouped(record_of(last))
    assert print_ is not None
    groups.resolve(connection, groups.Resolution(last.ended_at + HOUR, print_.group, "2.3.1", "demo"))

"""How does Tocsin itself fare? Signs of life, what waits and what is owed, as the store shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerting.clock import Clock
from alerting.database.port import Connection
from alerting.storage import messages, progress
from alerting.storage.progress import Progress
from rules.instants import Instant

OldestWaiting = Callable[[Connection, Progress], Instant | None]


@dataclass(frozen=True, slots=True)
class Since:
    """Since when, and what was said of it last."""

    at: Instant
    why: str = ""


@dataclass(frozen=True, slots=True)
class Vitals:
    """All by the machine's clock. ``beat_at``: the worker's last sign of life, 0 for none. ``waiting_since``: of the
    oldest that was accepted and is not judged. ``due_since``: of the oldest delivery that nobody tries. By channel:
    ``undelivered`` since its oldest message was decided, ``refusing`` since it refused one for good."""

    beat_at: Instant = 0
    waiting_since: Instant | None = None
    due_since: Instant | None = None
    undelivered: Mapping[str, Since] = field(default_factory=dict)
    refusing: Mapping[str, Since] = field(default_factory=dict)


def read_vitals(connection: Connection, clock: Clock, oldest_waiting: OldestWaiting) -> Vitals:
    now, machine = clock.now(), clock.machine_now()
    behind = machine - now
    done = progress.load(connection)
    waiting, due = oldest_waiting(connection, done), messages.due_since(connection, now, machine)
    owed, health = messages.undelivered(connection), messages.health(connection)
    return Vitals(
        beat_at=done.beat_at,
        waiting_since=None if waiting is None else waiting + behind,
        due_since=None if due is None else due + behind,
        undelivered={name: Since(at + behind, why) for name, (at, why) in owed.items()},
        refusing={
            name: Since(row["changed_at"] + behind, row["detail"])
            for name, row in health.items()
            if not row["healthy"]
        },
    )  # fmt: skip

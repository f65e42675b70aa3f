"""What goes from reading to deciding? Facts, in the partition of their workflow: one row for each batch and partition.

Whoever read a body may be anyone; whoever works on its facts is the owner of their partition.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, func, insert, select, text

from alerting.cluster.partitions import Owned
from alerting.cluster.tables import TASK
from alerting.database.port import Connection
from alerting.inbox.port import Position
from alerting.inbox.postgresql import CHANNEL
from alerting.ingest.facts import ErrorFact, Fact, RunFact, StepFact
from rules.instants import Duration, Instant

PUT = "task"
_t = TASK.c


class Part(msgspec.Struct, omit_defaults=True):
    """What one body said about the workflows of one partition. ``order`` has a letter for each fact, so that they keep
    their order; ``acted`` is (action, alert key, by) of a person, ``resolved`` (group, version, by) of one who says
    that an error group is mended; ``look_at`` are runs whose evidence came late."""

    segment: str
    row: int
    kind: str
    received_at: Instant
    items: int = 0
    unreadable: str = ""
    runs: list[RunFact] = msgspec.field(default_factory=list)
    steps: list[StepFact] = msgspec.field(default_factory=list)
    errors: list[ErrorFact] = msgspec.field(default_factory=list)
    order: str = ""
    acted: tuple[str, str, str] | None = None
    acted_until: Instant = 0
    resolved: tuple[str, str, str] | None = None
    look_at: list[str] = msgspec.field(default_factory=list)

    @property
    def at(self) -> Position:
        return Position(self.segment, self.row)

    def add(self, fact: Fact) -> None:
        if isinstance(fact, RunFact):
            self.runs.append(fact)
            self.order += "r"
        elif isinstance(fact, StepFact):
            self.steps.append(fact)
            self.order += "s"
        else:
            self.errors.append(fact)
            self.order += "e"

    def facts(self) -> list[Fact]:
        kinds: dict[str, Iterator[Fact]] = {"r": iter(self.runs), "s": iter(self.steps), "e": iter(self.errors)}
        return [next(kinds[letter]) for letter in self.order]


@dataclass(slots=True, frozen=True)
class Task:
    id: int
    partition: int
    parts: list[Part]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Part])


def put(connection: Connection, parts: dict[int, list[Part]]) -> None:
    """Queue the parts of each partition, and tell the workers."""
    if not parts:
        return
    rows = [_row(partition, told) for partition, told in sorted(parts.items())]
    connection.execute(insert(TASK), rows)
    connection.execute(text("SELECT pg_notify(:channel, :put)"), {"channel": CHANNEL, "put": PUT})


def _row(partition: int, parts: list[Part]) -> dict[str, object]:
    return {
        "partition": partition,
        "received_at": min(part.received_at for part in parts),
        "items": sum(part.items for part in parts),
        "body": _encoder.encode(parts),
    }


def parts_of(body: bytes) -> list[Part]:
    return _decoder.decode(body)


def take(connection: Connection, owned: Owned, most: int, most_bytes: int, longest: Duration) -> list[Task]:
    """The oldest tasks of these partitions, none beginning ``longest`` after the first. They stay until ``done``."""
    mine = select(TASK).where(_t.partition.in_(owned.numbers)).order_by(_t.received_at, _t.id).limit(most)
    found: list[Task] = []
    size, latest = 0, None
    for row in connection.execute(mine):
        latest = row.received_at + longest if latest is None else latest
        if row.received_at > latest or size >= most_bytes:
            break
        found.append(Task(row.id, row.partition, parts_of(row.body)))
        size += len(row.body)
    return found


def done(connection: Connection, tasks: Sequence[Task]) -> None:
    connection.execute(delete(TASK).where(_t.id.in_([task.id for task in tasks])))


def split(connection: Connection, task: Task) -> None:
    """One task for each of its parts, so that they can be worked on one by one."""
    done(connection, [task])
    connection.execute(insert(TASK), [_row(task.partition, [part]) for part in task.parts])


def oldest_waiting(connection: Connection) -> Instant | None:
    """When the oldest body was received of whose facts some are still to be worked on."""
    oldest: Instant | None = connection.execute(select(func.min(_t.received_at))).scalar()
    return oldest


def waiting_items(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(_t["items"]), 0))).scalar_one())


def shared_out(items: int, partitions: Iterable[int]) -> dict[int, int]:
    """Every item of a body counted in one partition, at least one in each while they last."""
    numbers = sorted(partitions)
    counts = {number: 1 if place < items else 0 for place, number in enumerate(numbers)}
    counts[numbers[0]] += max(0, items - len(numbers))
    return counts

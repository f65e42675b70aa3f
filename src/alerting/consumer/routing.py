"""To which partition does each fact of a batch go? That of its run's workflow.

A failed step or a logged error often does not say whose it is: its run is looked for in the batch and among those that
are recorded. Where it is not found, the evidence waits, and is looked at again before long: its run may be on its way
through another worker's hands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerting.cluster.partitions import PARTITIONS, partition_of
from alerting.cluster.tasks import Part, shared_out
from alerting.consumer.decoding import Decoded
from alerting.database.port import Connection
from alerting.inbox.port import InboxRow
from alerting.ingest.facts import ErrorFact, Fact, RunFact, StepFact
from alerting.storage import runs
from alerting.tracking.book import RunBook, is_unnamed, loose_key
from alerting.tracking.record import Evidence, evidence_of, run_id_of
from rules.instants import Instant

_MOST_LOOKED_AT = 500


@dataclass(slots=True)
class Routed:
    """``parts`` for each partition; ``loose`` is evidence without a run, under the key it is found by."""

    parts: dict[int, list[Part]] = field(default_factory=lambda: defaultdict(list))
    loose: list[tuple[str, Evidence]] = field(default_factory=list)


def route(connection: Connection, rows: Sequence[Decoded]) -> Routed:
    book = _book(connection, [fact for row in rows for fact in row.facts])
    routed = Routed()
    for row in rows:
        parts: dict[int, Part] = {}
        for fact in row.facts:
            partition = _partition(fact, book, routed)
            if partition is not None:
                parts.setdefault(partition, _part(row.row, row.unreadable)).add(fact)
        _hand_out(row.row, parts, routed)
    return routed


def _partition(fact: Fact, book: RunBook, routed: Routed) -> int | None:
    if isinstance(fact, RunFact) and not (fact.run_id and is_unnamed(fact)):
        return partition_of(fact.workflow)
    record = book.owner(fact)
    if isinstance(fact, RunFact):
        return partition_of(record.workflow if record else fact.workflow)
    if record is not None:
        return partition_of(record.workflow)
    key = loose_key(fact)
    if key is not None:
        routed.loose.append((key, evidence_of(fact)))
    return None


def _book(connection: Connection, facts: Iterable[Fact]) -> RunBook:
    """The recorded runs that evidence among ``facts`` may belong to, and those that the facts themselves tell of."""
    facts = list(facts)
    evidence = [fact for fact in facts if isinstance(fact, StepFact | ErrorFact)]
    run_ids = {fact.run_id for fact in facts if not isinstance(fact, RunFact) or is_unnamed(fact)} - {""}
    traces = {fact.trace_id for fact in evidence} - {""}
    if not run_ids and not traces:
        return RunBook()
    book = RunBook(runs.load_runs(connection, run_ids, traces))
    for fact in facts:
        if isinstance(fact, RunFact) and (run_id_of(fact) in run_ids or fact.trace_id in traces):
            book.take(fact, 0)
    return book


def _hand_out(row: InboxRow, parts: dict[int, Part], routed: Routed) -> None:
    """Count the row's items once, even if nothing in it concerns a run."""
    if not parts and row.entry.items:
        parts = {row.at.row % PARTITIONS: _part(row)}
    if parts:
        for partition, items in shared_out(row.entry.items, parts).items():
            parts[partition].items = items
            routed.parts[partition].append(parts[partition])


def _part(row: InboxRow, unreadable: str = "") -> Part:
    return Part(row.at.segment, row.at.row, row.entry.kind, row.received_at, unreadable=unreadable)


def act(row: InboxRow, said: Mapping[str, Any], key: str, workflow: str, routed: Routed) -> None:
    """What a person did goes to where the alert's workflow is worked on."""
    part = _part(row)
    part.acted, part.acted_until = (said["action"], key, said["by"]), said.get("until", 0)
    routed.parts[partition_of(workflow)].append(part)


def resolve(row: InboxRow, said: Mapping[str, Any], workflow: str, routed: Routed) -> None:
    """Whoever counts the group's failures writes its row, and nobody else."""
    part = _part(row)
    part.resolved = said["group"], said.get("version", ""), said["by"]
    routed.parts[partition_of(workflow)].append(part)


def look_again(connection: Connection, now: Instant) -> dict[int, list[Part]]:
    """Evidence whose run is recorded by now: the runs to look at, for each partition."""
    waiting = runs.loose_to_look_at(connection, now, _MOST_LOOKED_AT)
    keys = [key.partition(":") for key, _ in waiting]
    run_ids = {rest.partition(":")[2] for kind, _, rest in keys if kind == "run"}
    traces = {rest for kind, _, rest in keys if kind == "trace"}
    if not waiting:
        return {}
    book = RunBook(runs.load_runs(connection, run_ids, traces))
    owners = (book.owner_of_loose(key, evidence) for key, evidence in waiting)
    found: dict[int, list[Part]] = {}
    for record in {owner.id: owner for owner in owners if owner is not None}.values():
        part = Part("", 0, "evidence", now, look_at=[record.id])
        found.setdefault(partition_of(record.workflow), []).append(part)
    return found

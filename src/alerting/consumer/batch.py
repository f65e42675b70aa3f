"""How does one batch go from the inbox into the state? Everything it changes is committed in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from alerting.active import Active
from alerting.cluster.partitions import EVERYTHING, Owned, partition_of
from alerting.consumer import owing
from alerting.consumer.deciding import Deciding, needed
from alerting.consumer.decoding import Decoded
from alerting.consumer.recording import InForce, Recording
from alerting.consumer.timed import ENRICH, KEEP_TRACE, ORPHAN, SETTLE, Ended, Timed
from alerting.consumer.watching import LOST
from alerting.database.port import Connection, is_postgresql
from alerting.database.statements import Row
from alerting.ingest.facts import Fact, RunFact
from alerting.storage import alerts, changes, conversations, groups, runs
from alerting.storage.groups import Resolution
from alerting.storage.progress import Progress
from alerting.storage.rollups import Differences
from alerting.tracking.book import RunBook, keys_of, loose_key
from alerting.tracking.record import run_id_of, stand_in
from rules.engine import Needs, conversations_needed
from rules.inputs import Acted, Armed, Due
from rules.instants import Instant
from rules.kinds import RECHECK
from rules.ruleset import Ruleset
from rules.state import NotFetched, Slice
from rules.vocabulary import BAD

OF_RUNS = frozenset({ENRICH, SETTLE, ORPHAN, LOST})
OF_HOUSEKEEPING = frozenset({KEEP_TRACE})


@dataclass(slots=True)
class Memory:
    """What the worker keeps between batches; for the partitions it owns always equal to what is stored."""

    progress: Progress
    aliases: dict[str, str]
    open_levels: set[str]
    owned: Owned = EVERYTHING
    open_counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, done: Progress, owned: Owned = EVERYTHING) -> "Memory":
        return cls(
            done, groups.load_aliases(connection), alerts.open_levels(connection), owned, alerts.open_counts(connection)
        )


@dataclass(slots=True)
class Batch:
    """Rows to work on, people's actions among them, and the moment up to which deadlines fire. ``look_at`` are runs
    for which evidence was found that had come apart from them; ``resolved`` are error groups that somebody says are
    mended."""

    rows: list[Decoded]
    until: Instant
    actions: list[tuple[Instant, Acted | Armed]] = field(default_factory=list)
    look_at: list[tuple[Instant, str]] = field(default_factory=list)
    resolved: list[Resolution] = field(default_factory=list)


def work(connection: Connection, active: Active, memory: Memory, batch: Batch) -> int:
    """Take in one batch within the caller's transaction. How many notifications it queued."""
    for said in batch.resolved:
        groups.resolve(connection, said)
    changes.save(connection, [each for row in batch.rows for each in row.changes])
    due = alerts.due_deadlines(connection, batch.until, memory.owned)
    recording = _record(connection, active, memory, batch, [each for each in due if each.kind in OF_RUNS])
    deciding = _decide(connection, active, memory, recording, batch, due)
    _save_runs(connection, recording, batch.until)
    alerts.save_states(connection, deciding.states.changed.values(), batch.until)
    conversations.save(connection, deciding.states.talked.values(), batch.until)
    deadlines = {**recording.deadlines, **deciding.deadlines}
    alerts.save_deadlines(connection, deadlines, lambda key: _partition(key, recording, deciding))
    alerts.save_decisions(connection, owing.decisions(deciding))
    queued = owing.queue(connection, deciding.told, active.targets)
    _after(connection, deciding, memory, batch.until)
    memory.progress.engine_now = max(memory.progress.engine_now, batch.until)
    _forget_closed(connection, deciding, memory)
    return queued


def _record(connection: Connection, active: Active, memory: Memory, batch: Batch, due: list[Due]) -> Recording:
    facts = [fact for row in batch.rows for fact in row.facts]
    book = _book(connection, facts, memory.owned)
    for run in [*(each.owner for each in due), *(run for _, run in batch.look_at)]:
        record = runs.load_run(connection, run)
        if record is not None and memory.owned.has(record.workflow):
            book.know(record)
    _know_kin(connection, book, [each.owner for each in due if each.kind == ENRICH], memory.owned)
    _know_loose(connection, book, [run for _, run in batch.look_at])
    _know_orphans(connection, book, [each.owner for each in due if each.kind == ORPHAN])
    _know_children(connection, book, [*facts, *(each.owner for each in due if each.kind == ENRICH)])
    known = groups.load_groups(connection, {run.error_group for run in book.all() if run.error_group})
    in_force = InForce(active.ruleset, active.patience, active.configuration.retention.runs, batch.until)
    stored = GroupsOf(connection, known)
    prints = chain.from_iterable(row.prints for row in batch.rows)
    recording = Recording(book, in_force, memory.aliases, stored, stored.failed_before, prints)
    waiting = iter([*due, None])
    next_due = next(waiting)
    for row in batch.rows:
        now = max(row.row.received_at, memory.progress.engine_now)
        while next_due is not None and next_due.due_at <= now:
            recording.due(next_due)
            next_due = next(waiting)
        recording.take(row.facts, now)
    while next_due is not None:
        recording.due(next_due)
        next_due = next(waiting)
    for at, run in batch.look_at:
        recording.look_again(run, max(at, memory.progress.engine_now))
    return recording


def _know_loose(connection: Connection, book: RunBook, look_at: list[str]) -> None:
    records = [record for record in map(book.get, look_at) if record is not None]
    keys = {key for record in records for key in keys_of(record)}
    book.know_loose(runs.load_loose(connection, keys))


def _know_kin(connection: Connection, book: RunBook, due: Iterable[str], owned: Owned) -> None:
    """The runs above and around those that are judged now, which came earlier."""
    judged = [record for record in map(book.get, due) if record is not None]
    found = runs.load_runs(connection, {run.parent_run_id for run in judged}, {run.trace_id for run in judged})
    book.know_neighbours(found)
    for record in found:
        if owned.has(record.workflow):
            book.know(record)


def _know_children(connection: Connection, book: RunBook, ended: Iterable[Fact | str]) -> None:
    """Runs that were started by those that failed, and failed before them."""
    failed = {each.run_id for each in ended if isinstance(each, RunFact) and each.outcome in BAD}
    records = (book.get(each) for each in ended if isinstance(each, str))
    failed |= {record.run_id for record in records if record is not None}
    book.know_neighbours(runs.load_children(connection, failed))


def _know_orphans(connection: Connection, book: RunBook, keys: list[str]) -> None:
    """Ends that wait for their run; not those whose run is recorded by now, be it in another's partition."""
    run_ids = {key.split(":", 2)[2]: key for key in keys if key.startswith("run:")}
    recorded = {run_ids.get(record.run_id) for record in runs.load_runs(connection, run_ids, ())}
    book.know_loose(runs.load_loose(connection, [key for key in keys if key not in recorded]))


class GroupsOf(dict[str, Row]):
    """Error groups by id, read when they are first asked for."""

    def __init__(self, connection: Connection, known: dict[str, Row]) -> None:
        super().__init__(known)
        self._connection = connection
        self._failed_before: dict[tuple[str, str], bool] = {}

    def get(self, group: str, default: Row | None = None) -> Row | None:  # type: ignore[override]
        if group not in self:
            self.update(groups.load_groups(self._connection, [group]))
        return super().get(group, default)

    def failed_before(self, group: Row, version: str) -> bool:
        key = group["id"], version
        if key not in self._failed_before:
            self._failed_before[key] = groups.has_failed(self._connection, *key, group["resolved_at"])
        return self._failed_before[key]


def _book(connection: Connection, facts: Iterable[Fact], owned: Owned) -> RunBook:
    """The runs that the facts may concern. A trace may hold runs of others' partitions, too: those are left alone."""
    run_ids: set[str] = set()
    traces: set[str] = set()
    keys: set[str] = set()
    for fact in facts:
        traces.add(fact.trace_id)
        if isinstance(fact, RunFact):
            run_id = run_id_of(fact)
            run_ids.add(run_id)
            keys.update((f"run:{fact.engine}:{run_id}", f"trace:{fact.trace_id}"))
            if fact.parent_run_id and fact.outcome in BAD:
                run_ids.add(fact.parent_run_id)
            if fact.handed_by:
                keys.add(f"span:{fact.trace_id}:{fact.handed_by}")
                run_ids.add(stand_in(fact.trace_id, fact.handed_by))
        else:
            run_ids.add(fact.run_id)
            keys.add(loose_key(fact) or "")
    keys -= {"", "trace:"}
    # One that has no name yet is given it by whoever learns it.
    known = runs.load_runs(connection, run_ids, traces)
    ours = [run for run in known if owned.has(run.workflow) or not run.workflow]
    loose = runs.load_loose(connection, keys)
    further = {f"trace:{evidence.trace_id}" for _, evidence in loose if evidence.trace_id} - keys
    book = RunBook(ours, [*loose, *(runs.load_loose(connection, further) if further else [])])
    book.know_neighbours(known)
    return book


def _decide(
    connection: Connection, active: Active, memory: Memory, recording: Recording, batch: Batch, due: list[Due]
) -> Deciding:
    ruleset = active.ruleset
    inputs = sorted(
        [*recording.inputs, *(Timed(max(at, memory.progress.engine_now), acted) for at, acted in batch.actions)],
        key=lambda timed: timed.now,
    )
    rule_due = [each for each in due if each.kind not in OF_RUNS | OF_HOUSEKEEPING]
    wanted = needed(ruleset, inputs, rule_due, memory.open_levels, memory.open_counts)
    while True:
        slice_ = _fetch(connection, ruleset, memory, wanted, inputs)
        if rule_due and is_postgresql(connection):
            # What several partitions share may have been changed by others until it was locked just now.
            still = set(alerts.due_deadlines(connection, batch.until, memory.owned))
            rule_due = [each for each in rule_due if each in still]
        deciding = Deciding(ruleset, slice_, set(memory.open_levels), rule_due, active.mirrors)
        try:
            for timed in inputs:
                deciding.take(timed)
            deciding.advance(batch.until)
        except NotFetched as missing:
            wanted.conversations.add(missing.key)
            continue
        memory.open_levels = deciding.open_levels
        return deciding


def _fetch(connection: Connection, ruleset: Ruleset, memory: Memory, wanted: Needs, inputs: list[Timed]) -> Slice:
    """The states and conversations that a batch can touch: alerts first, then conversations, each in one order."""
    states = alerts.load_states(connection, wanted.keys, wanted.levels)
    items = [timed.item for timed in inputs if not isinstance(timed.item, Ended)]
    keys = conversations_needed(ruleset, states, items, wanted.conversations)
    inhibitors = alerts.firing(connection) if ruleset.suppressions.inhibits else []
    found = conversations.load(connection, keys)
    return Slice(states, found, inhibitors, dict(memory.open_counts), keys)


def _after(connection: Connection, deciding: Deciding, memory: Memory, until: Instant) -> None:
    """What others must look at again, and what the worker keeps in mind."""
    memory.open_counts = deciding.states.open_counts
    errors = [(rule, error, count) for (rule, error), count in sorted(deciding.troubles.items())]
    alerts.count_rule_errors(connection, errors, until)
    if deciding.over:
        alerts.recheck(connection, RECHECK, until, deciding.over)


def _save_runs(connection: Connection, recording: Recording, now: Instant) -> None:
    differences = Differences()
    rows = []
    for record in recording.book.touched.values():
        row = runs.row_of(record)
        differences.change(record.stored, row)
        rows.append(row)
    runs.save_runs(connection, rows)
    differences.save(connection)
    look_at = now + runs.LOOK_AFTER if is_postgresql(connection) else 0
    runs.save_loose(connection, recording.book.loose_to_store(), now, look_at)
    runs.delete_loose(connection, recording.book.loose_to_delete())
    groups.save_aliases(connection, recording.new_aliases)
    groups.save_groups(connection, list(recording.groups.values()))
    groups.save_events(connection, [groups.event(*each) for each in recording.became])
    groups.save_failures(connection, list(recording.failures.values()))
    groups.recount(connection, recording.moved_from)


def _partition(key: alerts.Key, recording: Recording, deciding: Deciding) -> int:
    """Where a deadline comes due: with its run, or with the workflow that its alert heard of last."""
    if key[0] == ORPHAN:
        return partition_of(key[2])
    record = recording.book.get(key[1])
    if record is not None:
        return partition_of(record.workflow)
    state = deciding.states.get(key[1])
    if state is not None:
        return partition_of(state.example.workflow)
    conversation = deciding.states.talked.get(key[1])
    return partition_of(conversation.subject) if conversation is not None else 0


def _forget_closed(connection: Connection, deciding: Deciding, memory: Memory) -> None:
    closed = {state.level for state in deciding.states.changed.values() if not state.open and state.level}
    memory.open_levels -= closed - alerts.levels_still_open(connection, closed & memory.open_levels)

"""What do the facts of a batch change about runs, failures and error groups, and what must the rules hear of it?

First half of a batch: facts and run deadlines in, changed records and timed inputs for the rules out. Pure.
"""

from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from alerting.consumer.decoding import Print
from alerting.consumer.describing import (
    described,
    failed_of,
    failure_row,
    is_blank,
    is_later_try,
    occurrence_of,
    regresses,
    success_of,
)
from alerting.consumer.timed import (
    ENRICH,
    ENRICH_WAIT,
    KEEP_TRACE,
    ORPHAN,
    SETTLE,
    SETTLE_WAIT,
    TRACE_WAIT,
    Ended,
    Timed,
)
from alerting.consumer.watching import LOST, Watch
from alerting.database.statements import Row
from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.storage.groups import canonical
from alerting.tracking.book import RunBook, loose_key
from alerting.tracking.patience import Patience
from alerting.tracking.record import RunRecord, with_cause
from rules.fingerprint import fingerprint
from rules.identity import occurrence_id
from rules.inputs import Due, Failed, Finished, Heard
from rules.instants import MINUTE, Duration, Instant
from rules.memory import Kind
from rules.model import ErrorInfo, Fingerprint
from rules.ruleset import Ruleset
from rules.vocabulary import Outcome

_TRACE_EVERY: Duration = 10 * MINUTE
MOST_TRIES = 1_000
_NEITHER = frozenset({Outcome.CANCELLED, Outcome.SKIPPED})


class InForce(msgspec.Struct, frozen=True):
    """What holds for a batch, which reaches up to ``until``. ``keep_runs``: what ended longer ago is refused, since its
    row is not kept any more."""

    ruleset: Ruleset
    patience: Patience
    keep_runs: Duration
    until: Instant


class Recording:
    """``aliases`` of fingerprints and error ``groups`` are those that are stored; both are added to. ``failed_before``
    says of a group and a version whether it failed in that before it was resolved; ``prints`` are made already."""

    def __init__(
        self, book: RunBook, around: InForce, aliases: dict[str, str], groups: dict[str, Row],
        failed_before: Callable[[Row, str], bool] = lambda _group, _version: False,
        prints: Iterable[Print] = (),
    ) -> None:  # fmt: skip
        self.book, self._around, self._aliases, self.groups = book, around, aliases, groups
        self._failed_before = failed_before
        self._ruleset = around.ruleset
        self._prints = {(each.workflow, each.step, each.error): each.made for each in prints}
        self.inputs: list[Timed] = []
        self.failures: dict[str, Row] = {}
        self.new_aliases: dict[str, str] = {}
        self.became: list[tuple[str, Instant, str, str]] = []  # of groups: which, when, new or regressed, the version
        self.moved_from: set[str] = set()
        self.deadlines: dict[tuple[str, str, str], Instant | None] = {}
        self._watch = Watch(around.patience, around.until, self.deadlines)

    def take(self, facts: Iterable[Fact], now: Instant) -> None:
        """Fold in the facts of one row, then look at every run they concerned."""
        concerned: dict[str, RunRecord] = {}
        for fact in facts:
            if isinstance(fact, RunFact) and fact.ended_at < now - self._around.keep_runs:
                continue  # its row may be gone already: counted now, it would be counted twice
            record = self.book.take(fact, now)
            if record is not None:
                concerned[record.id] = record
                if isinstance(fact, StepFact) and fact.failed and self._ruleset.watches_tries(record.workflow):
                    self._try(record, fact, now)
            elif isinstance(fact, RunFact):
                self.deadlines[ORPHAN, loose_key(fact) or "", fact.workflow] = now + ENRICH_WAIT
        for record in concerned.values():
            self._look(record, now)

    def due(self, due: Due) -> None:
        """``enrich``: judge the failure as it is. ``settle``: the success is final, or more has come since.
        ``orphan``: an end that did not name its run is a run of its own."""
        self.deadlines[due.kind, due.owner, due.detail] = None
        if due.kind == ORPHAN:
            for adopted in self.book.adopt(due.owner, due.due_at):
                self._look(adopted, due.due_at)
            return
        record = self.book.get(due.owner)
        if record is None:
            return
        self.book.touched[record.id] = record
        if due.kind == ENRICH and record.bad and not record.evaluated:
            self._evaluate(record, due.due_at)
        elif due.kind == SETTLE and record.outcome is Outcome.SUCCEEDED:
            self._settle(record, due.due_at)
        elif due.kind == LOST and self._watch.due(record, due.due_at):
            self._look(record, due.due_at)

    def _try(self, record: RunRecord, fact: StepFact, now: Instant) -> None:
        """One try that failed, whatever becomes of the run: for the rules that ask for tries."""
        said = occurrence_id("", record.engine, record.id, fact.step, fact.attempts, fact.span_id or str(fact.ended_at))
        if said in record.detail.tried or record.evaluated or len(record.detail.tried) >= MOST_TRIES:
            return
        record.detail.tried.append(said)
        error = with_cause(fact.error or ErrorInfo())
        run = replace(record.run(), outcome=Outcome.FAILED, error=error, failing_step=fact.step)
        print_ = fingerprint(record.workflow, fact.step, error)
        attempt = fact.attempts or len(record.detail.tried)
        failed = Failed(run, print_, self._ruleset.severity_of(run), said, fact.ended_at or now, attempt=attempt)
        self.inputs.append(Timed(now, failed, record.id))

    def _final_try(self, record: RunRecord, failed: Failed, now: Instant) -> None:
        """A run whose tries were not told apart failed in its last."""
        if not record.detail.tried and self._ruleset.watches_tries(record.workflow):
            final = replace(failed, novelty="", attempt=max(record.attempts, 1))
            self.inputs.append(Timed(now, final, record.id))

    def look_again(self, run: str, now: Instant) -> None:
        """Evidence for a known run was taken in apart from it."""
        record = self.book.get(run)
        if record is not None and self.book.look_again(record, now):
            self._look(record, now)

    def _look(self, record: RunRecord, now: Instant) -> None:
        self._watch.look(record, now)
        if record.bad:
            self._look_at_failure(record, now)
        elif record.outcome is Outcome.SUCCEEDED and not record.detail.part:
            if record.told_by_event:
                self._show(record, success_of(record), now)
            else:
                self.inputs.append(Timed(now, Ended(record.id, success_of(record)), record.id))
        elif record.outcome in _NEITHER:
            if self._ruleset.watches(record.workflow, Kind.ENDED):
                self._show(record, Finished(record.run(), record.started_at, record.ended_at), now)
        elif record.outcome is Outcome.RUNNING:
            self._hear(record, now)
        if not record.bad:
            record.detail.was_group = record.error_group or record.detail.was_group
            record.error_group, record.severity = "", record.detail.told_severity

    def _show(self, record: RunRecord, item: Finished, now: Instant) -> None:
        """Each good end goes to the rules once, however often it is told."""
        if record.detail.shown != record.outcome.value:
            record.detail.shown = record.outcome.value
            self.inputs.append(Timed(now, item, record.id))

    def _hear(self, record: RunRecord, now: Instant) -> None:
        """An open run matters to rules that watch more than failures."""
        if self._ruleset.watches(record.workflow, Kind.OPEN):
            self.inputs.append(Timed(now, Heard(record.run(), now), record.id))

    def _look_at_failure(self, record: RunRecord, now: Instant) -> None:
        if record.evaluated:
            self._regroup(record)
        elif record.complete:
            self._evaluate(record, now)
        elif not record.detail.waiting:
            record.detail.waiting = True
            self.deadlines[ENRICH, record.id, ""] = now + ENRICH_WAIT

    def _settle(self, record: RunRecord, now: Instant) -> None:
        quiet_at = record.heard_at + SETTLE_WAIT
        if quiet_at > now:
            self.deadlines[SETTLE, record.id, ""] = quiet_at
        else:
            self._show(record, success_of(record), now)

    def _evaluate(self, record: RunRecord, now: Instant) -> None:
        """The one time a failure goes to the rules. One that only follows from another's is no alert of its own, and is
        counted with the other."""
        child = self.book.to_blame(record)
        if child is not None:
            self._follow(record, child, now)
            return
        print_ = self._print(record)
        group = canonical(self._aliases, print_.group)
        run = record.run()
        record.evaluated, record.error_group, record.severity = True, group, self._ruleset.severity_of(run).value
        record.detail.occurrence = occurrence_of(record)
        if record.detail.waiting:
            self.deadlines[ENRICH, record.id, ""] = None
        if record.detail.lost and record.detail.was_group:
            self.moved_from.add(record.detail.was_group)
        novelty = self._count_in_group(record, print_, now)
        record.detail.novelty = novelty
        self._record_failure(record, print_, now)
        if not record.detail.quiet:
            failed = failed_of(record, run, print_, group, now, novelty=novelty)
            self.inputs.append(Timed(now, failed, record.id))
            self._final_try(record, failed, now)
        for parent in self.book.blaming(record):
            self._follow_after_all(parent, record)

    def _print(self, record: RunRecord) -> Fingerprint:
        place = record.workflow, record.failing_step, record.error
        return self._prints.get(place) or fingerprint(*place)

    def _follow_after_all(self, parent: RunRecord, child: RunRecord) -> None:
        """It came first and was told as it was; it is counted with its child from now on."""
        if parent.evaluated and parent.error_group:
            self.moved_from.add(parent.error_group)
            parent.error_group, parent.detail.consequence_of = "", child.run_id
            print_ = self._print(parent)
            self._record_failure(parent, print_, parent.received_at)
            self.book.touched[parent.id] = parent

    def _follow(self, record: RunRecord, child: RunRecord, now: Instant) -> None:
        run = record.run()
        record.evaluated, record.severity = True, self._ruleset.severity_of(run).value
        record.detail.consequence_of = child.run_id
        record.detail.occurrence = occurrence_of(record)
        if record.detail.waiting:
            self.deadlines[ENRICH, record.id, ""] = None
        print_ = self._print(record)
        self._record_failure(record, print_, now)
        if not record.detail.quiet:
            failed = failed_of(record, run, print_, print_.group, now, consequence_of=child.run_id)
            self.inputs.append(Timed(now, failed, record.id))

    def _regroup(self, record: RunRecord) -> None:
        """Better evidence came late: link the new fingerprint to the group that was told, never tell it again. Another
        try of the run is no evidence of what was wrong with the one before: its error is its own."""
        if record.detail.consequence_of:
            return
        print_ = self._print(record)
        group = canonical(self._aliases, print_.group)
        known = canonical(self._aliases, record.error_group)
        if not record.error_group:
            self._fail_again(record, print_, group)
        elif group == known:
            return
        elif is_later_try(record) or is_blank(self.groups[record.error_group]):
            self._move(record, print_, group)
        else:
            self._aliases[group] = self.new_aliases[group] = known
            self.groups[record.error_group].update(described(record, print_))

    def _fail_again(self, record: RunRecord, print_: Fingerprint, group: str) -> None:
        """It failed, was well, and its latest end is bad after all: the same failure as before, counted as before."""
        self.moved_from.update(each for each in (group, record.detail.was_group) if each)
        record.error_group, record.severity = group, self._ruleset.severity_of(record.run()).value
        self._count_in_group(record, print_, record.heard_at)
        self._record_failure(record, print_, record.received_at)

    def _move(self, record: RunRecord, print_: Fingerprint, group: str) -> None:
        """Without a link, which would mix causes up: a group that knew neither type nor message is no one's cause."""
        self.moved_from.add(record.error_group)
        record.error_group = group
        self._count_in_group(record, print_, record.heard_at)
        self._record_failure(record, print_, record.received_at)

    def _count_in_group(self, record: RunRecord, print_: Fingerprint, now: Instant) -> str:
        """Whether the failure makes the group "new" or "regressed"; "" for neither."""
        at = record.ended_at or record.received_at
        record.detail.grouped = (record.detail.attempts, record.ended_at)
        group, novelty = self.groups.get(record.error_group), ""
        if group is None:
            novelty = "new"
            group = {"id": record.error_group, "cause": print_.cause, "version": print_.version, "count": 0,
                     "first_seen": at, "last_seen": at, "state": "ongoing", "resolved_at": 0,
                     "resolved_version": "", **described(record, print_)}  # fmt: skip
            self.groups[record.error_group] = group
        elif regresses(group, at, record.version, self._failed_before):
            novelty, group["state"] = "regressed", "regressed"
        if novelty:
            self.became.append((record.error_group, at, novelty, record.version))
        if not group["count"] or at > group["last_seen"] + _TRACE_EVERY:
            self.deadlines[KEEP_TRACE, record.id, ""] = now + TRACE_WAIT
        group["count"] += 1
        group["first_seen"] = min(group["first_seen"], at)
        group["last_seen"] = max(group["last_seen"], at)
        return novelty

    def _record_failure(self, record: RunRecord, print_: Fingerprint, now: Instant) -> None:
        self.failures[record.detail.occurrence] = failure_row(record, print_.cause, now)

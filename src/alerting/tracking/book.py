"""Which run does a fact belong to? The runs and the loose evidence of one batch, found by run id or by trace."""

from collections import defaultdict
from collections.abc import Iterable

from alerting.ingest.facts import Fact, RunFact
from alerting.tracking import fold
from alerting.tracking.children import child_to_blame
from alerting.tracking.record import Evidence, RunRecord, evidence_of, run_id_of, stand_in, telling_of
from rules.identity import run_key
from rules.instants import MINUTE, Instant
from rules.vocabulary import Outcome

NAMED_APART = frozenset(
    {"prefect"}
)  # run ids are unique by themselves, and the workflow may be told later than the end
_SLACK = MINUTE  # clocks of two processes may differ by so much


class LooseEvidence:
    """Evidence that came before its run, under the key it may be found by."""

    def __init__(self, key: str, evidence: Evidence, stored: bool) -> None:
        self.key, self.evidence, self.stored = key, evidence, stored
        self.taken = False


class RunBook:
    """Runs by (engine, run id) and by trace. ``touched`` holds those that a fact of this batch concerned."""

    def __init__(self, records: Iterable[RunRecord] = (), loose: Iterable[tuple[str, Evidence]] = ()) -> None:
        self._by_run: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
        self._by_trace: dict[str, list[RunRecord]] = defaultdict(list)
        self._by_id: dict[str, RunRecord] = {}
        self._loose: dict[str, list[LooseEvidence]] = defaultdict(list)
        self.touched: dict[str, RunRecord] = {}
        self._related: dict[str, dict[str, RunRecord]] = defaultdict(dict)
        for record in records:
            self.know(record)
        self.know_loose(loose)

    def know_loose(self, loose: Iterable[tuple[str, Evidence]]) -> None:
        for key, evidence in loose:
            if all(each.evidence != evidence for each in self._loose[key]):
                self._loose[key].append(LooseEvidence(key, evidence, stored=True))

    def know_neighbours(self, records: Iterable[RunRecord]) -> None:
        """Runs that are looked at and never changed, such as those of other partitions."""
        for record in records:
            if record.id not in self._by_id:
                self._relate(record)

    def _relate(self, record: RunRecord) -> None:
        if record.trace_id:
            self._related[f"trace:{record.trace_id}"][record.id] = record
        if record.parent_run_id:
            self._related[f"parent:{record.parent_run_id}"][record.id] = record

    def to_blame(self, record: RunRecord) -> RunRecord | None:
        """The run below this one that it failed for."""
        kin = (f"parent:{record.run_id}", f"trace:{record.trace_id}")
        others = [each for name in kin for each in self._related.get(name, {}).values() if each is not record]
        return child_to_blame(record, others) if others else None

    def blaming(self, child: RunRecord) -> list[RunRecord]:
        """The runs above this one that failed for it."""
        above = (*self._by_run.get((child.engine, child.parent_run_id), ()), *self._by_trace.get(child.trace_id, ()))
        others = (run for run in above if run is not child and run.bad)
        found = {run.id: run for run in others if child_to_blame(run, [child]) is child}
        return list(found.values())

    def know(self, record: RunRecord) -> None:
        if record.id in self._by_id:
            return
        self._by_id[record.id] = record
        self._by_run[record.engine, record.run_id].append(record)
        self._index_trace(record)

    def get(self, run: str) -> RunRecord | None:
        return self._by_id.get(run)

    def all(self) -> Iterable[RunRecord]:
        return self._by_id.values()

    def take(self, fact: Fact, received_at: Instant) -> RunRecord | None:
        """Fold one fact in. The run it concerns, or None for evidence whose run is not known yet."""
        if isinstance(fact, RunFact) and not is_unnamed(fact):
            return self._tell(self._run_of(fact), fact, received_at)
        record = self.owner(fact)
        if record is None:
            self._keep_loose(fact)
            return None
        if isinstance(fact, RunFact):
            return self._tell(record, fact, received_at)
        fold.add(record, evidence_of(fact))
        return self._touch(record, received_at)

    def adopt(self, key: str, received_at: Instant) -> list[RunRecord]:
        """No one will name the runs whose ends wait under ``key``: they are runs under what is known of them."""
        found = []
        for loose in self._loose.get(key, ()):
            if loose.evidence.outcome and not loose.taken:
                loose.taken = True
                fact = _named_for_want_of_better(key, loose.evidence)
                found.append(self._tell(self._run_of(fact), fact, received_at))
        return found

    def _tell(self, record: RunRecord, fact: RunFact, received_at: Instant) -> RunRecord:
        fold.tell(record, fact)
        self._index_trace(record)
        self._take_loose(record)
        self._take_from_others(record, received_at)
        return self._touch(record, received_at)

    def owner_of_loose(self, key: str, evidence: Evidence) -> RunRecord | None:
        """The run that evidence kept under ``key`` belongs to, among those that the book knows."""
        kind, _, rest = key.partition(":")
        if kind == "trace":
            return _innermost(self._by_trace.get(rest, []), evidence)
        if kind == "span":
            return self._handed_by(*rest.split(":"))
        engine, _, run_id = rest.partition(":")
        return self._named(engine, run_id, evidence.workflow)

    def look_again(self, record: RunRecord, received_at: Instant) -> bool:
        """Whether evidence was there for a run that is known already."""
        before = len(self.loose_to_delete())
        self._take_loose(record)
        found = len(self.loose_to_delete()) > before
        if found:
            self._touch(record, received_at)
        return found

    def loose_to_store(self) -> list[tuple[str, Evidence]]:
        return [(e.key, e.evidence) for e in self._all_loose() if not e.taken and not e.stored]

    def loose_to_delete(self) -> list[tuple[str, Evidence]]:
        return [(e.key, e.evidence) for e in self._all_loose() if e.taken and e.stored]

    def _all_loose(self) -> list[LooseEvidence]:
        return [each for group in self._loose.values() for each in group]

    def _touch(self, record: RunRecord, received_at: Instant) -> RunRecord:
        record.received_at = record.received_at or received_at
        record.heard_at = max(record.heard_at, received_at)
        self.touched[record.id] = record
        return record

    def _run_of(self, fact: RunFact) -> RunRecord:
        run_id = run_id_of(fact)
        known = self._named(fact.engine, run_id, fact.workflow) or self._known_by_stand_in(fact, run_id)
        if known is not None:
            return known
        workflow = "" if fact.engine in NAMED_APART else fact.workflow
        record = RunRecord(run_key(fact.engine, workflow, run_id), fact.engine, fact.workflow, run_id)
        self.know(record)
        return record

    def _named(self, engine: str, run_id: str, workflow: str) -> RunRecord | None:
        known = self._by_run.get((engine, run_id), [])
        return next((each for each in known if workflow in {each.workflow, ""} or not each.workflow), None)

    def _known_by_stand_in(self, fact: RunFact, run_id: str) -> RunRecord | None:
        """A run whose end was told before its id: it gets its id now."""
        if not fact.handed_by:
            return None
        record = self._named(fact.engine, stand_in(fact.trace_id, fact.handed_by), fact.workflow)
        if record is not None:
            record.run_id = run_id
            self._by_run[fact.engine, run_id].append(record)
        return record

    def _handed_by(self, trace_id: str, span_id: str) -> RunRecord | None:
        known = self._by_trace.get(trace_id, [])
        return next((each for each in known if span_id in each.detail.handed_by), None)

    def _index_trace(self, record: RunRecord) -> None:
        if record.trace_id:
            self._index(record, record.trace_id)
        for trace in record.detail.traces:
            self._index(record, trace)
        self._relate(record)

    def _index(self, record: RunRecord, trace: str) -> None:
        known = self._by_trace[trace]
        for each in known:
            if each is record:
                return
        known.append(record)

    def owner(self, fact: Fact) -> RunRecord | None:
        """The run that this is evidence for, among those that the book knows."""
        if isinstance(fact, RunFact) and not fact.run_id:
            return self._handed_by(fact.trace_id, fact.handed_by)
        if fact.run_id:
            return self._named(fact.engine, fact.run_id, fact.workflow)
        return _innermost(self._by_trace.get(fact.trace_id, []), evidence_of(fact)) if fact.trace_id else None

    def _keep_loose(self, fact: Fact) -> None:
        key = loose_key(fact)
        if key is None:
            return
        evidence = evidence_of(fact)
        if all(each.evidence != evidence for each in self._loose[key]):
            self._loose[key].append(LooseEvidence(key, evidence, stored=False))

    def _take_loose(self, record: RunRecord) -> None:
        if not self._loose:
            return
        keys = keys_of(record)
        for key in keys:
            for loose in self._loose.get(key, ()):
                if not loose.taken and _belongs(key, record, loose.evidence):
                    loose.taken = True
                    fold.add(record, loose.evidence)
        if keys_of(record) != keys:  # a telling brought its trace, under which more may wait
            self._index_trace(record)
            self._take_loose(record)

    def _take_from_others(self, record: RunRecord, received_at: Instant) -> None:
        """Evidence that lay with an outer run of the trace, as long as this inner one was not known."""
        for other in self._by_trace.get(record.trace_id, ()):
            if other is record or other.engine != record.engine:
                continue
            for evidence in [each for each in other.detail.evidence if each.by_trace]:
                if _innermost([other, record], evidence) is record:
                    fold.give_up(other, evidence)
                    fold.add(record, evidence)
                    self._touch(other, received_at)


def is_unnamed(fact: RunFact) -> bool:
    """Whether another fact is needed: which run the span handed over, or of which workflow it is."""
    return bool(fact.handed_by and not fact.run_id) or (fact.engine in NAMED_APART and not fact.workflow)


def _named_for_want_of_better(key: str, evidence: Evidence) -> RunFact:
    kind, _, rest = key.partition(":")
    if kind == "span":
        trace_id, _, handed_by = rest.partition(":")
        return telling_of(evidence, stand_in(trace_id, handed_by))
    return telling_of(evidence, rest.partition(":")[2])


def loose_key(fact: Fact) -> str | None:
    if isinstance(fact, RunFact) and not fact.run_id:
        return f"span:{fact.trace_id}:{fact.handed_by}"
    if fact.run_id:
        return f"run:{fact.engine}:{fact.run_id}"
    return f"trace:{fact.trace_id}" if fact.trace_id else None


def keys_of(record: RunRecord) -> list[str]:
    """Under which keys evidence may wait for a run."""
    traces = [trace for trace in (record.trace_id, *record.detail.traces) if trace]
    handed_over = [f"span:{trace}:{span}" for trace in traces for span in record.detail.handed_by]
    return [f"run:{record.engine}:{record.run_id}", *(f"trace:{trace}" for trace in traces), *handed_over]


def _belongs(key: str, record: RunRecord, evidence: Evidence) -> bool:
    if key.startswith("trace:"):
        return _innermost([record], evidence) is not None
    return evidence.workflow in {"", record.workflow} or not record.workflow


def _innermost(runs: list[RunRecord], evidence: Evidence) -> RunRecord | None:
    """Of the runs of one trace the one whose span it is right below; else the one that began last among those that were
    open then. A step belongs to a run of its own engine; a logged error to any."""
    around = (run for run in runs if _may_own(run, evidence) and _open_at(run, evidence.at))
    return max(around, key=lambda run: (_right_below(run, evidence), run.started_at, run.id), default=None)


def _right_below(run: RunRecord, evidence: Evidence) -> bool:
    return evidence.parent_span_id in run.detail.spans or evidence.span_id in run.detail.spans


def _may_own(run: RunRecord, evidence: Evidence) -> bool:
    same_process = not (evidence.service and run.detail.service) or evidence.service == run.detail.service
    return evidence.engine in {"", run.engine} and same_process


def _open_at(run: RunRecord, at: Instant) -> bool:
    running = run.outcome is Outcome.RUNNING or not run.ended_at
    return not at or (run.started_at - _SLACK <= at and (running or at <= run.ended_at + _SLACK))

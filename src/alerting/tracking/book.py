"""Which run does a fact belong to? The runs and the loose evidence of one batch, found by run id or by trace."""

from collections import defaultdict
from collections.abc import Iterable

from alerting.ingest.facts import ErrorFact, Fact, RunFact, StepFact
from alerting.tracking import fold
from alerting.tracking.record import Evidence, RunRecord, evidence_of, run_id_of
from rules.identity import run_key
from rules.instants import MINUTE, Instant

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
        for record in records:
            self.know(record)
        self.know_loose(loose)

    def know_loose(self, loose: Iterable[tuple[str, Evidence]]) -> None:
        for key, evidence in loose:
            if all(each.evidence != evidence for each in self._loose[key]):
                self._loose[key].append(LooseEvidence(key, evidence, stored=True))

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
        if isinstance(fact, RunFact):
            record = self._run_of(fact)
            fold.tell(record, fact)
            self._index_trace(record)
            self._take_loose(record)
        else:
            found = self.owner(fact)
            if found is None:
                self._keep_loose(fact)
                return None
            record = found
            fold.add(record, evidence_of(fact))
        return self._touch(record, received_at)

    def owner_of_loose(self, key: str, evidence: Evidence) -> RunRecord | None:
        kind, _, rest = key.partition(":")
        if kind == "trace":
            return _innermost(self._by_trace.get(rest, []), evidence)
        engine, _, run_id = rest.partition(":")
        return next(iter(self._by_run.get((engine, run_id), [])), None)

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
        known = self._by_run.get((fact.engine, run_id), [])
        for record in known:
            if fact.workflow in {record.workflow, ""} or not record.workflow:
                return record
        record = RunRecord(run_key(fact.engine, fact.workflow, run_id), fact.engine, fact.workflow, run_id)
        self.know(record)
        return record

    def _index_trace(self, record: RunRecord) -> None:
        for trace in (record.trace_id, *record.detail.traces):
            if trace and record not in self._by_trace[trace]:
                self._by_trace[trace].append(record)

    def owner(self, fact: StepFact | ErrorFact) -> RunRecord | None:
        """The run that this is evidence for, among those that the book knows."""
        if fact.run_id:
            known = self._by_run.get((fact.engine, fact.run_id), [])
            if known:
                return known[0]
        return _innermost(self._by_trace.get(fact.trace_id, []), evidence_of(fact)) if fact.trace_id else None

    def _keep_loose(self, fact: StepFact | ErrorFact) -> None:
        key = loose_key(fact)
        if key is None:
            return
        evidence = evidence_of(fact)
        if all(each.evidence != evidence for each in self._loose[key]):
            self._loose[key].append(LooseEvidence(key, evidence, stored=False))

    def _take_loose(self, record: RunRecord) -> None:
        for key in keys_of(record):
            for loose in self._loose.get(key, ()):
                if not loose.taken and _innermost([record], loose.evidence) is not None:
                    loose.taken = True
                    fold.add(record, loose.evidence)


def loose_key(fact: StepFact | ErrorFact) -> str | None:
    if fact.run_id:
        return f"run:{fact.engine}:{fact.run_id}"
    return f"trace:{fact.trace_id}" if fact.trace_id else None


def keys_of(record: RunRecord) -> list[str]:
    """Under which keys evidence may wait for a run."""
    return [f"run:{record.engine}:{record.run_id}", *(f"trace:{trace}" for trace in _traces(record))]


def _traces(record: RunRecord) -> list[str]:
    return [trace for trace in (record.trace_id, *record.detail.traces) if trace]


def _innermost(runs: list[RunRecord], evidence: Evidence) -> RunRecord | None:
    """Of the runs of one trace the one that began last among those that were open then. A step belongs to a run of its
    own engine; a logged error to any."""
    around = (run for run in runs if _may_own(run, evidence) and _open_at(run, evidence.at))
    return max(around, key=lambda run: (run.started_at, run.id), default=None)


def _may_own(run: RunRecord, evidence: Evidence) -> bool:
    same_process = not (evidence.service and run.detail.service) or evidence.service == run.detail.service
    return evidence.engine in {"", run.engine} and same_process


def _open_at(run: RunRecord, at: Instant) -> bool:
    return not at or not run.ended_at or run.started_at - _SLACK <= at <= run.ended_at + _SLACK

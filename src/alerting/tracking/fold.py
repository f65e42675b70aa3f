"""What do all tellings of a run come to? Each fact is folded in; any order and any repetition gives the same run.

The telling of the latest end wins; what it leaves open the others fill. The error and the failing step are chosen anew
from the evidence whenever some is added.
"""

from alerting.ingest.facts import RunFact
from alerting.tracking.record import Evidence, RunRecord, with_cause
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import BAD, TERMINAL, Outcome, Severity

MOST_EVIDENCE = 24
_MOST_TRACES = 20
_FILLED = ("environment", "version", "parent_run_id", "url", "trace_id", "workflow")

Rank = tuple[bool, Instant, int, bool, bool]


def _rank(outcome: Outcome, ended_at: Instant, attempts: int, by_event: bool) -> Rank:
    return (outcome in TERMINAL, ended_at, attempts, outcome in BAD, by_event)


def tell(record: RunRecord, fact: RunFact) -> None:
    """Fold in a fact that speaks for the whole run."""
    ours = _rank(record.outcome, record.ended_at, record.attempts, record.told_by_event)
    if _rank(fact.outcome, fact.ended_at, fact.attempts, fact.told_by_event) >= ours:
        _take_over(record, fact)
    for name in _FILLED:
        if not getattr(record, name):
            setattr(record, name, getattr(fact, name))
    _gather(record, fact)
    settle(record)


def _take_over(record: RunRecord, fact: RunFact) -> None:
    error = fact.error or ErrorInfo()
    told = (error.type, error.message, error.stack)
    same_end = record.outcome is fact.outcome and record.ended_at == fact.ended_at
    record.outcome, record.ended_at = fact.outcome, fact.ended_at
    record.detail.told = told if any(told) or not same_end else record.detail.told
    record.detail.told_step = fact.failing_step or (record.detail.told_step if same_end else "")
    record.detail.source_id = fact.event_id or record.detail.source_id


def _gather(record: RunRecord, fact: RunFact) -> None:
    detail = record.detail
    record.attempts = max(record.attempts, fact.attempts)
    record.max_attempts = max(record.max_attempts, fact.max_attempts)
    record.told_by_event = record.told_by_event or fact.told_by_event
    starts = [start for start in (record.started_at, fact.started_at) if start]
    record.started_at = min(starts, default=0)
    told = [Severity(each) for each in (detail.told_severity, fact.severity) if each]
    detail.told_severity = max(told, key=lambda severity: severity.rank).value if told else ""
    detail.service = detail.service or fact.service
    detail.quiet = detail.quiet or not fact.notify
    if fact.labels:
        detail.labels = {**fact.labels, **detail.labels}
    if fact.trace_id and fact.trace_id != record.trace_id and fact.trace_id not in detail.traces:
        detail.traces = sorted([*detail.traces, fact.trace_id])[:_MOST_TRACES]


def add(record: RunRecord, evidence: Evidence) -> None:
    """Fold in a failed step or a logged error."""
    known = {each.key: each for each in record.detail.evidence}
    known[evidence.key] = max(known.get(evidence.key, evidence), evidence)
    record.detail.evidence = _weightiest(list(known.values()))
    settle(record)


def _weightiest(evidence: list[Evidence]) -> list[Evidence]:
    """The latest, failed and fatal before others, in order of time; the rest is let go."""
    kept = sorted(evidence, key=lambda each: (each.failed, each.fatal, each))[-MOST_EVIDENCE:]
    return sorted(kept)


def settle(record: RunRecord) -> None:
    """Choose the error and the failing step again. A run that is not bad has neither."""
    record.attempts = max([record.attempts, *(each.attempts for each in record.detail.evidence)])
    if not record.bad:
        record.error, record.failing_step = ErrorInfo(), ""
        return
    step = _failing_step(record)
    record.failing_step = record.detail.told_step or (step.step if step else "")
    record.error = with_cause(_best_error(ErrorInfo(*record.detail.told), _sources(record, step)))


def _failing_step(record: RunRecord) -> Evidence | None:
    """The last failed step; of nested ones the innermost. With an error told for the run, one that had that error."""
    failed = [each for each in record.detail.evidence if each.step and each.failed]
    told = ErrorInfo(*record.detail.told)
    matching = [each for each in failed if _agree(told, each.error)]
    chosen = matching or failed
    parents = {each.parent_span_id for each in chosen}
    innermost = [each for each in chosen if each.span_id not in parents]
    return max(innermost or chosen, default=None)


def _sources(record: RunRecord, step: Evidence | None) -> list[ErrorInfo]:
    """Where else the error may be told: fatal records, latest first, then the failing step, then handled ones."""
    logged = [each for each in reversed(record.detail.evidence) if not each.step]
    fatal = [each.error for each in logged if each.fatal]
    handled = [each.error for each in logged if not each.fatal]
    return [*fatal, *([step.error] if step else []), *handled]


def _best_error(told: ErrorInfo, sources: list[ErrorInfo]) -> ErrorInfo:
    if told.type and told.message and told.stack:
        return told
    agreeing = [source for source in sources if _agree(told, source)]
    if not agreeing and not told.type:
        agreeing = sources
    kind = told.type or next((source.type for source in agreeing if source.type), "")
    message = told.message or next((source.message for source in agreeing if source.message), "")
    stack = told.stack or next((s.stack for s in agreeing if s.stack and s.type in {"", kind}), "")
    return ErrorInfo(kind, message, stack)


def _agree(told: ErrorInfo, source: ErrorInfo) -> bool:
    """Whether two tellings may be of one error: nothing in them differs."""
    types = not (told.type and source.type) or told.type == source.type
    return types and (not (told.message and source.message) or _overlap(told.message, source.message))


def _overlap(one: str, other: str) -> bool:
    shorter, longer = sorted((one.strip(), other.strip()), key=len)
    return shorter[:200] in longer

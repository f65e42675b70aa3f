"""What do all tellings of a run come to? Each fact is folded in; any order and any repetition gives the same run.

The telling of the latest end wins; what it leaves open the others fill. The error and the failing step are chosen anew
from the evidence whenever some is added.
"""

from collections import Counter

import msgspec

from alerting.ingest.facts import RunFact
from alerting.tracking.record import Evidence, RunRecord, telling_of, with_cause
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import BAD, TERMINAL, Outcome, Severity

MOST_EVIDENCE = 24
_MOST_TRACES = 20
_NO_ERROR = ErrorInfo()
_FILLED = ("environment", "version", "parent_run_id", "url", "trace_id", "workflow")

Rank = tuple[bool, bool, bool, Instant, int, bool, bool]


def _rank(outcome: Outcome, ended_at: Instant, attempts: int, by_event: bool, part: bool) -> Rank:
    """Of what is told of parts, a fault outranks any success, whatever ended last."""
    return (outcome in TERMINAL, not part, part and outcome in BAD, ended_at, attempts, outcome in BAD, by_event)


def tell(record: RunRecord, fact: RunFact) -> None:
    """Fold in a fact that speaks for the whole run."""
    _know_tries(record, fact)
    _find_again(record)
    outcome = Outcome.RUNNING if fact.span_id and fact.span_id in record.detail.retried else fact.outcome
    ours = _rank(record.outcome, record.ended_at, record.detail.attempts, record.told_by_event, record.detail.part)
    if _rank(outcome, fact.ended_at, fact.attempts, fact.told_by_event, fact.part) >= ours:
        _take_over(record, fact, outcome)
    for name in _FILLED:
        if not getattr(record, name):
            setattr(record, name, getattr(fact, name))
    _gather(record, fact)
    settle(record)


def _know_tries(record: RunRecord, fact: RunFact) -> None:
    """Which spans handed the run over, and which tries were followed by another: what those said was not the end."""
    detail = record.detail
    if fact.handed_by:
        detail.handed_by = _with(detail.handed_by, fact.handed_by)
    if fact.retry_of:
        detail.retried = _with(detail.retried, fact.retry_of)
        if detail.told_span == fact.retry_of and record.bad:
            record.outcome = Outcome.RUNNING


def _with(known: list[str], one: str) -> list[str]:
    return known if one in known else sorted([*known, one])[:_MOST_TRACES]


def lose(record: RunRecord) -> None:
    """Nothing more was heard of it. Whatever is told of it after all holds more than this."""
    record.outcome, record.ended_at = Outcome.LOST, record.heard_at
    record.detail.told = ("RunLost", "nothing more was heard of this run", "")
    record.detail.lost = True
    settle(record)


def _find_again(record: RunRecord) -> None:
    """It was not lost: its end is judged as if nothing had been said before."""
    if record.outcome is not Outcome.LOST or not record.detail.lost:
        return
    record.outcome, record.ended_at = Outcome.RUNNING, record.started_at
    record.detail.told = ("", "", "")
    record.detail.was_group, record.error_group = record.error_group or record.detail.was_group, ""
    record.evaluated = record.detail.waiting = False
    record.detail.consequence_of = ""


def _take_over(record: RunRecord, fact: RunFact, outcome: Outcome) -> None:
    error = fact.error or ErrorInfo()
    told = (error.type, error.message, error.stack)
    detail = record.detail
    same_end = record.outcome is outcome and record.ended_at == fact.ended_at
    record.outcome, record.ended_at = outcome, fact.ended_at
    detail.told = told if any(told) or not same_end else detail.told
    detail.told_step = fact.failing_step or (detail.told_step if same_end else "")
    detail.told_span = fact.span_id or (detail.told_span if same_end else "")
    detail.part = fact.part
    detail.in_step = fact.in_step or (detail.in_step and same_end)
    detail.source_id = fact.event_id or detail.source_id


def _gather(record: RunRecord, fact: RunFact) -> None:
    detail = record.detail
    detail.attempts = max(detail.attempts, fact.attempts)
    record.max_attempts = max(record.max_attempts, fact.max_attempts)
    record.told_by_event = record.told_by_event or fact.told_by_event
    if fact.started_at and not 0 < record.started_at < fact.started_at:
        record.started_at = fact.started_at
    if fact.severity:
        told = [Severity(each) for each in (detail.told_severity, fact.severity) if each]
        detail.told_severity = max(told, key=lambda severity: severity.rank).value
    detail.service = detail.service or fact.service
    detail.silent_after = max(detail.silent_after, fact.silent_after)
    detail.quiet = detail.quiet or not fact.notify
    if fact.span_id:
        detail.spans = _with(detail.spans, fact.span_id)
    if fact.labels:
        detail.labels = {**fact.labels, **detail.labels}
    if fact.trace_id and fact.trace_id != record.trace_id and fact.trace_id not in detail.traces:
        detail.traces = sorted([*detail.traces, fact.trace_id])[:_MOST_TRACES]


def add(record: RunRecord, evidence: Evidence) -> None:
    """Fold in a failed step or a logged error."""
    if evidence.outcome:
        tell(record, telling_of(evidence, record.run_id))
        return
    known = {each.key: each for each in record.detail.evidence}
    known[evidence.key] = _both(known.get(evidence.key, evidence), evidence)
    record.detail.evidence = _weightiest(list(known.values()))
    settle(record)


def give_up(record: RunRecord, evidence: Evidence) -> None:
    """It belongs to another run after all."""
    record.detail.evidence = [each for each in record.detail.evidence if each is not evidence]
    settle(record)


def _both(one: Evidence, other: Evidence) -> Evidence:
    """The later of two tellings of one thing, with the highest number of attempts told."""
    later, attempts = max(one, other), max(one.attempts, other.attempts)
    return later if later.attempts == attempts else msgspec.structs.replace(later, attempts=attempts)


def _weightiest(evidence: list[Evidence]) -> list[Evidence]:
    """The latest, failed and fatal before others, in order of time; the rest is let go."""
    kept = sorted(evidence, key=lambda each: (each.failed, each.fatal, each))[-MOST_EVIDENCE:]
    return sorted(kept)


def settle(record: RunRecord) -> None:
    """Choose the error and the failing step again. A run that is not bad has neither, but where it was cancelled."""
    bad, evidence = record.bad, record.detail.evidence
    step = _failing_step(record) if bad and evidence else None
    record.attempts = _attempts(record, step) if evidence else record.detail.attempts
    if not bad:
        record.error, record.failing_step = _NO_ERROR, _cancelled_step(record) if evidence else ""
        return
    record.failing_step = record.detail.told_step or (step.step if step else "")
    record.error = with_cause(_best_error(ErrorInfo(*record.detail.told), _sources(record, step) if evidence else []))


def _cancelled_step(record: RunRecord) -> str:
    cancelled = [each for each in record.detail.evidence if each.cancelled]
    return max(cancelled).step if cancelled and record.outcome is Outcome.CANCELLED else ""


def _attempts(record: RunRecord, failing: Evidence | None) -> int:
    """The number of tries that was told; else of those that failed, and one more where that was not the last."""
    evidence = record.detail.evidence
    counted = Counter(each.tries for each in evidence if each.tries)
    ended = record.outcome is Outcome.SUCCEEDED or record.bad
    last = failing.tries if failing else ""
    by_count = [failures + (ended and tries != last) for tries, failures in counted.items()]
    return max([record.detail.attempts, *(each.attempts for each in evidence), *by_count])


def _failing_step(record: RunRecord) -> Evidence | None:
    """The last failed step; of nested ones the innermost. With an error told for the run, one that had that error.
    Where a step is to blame and none told that it failed, the last that was begun."""
    steps = [each for each in record.detail.evidence if each.step]
    failed = [each for each in steps if each.failed]
    told = ErrorInfo(*record.detail.told)
    matching = [each for each in failed if agree(told, each.error)]
    chosen = matching or failed or (steps if record.detail.in_step else [])
    parents = {each.parent_span_id for each in chosen}
    innermost = [each for each in chosen if each.span_id not in parents]
    return max(innermost or chosen, default=None)


def _sources(record: RunRecord, step: Evidence | None) -> list[ErrorInfo]:
    """Where else the error may be told: fatal records, latest first, then the failing step, then handled ones."""
    logged = [each for each in reversed(record.detail.evidence) if not each.step]
    fatal = [each.error for each in logged if each.fatal]
    handled = [each.error for each in logged if not each.fatal]
    told = [each.error for each in reversed(record.detail.evidence) if step and each.failed and each.step == step.step]
    return [*fatal, *told, *handled]


def _best_error(told: ErrorInfo, sources: list[ErrorInfo]) -> ErrorInfo:
    if not sources or (told.type and told.message and told.stack):
        return told
    agreeing = [source for source in sources if agree(told, source)]
    if not agreeing and not told.type:
        agreeing = sources
    kind = told.type or next((source.type for source in agreeing if source.type), "")
    message = told.message or next((source.message for source in agreeing if source.message), "")
    stack = told.stack or next((s.stack for s in agreeing if s.stack and s.type in {"", kind}), "")
    return ErrorInfo(kind, message, stack)


def agree(told: ErrorInfo, source: ErrorInfo) -> bool:
    """Whether two tellings may be of one error: nothing in them differs."""
    types = not (told.type and source.type) or told.type == source.type
    return types and (not (told.message and source.message) or _overlap(told.message, source.message))


def _overlap(one: str, other: str) -> bool:
    shorter, longer = sorted((one.strip(), other.strip()), key=len)
    return shorter[:200] in longer

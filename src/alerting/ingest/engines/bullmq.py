"""BullMQ (``bullmq-otel``). A run is one job of a queue; job ids are unique only within their queue.

A try is a span ``process <queue>``, whose status is never set: an event says how it went. Below a try that failed, a
span ``fail <queue>`` says that it was the last, ``retry`` or ``delay`` that it was not. Only a message is told.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import ErrorFact, RunFact
from alerting.ingest.spans import SpanView, attributes_of
from alerting.ingest.text import MESSAGE, NAME, clean
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_QUEUE, _OPERATION = "bullmq.queue.name", "bullmq.queue.operation"
_JOB, _ID = "bullmq.job.name", "bullmq.job.id"
_TRIES = "bullmq.job.attempts.made"
_BEGUN = frozenset({"add", "delay", "retry"})


def _span(view: SpanView) -> Facts:
    found = view.attributes
    if _QUEUE not in found:
        return None
    operation = found.get(_OPERATION) or view.raw.name.partition(" ")[0]
    if not found.get(_ID):
        return NOTHING
    if operation == "process":
        return _tried(view)
    if operation == "fail":
        return [_telling(view, Outcome.FAILED)]
    return [_telling(view, Outcome.RUNNING)] if operation in _BEGUN else NOTHING


def _workflow(view: SpanView) -> str:
    queue, job = view.attributes[_QUEUE], view.attributes.get(_JOB, "")
    return clean(f"{queue}/{job}" if job else queue, NAME)


def _telling(view: SpanView, outcome: Outcome, attempts: int = 0, started_at: int = 0) -> RunFact:
    return RunFact(
        engine="bullmq",
        workflow=_workflow(view),
        run_id=clean(view.attributes[_ID], NAME),
        outcome=outcome,
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=started_at,
        ended_at=view.ended_at,
        attempts=attempts,
        environment=view.resource.environment,
        version=view.resource.version,
        service=view.resource.service,
        labels={"queue": clean(view.attributes[_QUEUE], NAME)},
    )


def _tried(view: SpanView) -> Facts:
    tries = view.attributes.get(_TRIES, "")
    attempts = int(tries) if tries.isascii() and tries.isdigit() and len(tries) < 6 else 1
    for event in view.raw.events:
        if event.name == "job completed":
            return [_telling(view, Outcome.SUCCEEDED, max(attempts, 1), view.started_at)]
        if event.name == "job failed":
            error = _error(attributes_of(event.attributes).get("bullmq.job.failed.reason", ""))
            return [_telling(view, Outcome.RUNNING, max(attempts, 1), view.started_at), _evidence(view, error)]
    return [_telling(view, Outcome.RUNNING, started_at=view.started_at)]


def _error(reason: str) -> ErrorInfo:
    return ErrorInfo(message=clean(reason, MESSAGE))


def _evidence(view: SpanView, error: ErrorInfo) -> ErrorFact:
    run_id = clean(view.attributes[_ID], NAME)
    return ErrorFact(
        "bullmq", error, run_id, view.trace_id, view.span_id, view.ended_at, workflow=_workflow(view)
    )  # fmt: skip


ADAPTER = Adapter("bullmq", _span, marker=b"bullmq.")

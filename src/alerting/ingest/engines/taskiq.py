"""taskiq (its ``OpenTelemetryMiddleware``). A run is one task: a span ``execute/<task>`` for each of its tries.

Only the sender's span ``send/<task>``, which the try hangs under, tells the task's id, and how many tries came before.
A task that may be retried never has an error status, not even at its last try, and no type of error: only
``taskiq.retry.reason``. Another ``send`` below the try says that it was not the last.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import RunFact
from alerting.ingest.spans import SpanView
from alerting.ingest.text import MESSAGE, NAME, clean
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_NAME, _REASON = "taskiq.task_name", "taskiq.retry.reason"


def _span(view: SpanView) -> Facts:
    action, slash, task = view.raw.name.partition("/")
    if action == "send" and slash:
        return _sent(view, clean(task, NAME))
    if action == "execute" and slash:
        return [_tried(view, clean(task, NAME))]
    return NOTHING


def _sent(view: SpanView, task: str) -> Facts:
    found = view.attributes
    run_id = clean(found.get("messaging.message.id", ""), NAME)
    if not run_id:
        return NOTHING
    return [
        RunFact(
            engine="taskiq",
            workflow=clean(found.get(_NAME) or task, NAME),
            run_id=run_id,
            outcome=Outcome.RUNNING,
            trace_id=view.trace_id,
            handed_by=view.span_id,
            retry_of=view.parent_span_id,
            ended_at=view.ended_at,
            attempts=_count(found.get("taskiq._retries", "")) + 1,
            max_attempts=_count(found.get("taskiq.max_retries", "")),
        )
    ]


def _tried(view: SpanView, task: str) -> RunFact:
    reason = clean(view.attributes.get(_REASON, ""), MESSAGE)
    error = view.error() if view.failed else ErrorInfo(message=reason)
    bad = view.failed or _REASON in view.attributes
    return RunFact(
        engine="taskiq",
        workflow=task,
        run_id="",
        outcome=Outcome.FAILED if bad else Outcome.SUCCEEDED,
        trace_id=view.trace_id,
        span_id=view.span_id,
        handed_by=view.parent_span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        error=error if bad else None,
        attempts=0 if view.parent_span_id else 1,
        environment=view.resource.environment,
        version=view.resource.version,
        service=view.resource.service,
    )


def _count(told: str) -> int:
    return int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0


ADAPTER = Adapter(
    "taskiq",
    _span,
    scopes=frozenset({"taskiq.middlewares.opentelemetry_middleware", "taskiq.instrumentation", "taskiq"}),
)

"""Any other OpenTelemetry: a local root span is a run, unless it only serves, makes or sends a request.

Its ``workflow.name`` or ``job.name``, else its own name, is the workflow; spans with status ERROR below it are its
failed steps.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import ErrorFact, RunFact, StepFact
from alerting.ingest.records import RecordView
from alerting.ingest.spans import CLIENT, PRODUCER, SERVER, SpanView, exception_of
from alerting.ingest.text import NAME, clean
from rules.vocabulary import Outcome

OWN_SCOPE = "tocsin"  # what Tocsin says of itself is not fed back into it
_WORKFLOW = ("workflow.name", "job.name")
_RUN_ID = ("workflow.run.id", "workflow.run_id", "job.run.id", "job.run_id", "run.id", "job.id", "faas.invocation_id")
_UNNAMED = "unnamed"
_STEP = ("workflow.step.name", "job.step")
_ATTEMPT = ("job.attempt", "retry.attempt", "attempt")
_MOST_ATTEMPTS = ("job.max_attempts", "retry.max_attempts", "max_attempts")
_REQUEST = frozenset((
    "http.request.method", "http.method", "http.route", "rpc.system", "rpc.system.name", "rpc.method", "db.system",
    "db.system.name",
))  # fmt: skip


def _span(view: SpanView) -> Facts:
    if view.scope == OWN_SCOPE:
        return NOTHING
    if view.is_local_root:
        return NOTHING if _is_a_request(view) else [_run(view)]
    if view.failed or _is_retry(view):
        return [_step(view)]
    return NOTHING


def _is_a_request(view: SpanView) -> bool:
    """The server or client side of a call, or a message being sent: work for a run, or a part of one."""
    kind = view.raw.kind
    called = kind in {SERVER, CLIENT} and any(pair.key in _REQUEST for pair in view.raw.attributes)
    return called or kind == PRODUCER


def _is_retry(view: SpanView) -> bool:
    return any(pair.key in _ATTEMPT for pair in view.raw.attributes)


def _run(view: SpanView) -> RunFact:
    return RunFact(
        engine="otel",
        workflow=_first(view, _WORKFLOW) or view.name or _UNNAMED,
        run_id=_run_id(view),
        outcome=Outcome.FAILED if view.failed else Outcome.SUCCEEDED,
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        error=view.error() if view.failed else None,
        attempts=_count(_first(view, _ATTEMPT)) or 1,
        max_attempts=_count(_first(view, _MOST_ATTEMPTS)),
        environment=view.resource.environment,
        version=view.resource.version,
        service=view.resource.service,
        labels={"service": view.resource.service} if view.resource.service else {},
    )


def _run_id(view: SpanView) -> str:
    """The user's own id, else the trace's; runs that hang under another process's span share its trace."""
    told = _first(view, _RUN_ID)
    return told or (view.trace_id if view.is_root else f"{view.trace_id}-{view.span_id}")


def _first(view: SpanView, names: tuple[str, ...]) -> str:
    found = view.attributes
    return next((clean(found[name], NAME) for name in names if found.get(name)), "")


def _count(told: str) -> int:
    return min(int(told), 10_000) if told.isascii() and told.isdigit() else 0


def _step(view: SpanView) -> StepFact:
    return StepFact(
        engine="otel",
        step=_first(view, _STEP) or view.name or _UNNAMED,
        trace_id=view.trace_id,
        span_id=view.span_id,
        # Of nested failures the innermost counts, but a call out does not take the place of the step that made it.
        parent_span_id="" if view.raw.kind == CLIENT else view.parent_span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        failed=view.failed,
        error=view.error() if view.failed else None,
        attempts=_count(_first(view, _ATTEMPT)),
        service=view.resource.service,
    )


def _record(view: RecordView) -> Facts:
    """An exception told in a log (semantic conventions, "Exceptions in logs")."""
    if not view.has_exception() or not view.trace_id:
        return NOTHING
    error = exception_of(view.attributes)
    if error is None:
        return NOTHING
    return [ErrorFact("otel", error, "", view.trace_id, view.span_id, view.at, fatal=view.fatal)]


ADAPTER = Adapter("otel", _span, _record)

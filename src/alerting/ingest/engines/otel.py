"""Any other OpenTelemetry: a local root span that is not the server side of a request is a run.

Its name is the workflow; spans with status ERROR below it are its failed steps.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import ErrorFact, RunFact, StepFact
from alerting.ingest.records import RecordView
from alerting.ingest.spans import SERVER, SpanView, exception_of
from alerting.ingest.text import NAME, clean
from rules.vocabulary import Outcome

OWN_SCOPE = "tocsin"  # what Tocsin says of itself is not fed back into it
_RUN_ID = ("workflow.run.id", "run.id", "job.run.id", "job.id")
_ATTEMPT = ("retry.attempt", "job.attempt", "attempt")
_REQUEST = ("http.request.method", "http.method", "http.route", "rpc.system", "rpc.method")


def _span(view: SpanView) -> Facts:
    if view.scope == OWN_SCOPE:
        return NOTHING
    if view.is_local_root:
        return NOTHING if _serves_a_request(view) else [_run(view)]
    if view.failed or _is_retry(view):
        return [_step(view)]
    return NOTHING


def _serves_a_request(view: SpanView) -> bool:
    return view.raw.kind == SERVER and any(pair.key in _REQUEST for pair in view.raw.attributes)


def _is_retry(view: SpanView) -> bool:
    return any(pair.key in _ATTEMPT for pair in view.raw.attributes)


def _run(view: SpanView) -> RunFact:
    return RunFact(
        engine="otel",
        workflow=view.name,
        run_id=_run_id(view),
        outcome=Outcome.FAILED if view.failed else Outcome.SUCCEEDED,
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        error=view.error() if view.failed else None,
        attempts=_attempts(view),
        environment=view.resource.environment,
        version=view.resource.version,
        service=view.resource.service,
        labels={"service": view.resource.service} if view.resource.service else {},
    )


def _run_id(view: SpanView) -> str:
    """The user's own id, else the trace's; runs that hang under another process's span share its trace."""
    told = next((view.attributes[name] for name in _RUN_ID if name in view.attributes), "")
    if told:
        return clean(told, NAME)
    return view.trace_id if view.is_root else f"{view.trace_id}-{view.span_id}"


def _attempts(view: SpanView) -> int:
    told = next((view.attributes[name] for name in _ATTEMPT if name in view.attributes), "")
    return min(int(told), 10_000) if told.isascii() and told.isdigit() else 0


def _step(view: SpanView) -> StepFact:
    return StepFact(
        engine="otel",
        step=view.name,
        trace_id=view.trace_id,
        span_id=view.span_id,
        parent_span_id=view.parent_span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        failed=view.failed,
        error=view.error() if view.failed else None,
        attempts=_attempts(view),
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

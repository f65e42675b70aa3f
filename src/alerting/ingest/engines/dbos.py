"""DBOS (``enable_otlp``; attribute formats ``legacy`` and ``semconv``).

A run is a span of operation type ``workflow``, a step one of type ``step``. Spans carry only the message of an error;
its type and stack come in a log record of scope ``dbos``. Attempts are events on the step's span.
"""

import re

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import ErrorFact, RunFact, StepFact
from alerting.ingest.records import RecordView
from alerting.ingest.spans import ERROR, SpanView, exception_of
from alerting.ingest.text import NAME, clean
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_TYPE = ("operationType", "dbos.operation.type")
_RUN_ID = ("operationUUID", "dbos.operation.workflow_id")
_VERSION = ("applicationVersion", "dbos.application.version")
_QUEUE = ("queueName", "dbos.queue.name")
_ATTEMPT_FAILED = re.compile(r"Step attempt (\d+) failed")
_CANCELLED = re.compile(r"DBOS Error 13: Awaited workflow (\S+) was cancelled")
_CHILD = re.compile(r"(.+)-\d+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-\d+)*")


def _span(view: SpanView) -> Facts:
    kind = next((pair.value.string_value for pair in view.raw.attributes if pair.key in _TYPE), "")
    if kind == "workflow":
        return [_run(view)]
    if kind == "step" and (view.failed or view.raw.events):
        return [_step(view)]
    return NOTHING


def _run(view: SpanView) -> RunFact:
    found = view.attributes
    run_id = _first(found, _RUN_ID)
    queue = _first(found, _QUEUE)
    return RunFact(
        engine="dbos",
        workflow=view.name,
        run_id=run_id,
        outcome=_outcome(view, run_id),
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        error=ErrorInfo(message=view.status_message) if view.failed else None,
        attempts=1,
        environment=found.get("deployment.environment.name") or view.resource.environment,
        version=_first(found, _VERSION) or view.resource.version,
        parent_run_id=_parent(run_id),
        labels={"queue": queue} if queue else {},
    )


def _outcome(view: SpanView, run_id: str) -> Outcome:
    """A cancelled run says so of itself; one that waited for another which was cancelled has failed."""
    if not view.failed:
        return Outcome.SUCCEEDED
    cancelled = _CANCELLED.match(view.raw.status.message)
    return Outcome.CANCELLED if cancelled and cancelled[1] == run_id else Outcome.FAILED


def _parent(run_id: str) -> str:
    """A child's id is its parent's with ``-<number>`` behind it, unless the user chose one."""
    found = _CHILD.fullmatch(run_id)
    return found[1] if found and _UUID.fullmatch(found[1]) else ""


def _step(view: SpanView) -> StepFact:
    failures = [event for event in view.raw.events if _ATTEMPT_FAILED.match(event.name)]
    return StepFact(
        engine="dbos",
        step=view.name,
        run_id=_first(view.attributes, _RUN_ID),
        trace_id=view.trace_id,
        span_id=view.span_id,
        parent_span_id=view.parent_span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        failed=view.raw.status.code == ERROR,
        error=ErrorInfo(message=view.status_message) if view.failed else None,
        attempts=len(failures) + 1,
        service=view.resource.service,
    )


def _record(view: RecordView) -> Facts:
    if not view.has_exception():
        return NOTHING
    error = exception_of(view.attributes)
    run_id = _first(view.attributes, _RUN_ID)
    if error is None or not (run_id or view.trace_id):
        return NOTHING
    return [ErrorFact("dbos", error, clean(run_id, NAME), view.trace_id, view.span_id, view.at, fatal=view.fatal)]


def _first(attributes: dict[str, str], names: tuple[str, ...]) -> str:
    return next((clean(attributes[name], NAME) for name in names if name in attributes), "")


ADAPTER = Adapter("dbos", _span, _record, scopes=frozenset({"dbos-tracer", "dbos"}))

"""Temporal (the SDKs' OpenTelemetry interceptors and plugins, Python's and others by the same names).

A run is ``RunWorkflow:<type>`` with ``CompleteWorkflow:<type>`` (Python's interceptor: two spans without duration,
whose status is never set), or ``RunWorkflow:<type>`` alone, with a duration (the others). A step is
``StartActivity:<type>``, each of its tries a ``RunActivity:<type>`` below that. Runs that were cancelled, terminated or
timed out by the server look like running ones.
"""

import re

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import RunFact, StepFact
from alerting.ingest.spans import OK, SpanView
from alerting.ingest.text import NAME, clean
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

TIMEOUT = "timeout"  # the SDKs name the same fault TimeoutError, TimeoutFailure, …
_RUN_IDS = ("temporalRunID", "temporalRunId", "run_id", "runId")
_WORKFLOW_IDS = ("temporalWorkflowID", "temporalWorkflowId", "workflowId")
_OF_A_STEP = frozenset({"ActivityError", "ActivityFailure"})
_OF_A_CHILD = frozenset({"ChildWorkflowError", "ChildWorkflowFailure", "ChildWorkflowExecutionError"})
_APPLICATION = frozenset({"ApplicationError", "ApplicationFailure"})
_NOT_THE_END = frozenset({"ContinueAsNewError", "ContinueAsNew"})
_CANCELLED = frozenset({"CancelledError", "CancelledFailure"})
_TYPED = re.compile(r"([A-Za-z_$][\w$.]{0,200}): (.*)", re.DOTALL)
_CAUSE = re.compile(r"^temporalio\.exceptions\.(ApplicationError|TimeoutError|CancelledError): ?(.*)$", re.MULTILINE)


def _span(view: SpanView) -> Facts:
    action, colon, kind = view.raw.name.partition(":")
    told = _TELLING.get(action)
    return told(view, clean(kind, NAME)) if told is not None and colon else NOTHING


def _run(view: SpanView, kind: str) -> Facts:
    """Without duration and status it says only that the run began."""
    if view.raw.status.code or view.raw.events or view.ended_at > view.started_at:
        return _end(view, kind)
    return _telling(view, kind, Outcome.RUNNING, None)


def _end(view: SpanView, kind: str) -> Facts:
    error = view.exception() or (view.error() if view.failed else None)
    if error is None or error.type in _NOT_THE_END or view.raw.status.code == OK:
        return _telling(view, kind, Outcome.SUCCEEDED, None)
    if error.type in _CANCELLED:
        return _telling(view, kind, Outcome.CANCELLED, None)
    return _telling(view, kind, Outcome.FAILED, error)


def _telling(view: SpanView, kind: str, outcome: Outcome, error: ErrorInfo | None) -> Facts:
    run_id, workflow_id = _first(view, _RUN_IDS), _first(view, _WORKFLOW_IDS)
    if not run_id:
        return NOTHING
    in_step = error is not None and error.type in _OF_A_STEP
    return [
        RunFact(
            engine="temporal",
            workflow=kind,
            run_id=run_id,
            outcome=outcome,
            trace_id=view.trace_id,
            span_id=view.span_id,
            started_at=view.started_at if view.raw.name.startswith("Run") else 0,
            ended_at=view.ended_at,
            error=_unwrapped(error) if error else None,
            in_step=in_step,
            attempts=1,
            environment=view.resource.environment,
            version=view.resource.version,
            labels={"workflow_id": workflow_id} if workflow_id else {},
        )
    ]


def _unwrapped(error: ErrorInfo) -> ErrorInfo:
    """What failed in the step or the child, as far as the wrapper's stack tells it; the step tells the rest."""
    if error.type in _APPLICATION:
        return _typed(error)
    if error.type not in _OF_A_STEP | _OF_A_CHILD:
        return error
    causes = _CAUSE.findall(error.stack)
    if not causes:
        return ErrorInfo(message="" if error.type in _OF_A_STEP else error.message)
    cause, text = causes[-1]
    return ErrorInfo(TIMEOUT, text) if cause == "TimeoutError" else _typed(ErrorInfo(cause, text))


def _typed(error: ErrorInfo) -> ErrorInfo:
    """An application's own type stands before the message: ``FraudBlocked: order 4001 blocked``."""
    found = _TYPED.match(error.message)
    return ErrorInfo(found[1], found[2], error.stack) if found else error


def _scheduled(view: SpanView, kind: str) -> Facts:
    """The only sign of a step whose worker never answered."""
    return _step(view, kind, failed=False)


def _tried(view: SpanView, kind: str) -> Facts:
    return _step(view, kind, failed=True) if view.failed else NOTHING


def _step(view: SpanView, kind: str, failed: bool) -> Facts:
    return [
        StepFact(
            engine="temporal",
            step=kind,
            run_id=_first(view, _RUN_IDS),
            trace_id=view.trace_id,
            span_id=view.span_id,
            parent_span_id=view.parent_span_id,
            started_at=view.started_at,
            ended_at=view.ended_at if failed else view.started_at,
            failed=failed,
            error=_unwrapped(view.error()) if failed else None,
            tries=view.parent_span_id if failed else "",
        )
    ]


def _first(view: SpanView, names: tuple[str, ...]) -> str:
    found = view.attributes
    return next((clean(found[name], NAME) for name in names if found.get(name)), "")


_TELLING = {
    "RunWorkflow": _run,
    "CompleteWorkflow": _end,
    "StartActivity": _scheduled,
    "RunActivity": _tried,
}
ADAPTER = Adapter(
    "temporal",
    _span,
    scopes=frozenset({"temporalio.*", "temporal-sdk-go", "@temporalio/*", "io.temporal*", "temporal-*"}),
)

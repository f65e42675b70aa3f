"""Prefect 3 (``opentelemetry-instrument``). A run is a span of ``prefect.run.type`` flow, a step one of type task.

States are span events, and the last of them is the end: a flow that will be tried again ends its span as an error. The
name of a flow is only on its log records, which also tell of tries after the first and of tasks that timed out, whose
spans never come.
"""

import re

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import ErrorFact, RunFact, StepFact
from alerting.ingest.records import RecordView
from alerting.ingest.spans import SpanView, attributes_of, exception_of, leading_type
from alerting.ingest.text import LABEL, MESSAGE, NAME, clean
from rules.model import ErrorInfo
from rules.vocabulary import BAD, Outcome

_STATES = {
    "Completed": Outcome.SUCCEEDED,
    "Cached": Outcome.SUCCEEDED,
    "Failed": Outcome.FAILED,
    "TimedOut": Outcome.TIMED_OUT,
    "Crashed": Outcome.CRASHED,
    "Cancelled": Outcome.CANCELLED,
    "Cancelling": Outcome.CANCELLED,
}
_TYPES = {
    "COMPLETED": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "CRASHED": Outcome.CRASHED,
    "CANCELLED": Outcome.CANCELLED,
    "CANCELLING": Outcome.CANCELLED,
}
_NO_NAME = frozenset({"", "<unknown>"})
_RANDOM_END = re.compile(r"-[0-9a-f]{3}$")  # a task run is named for its task, with three digits of its own
_MESSAGE = re.compile(
    r"(?:Flow|Task) run (?:encountered an exception:?|failed due to timeout:|failed with exception:?) "
)
_REPR = re.compile(r"([A-Za-z_]\w*)\((['\"])(.*)\2\)", re.DOTALL)
_FINISHED = re.compile(r"Finished in state (\w+)\((?:(['\"])(.*)\2)?(?:, type=\w+)?\)", re.DOTALL)
_BEGAN = "Beginning flow run "
_TRIED_AGAIN = "Received non-final state 'AwaitingRetry'"
_RETRY = re.compile(r" - Retry (\d{1,9})/\d+ will start")
_KILLED = re.compile(r"Process exited with status code: (-?\d+)")


def _span(view: SpanView) -> Facts:
    kind = next((pair.value.string_value for pair in view.raw.attributes if pair.key == "prefect.run.type"), "")
    if kind == "flow":
        return [_run(view)]
    if kind == "task" and (view.failed or any(event.name == "Retrying" for event in view.raw.events)):
        return [_task(view)]
    return NOTHING


def _run(view: SpanView) -> RunFact:
    found = view.attributes
    outcome = _outcome(view)
    error = _error(view) if outcome in BAD else None
    return RunFact(
        engine="prefect",
        workflow="",
        run_id=clean(found.get("prefect.run.id", ""), NAME),
        outcome=outcome,
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        error=error,
        attempts=1,
        environment=view.resource.environment,
        version=view.resource.version,
        labels={"run_name": clean(found.get("prefect.run.name", ""), LABEL)},
    )


def _outcome(view: SpanView) -> Outcome:
    """That of the last state; a flow stopped by a signal enters none."""
    last = next((event for event in reversed(view.raw.events) if event.name != "exception"), None)
    if last is None or last.name in {"Running", "Retrying", "AwaitingRetry", "Pending"}:
        return _stopped(view) if not _was_retried(view) else Outcome.RUNNING
    if last.name in _STATES:
        return _STATES[last.name]
    told = attributes_of(last.attributes).get("prefect.state.type", "")
    return _TYPES.get(told, Outcome.RUNNING)


def _was_retried(view: SpanView) -> bool:
    return any(event.name == "AwaitingRetry" for event in view.raw.events)


def _stopped(view: SpanView) -> Outcome:
    error = view.exception()
    if error is not None and error.type == "TerminationSignal":
        return Outcome.CANCELLED
    return Outcome.CRASHED if view.failed else Outcome.RUNNING


def _error(view: SpanView) -> ErrorInfo:
    return view.exception() or _error_in(view.status_message)


def _error_in(message: str) -> ErrorInfo:
    """From a state's message: ``Flow run encountered an exception: ValueError: bad row``, or the error's repr."""
    text = _MESSAGE.sub("", message, count=1)
    if found := _REPR.match(text):
        return ErrorInfo(found[1], clean(found[3], MESSAGE))
    kind = leading_type(text)
    return ErrorInfo(kind, clean(text.removeprefix(f"{kind}: ") if kind else text, MESSAGE))


def _task(view: SpanView) -> StepFact:
    tries = sum(event.name == "Retrying" for event in view.raw.events) + 1
    name = clean(view.attributes.get("prefect.run.name", view.raw.name), NAME)
    return StepFact(
        engine="prefect",
        step=_RANDOM_END.sub("", name),
        trace_id=view.trace_id,
        span_id=view.span_id,
        parent_span_id=view.parent_span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        failed=view.failed,
        error=_error(view) if view.failed else None,
        attempts=tries,
        service=view.resource.service,
    )


def _record(view: RecordView) -> Facts:
    run_id = next((pair.value.string_value for pair in view.raw.attributes if pair.key == "flow_run_id"), "")
    if not run_id:
        return NOTHING
    text = clean(view.text, MESSAGE)
    if view.scope == "prefect.flow_runs":
        return _of_flow(view, run_id, text)
    if view.scope == "prefect.task_runs":
        return _of_task(view, run_id, text)
    if killed := _KILLED.match(text):
        error = ErrorInfo("", text)
        return [_telling(view, run_id, Outcome.CRASHED, error)] if killed[1] != "0" else NOTHING
    return NOTHING


def _of_flow(view: RecordView, run_id: str, text: str) -> Facts:
    if text.startswith(_BEGAN):
        return [_telling(view, run_id, Outcome.RUNNING, None, attempts=1)]
    if text.startswith(_TRIED_AGAIN):
        return [StepFact("prefect", "", run_id=run_id, ended_at=view.at, tries="run")]
    if (finished := _FINISHED.match(text)) and finished[1] in _STATES:
        outcome = _STATES[finished[1]]
        error = _error_in(finished[3] or "") if outcome in BAD else None
        return [_telling(view, run_id, outcome, error)]
    error = exception_of(view.attributes) if view.has_exception() else None
    if error is None:
        return NOTHING
    return [ErrorFact("prefect", error, run_id, view.trace_id, view.span_id, view.at, fatal=view.fatal)]


def _telling(view: RecordView, run_id: str, outcome: Outcome, error: ErrorInfo | None, attempts: int = 0) -> RunFact:
    name = clean(view.attributes.get("flow_name", ""), NAME)
    return RunFact(
        engine="prefect",
        workflow="" if name in _NO_NAME else name,
        run_id=clean(run_id, NAME),
        outcome=outcome,
        trace_id=view.trace_id,
        ended_at=view.at,
        error=error,
        attempts=attempts,
        environment=view.resource.environment,
        version=view.resource.version,
    )


def _of_task(view: RecordView, run_id: str, text: str) -> Facts:
    """The number of a try that failed, and a task's end: its span does not come when it timed out."""
    if again := _RETRY.search(text):
        return [_step(view, run_id, attempts=min(int(again[1]), 10_000) + 1)]
    finished = _FINISHED.match(text)
    if finished is None or _STATES.get(finished[1]) not in BAD:
        return NOTHING
    return [_step(view, run_id, failed=True, error=_error_in(finished[3] or ""))]


def _step(
    view: RecordView, run_id: str, failed: bool = False, error: ErrorInfo | None = None, attempts: int = 0
) -> StepFact:
    return StepFact(
        engine="prefect",
        step=clean(view.attributes.get("task_name", ""), NAME),
        run_id=clean(run_id, NAME),
        trace_id=view.trace_id,
        span_id=view.span_id,
        ended_at=view.at,
        failed=failed,
        error=error,
        attempts=attempts,
    )


ADAPTER = Adapter("prefect", _span, _record, scopes=frozenset({"prefect", "prefect.*"}))

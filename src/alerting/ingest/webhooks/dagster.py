"""Dagster, which has no OpenTelemetry: what its hooks and sensors see, as Tocsin's client sends it on.

A step's error is Dagster's wrapper; the user's own is its cause. A run that was killed has no failed step at all.
"""

from typing import Any

from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.ingest.text import MESSAGE, NAME, STACK, bare_type, clean
from alerting.ingest.webhooks.reading import at, items, labels, moment, text
from alerting.ingest.webhooks.sender import Sender, by_bearer
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_STATUSES = {
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILURE": Outcome.FAILED,
    "CANCELED": Outcome.CANCELLED,
    "STARTED": Outcome.RUNNING,
}
_WRAPPERS = frozenset(
    {"DagsterExecutionStepExecutionError", "RetryRequestedFromPolicy", "DagsterExecutionLoadInputError"}
)
_DEEPEST = 8


def _read(body: Any, received_at: Instant) -> list[Fact]:
    workflow, run_id = text(body, "job_name"), text(body, "run_id")
    if not workflow or not run_id:
        raise ValueError("job_name or run_id is missing; send what tocsin_client.dagster makes of a run")
    steps = [_step(each, workflow, run_id, received_at) for each in items(body, "step_failures")]
    if text(body, "step_key") and text(body, "exception_type"):
        steps.append(_hooked(body, workflow, run_id, received_at))
    status = text(body, "status")
    return [*([_run(body, workflow, run_id, _STATUSES[status], received_at)] if status in _STATUSES else []), *steps]


def _run(body: Any, workflow: str, run_id: str, outcome: Outcome, received_at: Instant) -> RunFact:
    reason = text(body, "failure_event.message", "message", most=MESSAGE)
    failed_in_step = bool(items(body, "step_failures"))
    killed = text(body, "tags.dagster/failure_reason") == "UNEXPECTED_TERMINATION"
    return RunFact(
        engine="dagster",
        workflow=workflow,
        run_id=run_id,
        outcome=outcome,
        started_at=moment(body, "started_at"),
        ended_at=moment(body, "ended_at") or received_at,
        error=ErrorInfo("", reason) if outcome is Outcome.FAILED and not failed_in_step else None,
        attempts=1,
        version=text(body, "version"),
        parent_run_id=text(body, "parent_run_id"),
        url=text(body, "url", most=1024),
        labels=labels(
            reason="killed" if killed else "",
            schedule=text(body, "tags.dagster/schedule_name"),
            code_location=text(body, "tags.dagster/code_location"),
        ),
        told_by_event=True,
    )


def _step(told: Any, workflow: str, run_id: str, received_at: Instant) -> StepFact:
    return StepFact(
        engine="dagster",
        step=text(told, "step_key"),
        workflow=workflow,
        run_id=run_id,
        ended_at=moment(told, "ended_at") or received_at,
        failed=True,
        error=_error(at(told, "error")),
        attempts=int(text(told, "attempts") or 0) if text(told, "attempts").isdigit() else 0,
    )


def _hooked(body: Any, workflow: str, run_id: str, received_at: Instant) -> StepFact:
    kind, message = bare_type(text(body, "exception_type")), text(body, "exception", most=MESSAGE)
    stack = text(body, "stack", most=STACK)
    return StepFact("dagster", text(body, "step_key"), workflow, run_id, ended_at=received_at, failed=True,
                    error=ErrorInfo(kind, message, stack))  # fmt: skip


def _error(told: Any) -> ErrorInfo:
    """The first that is not Dagster's own; the stacks below it are its causes."""
    chain = _chain(told)
    own = next((index for index, each in enumerate(chain) if each[0] not in _WRAPPERS), 0)
    if not chain:
        return ErrorInfo()
    kind, message, _ = chain[own]
    link = "\nThe above exception was the direct cause of the following exception:\n\n"
    stack = link.join(f"Traceback (most recent call last):\n{lines}{name}: {said}\n"
                      for name, said, lines in reversed(chain[own:]))  # fmt: skip
    return ErrorInfo(kind, message, clean(stack, STACK))


def _chain(told: Any) -> list[tuple[str, str, str]]:
    """(class, message, frames) of the error and its causes; a cause may be an array, as Dagster serialises it."""
    found: list[tuple[str, str, str]] = []
    while told and len(found) < _DEEPEST:
        if isinstance(told, list):
            told = dict(zip(("message", "stack", "cls_name", "cause"), told, strict=False))
        if not isinstance(told, dict):
            break
        name, message = text(told, "cls_name"), text(told, "message", most=MESSAGE).strip()
        head, colon, rest = message.partition(": ")
        said = rest if colon and bare_type(head) == name else message
        stack = at(told, "stack")
        lines = "".join(line for line in stack if isinstance(line, str)) if isinstance(stack, list) else ""
        found.append((clean(name, NAME), said, lines))
        told = told.get("cause")
    return found


SENDER = Sender("dagster", _read, by_bearer, "Authorization: Bearer")

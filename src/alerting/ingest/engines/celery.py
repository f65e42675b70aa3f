"""Celery (``opentelemetry-instrumentation-celery``). A run is one task: its id stays the same through its retries.

A try is a span ``run/<task>``, whose ``celery.state`` tells how it ended: a retry has no error status. One without a
state was cut off with its process: how the run ended is not told.
``apply_async/<task>`` is the sender's side, and all that there is of a task whose worker was killed.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import RunFact
from alerting.ingest.spans import SpanView
from alerting.ingest.text import LABEL, NAME, clean
from rules.vocabulary import BAD, Outcome

_STATES = {
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILURE": Outcome.FAILED,
    "RETRY": Outcome.RUNNING,
    "REVOKED": Outcome.CANCELLED,
    "REJECTED": Outcome.SKIPPED,
    "IGNORED": Outcome.SKIPPED,
}
_ID = "messaging.message.id"
_NAMES = ("celery.task_name", "celery.task.name")
_LABELS = {"messaging.destination": "queue", "celery.hostname": "worker"}


def _span(view: SpanView) -> Facts:
    action, _, task = view.raw.name.partition("/")
    if action not in {"run", "apply_async"} or not view.attributes.get(_ID):
        return NOTHING
    if action == "apply_async":
        return [_fact(view, task, Outcome.RUNNING)]
    state = _STATES.get(view.attributes.get("celery.state", ""))
    return [_fact(view, task, state or (Outcome.FAILED if view.failed else Outcome.RUNNING))]


def _fact(view: SpanView, task: str, outcome: Outcome) -> RunFact:
    found = view.attributes
    tried = found.get("celery.action") != "apply_async"
    return RunFact(
        engine="celery",
        workflow=clean(next((found[name] for name in _NAMES if found.get(name)), task), NAME),
        run_id=clean(found[_ID], NAME),
        outcome=outcome,
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at if tried else 0,
        ended_at=view.ended_at,
        error=view.error() if outcome in BAD else None,
        attempts=_retries(found.get("celery.retries", "")) + 1 if tried else 0,
        environment=view.resource.environment,
        version=view.resource.version,
        service=view.resource.service,
        labels={label: clean(found[name], LABEL) for name, label in _LABELS.items() if found.get(name)},
    )


def _retries(told: str) -> int:
    return int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0


ADAPTER = Adapter("celery", _span, scopes=frozenset({"opentelemetry.instrumentation.celery"}))

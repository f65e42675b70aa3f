"""Pipelines by OpenTelemetry's CICD conventions (``cicd.pipeline.*``, semantic conventions 1.44).

``failure`` is the pipeline's own fault, ``error`` the system's: the second becomes ``crashed``.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import RunFact, StepFact
from alerting.ingest.spans import SpanView
from alerting.ingest.text import LABEL, NAME, clean
from rules.vocabulary import BAD, Outcome

_RESULTS = {
    "success": Outcome.SUCCEEDED,
    "failure": Outcome.FAILED,
    "error": Outcome.CRASHED,
    "timeout": Outcome.TIMED_OUT,
    "cancellation": Outcome.CANCELLED,
    "skip": Outcome.SKIPPED,
}
_LABELS = ("vcs.ref.head.name", "vcs.repository.url.full", "vcs.change.id", "cicd.pipeline.action.name")


def _span(view: SpanView) -> Facts:
    keys = {pair.key for pair in view.raw.attributes}
    if "cicd.pipeline.task.run.id" in keys or "cicd.pipeline.task.name" in keys:
        return _task(view)
    if "cicd.pipeline.run.id" in keys:
        return [_run(view)]
    return None


def _run(view: SpanView) -> RunFact:
    found = view.attributes
    outcome = _RESULTS.get(found.get("cicd.pipeline.result", ""), Outcome.FAILED if view.failed else Outcome.SUCCEEDED)
    return RunFact(
        engine="cicd",
        workflow=clean(found.get("cicd.pipeline.name") or view.raw.name, NAME),
        run_id=clean(found["cicd.pipeline.run.id"], NAME),
        outcome=outcome,
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        error=view.error() if outcome in BAD else None,
        attempts=1,
        environment=view.resource.environment,
        version=clean(found.get("vcs.ref.head.revision") or view.resource.version, NAME),
        url=clean(found.get("cicd.pipeline.run.url.full", ""), LABEL),
        service=view.resource.service,
        labels={name: clean(found[name], LABEL) for name in _LABELS if name in found},
    )


def _task(view: SpanView) -> Facts:
    found = view.attributes
    result = _RESULTS.get(found.get("cicd.pipeline.task.run.result", ""))
    cancelled = result is Outcome.CANCELLED
    if not (view.failed or cancelled or result in BAD):
        return NOTHING
    return [
        StepFact(
            engine="cicd",
            step=clean(found.get("cicd.pipeline.task.name") or view.raw.name, NAME),
            trace_id=view.trace_id,
            span_id=view.span_id,
            parent_span_id=view.parent_span_id,
            started_at=view.started_at,
            ended_at=view.ended_at,
            failed=not cancelled,
            cancelled=cancelled,
            error=None if cancelled else view.error(),
            service=view.resource.service,
        )
    ]


ADAPTER = Adapter("cicd", _span, marker=b"cicd.pipeline.")

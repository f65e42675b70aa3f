"""Spans of Inngest's TypeScript SDK (``extendedTracesMiddleware``). The run itself is told by events.

Each call of the executor is a trace of its own, with a root ``inngest.execution`` whose status is never set; all spans
carry ``sdk.run.id``, those inside a step ``inngest.step.id`` as well. They add the failing step, which no event names.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import ErrorFact, StepFact
from alerting.ingest.spans import SpanView
from alerting.ingest.text import NAME, clean

_RUN_ID = "sdk.run.id"


def _span(view: SpanView) -> Facts:
    if not any(pair.key == _RUN_ID for pair in view.raw.attributes):
        return None
    if not view.failed:
        return NOTHING
    found = view.attributes
    run_id, step = clean(found[_RUN_ID], NAME), clean(found.get("inngest.step.id", ""), NAME)
    if not step:
        return [ErrorFact("inngest", view.error(), run_id, view.trace_id, view.span_id, view.ended_at, fatal=False)]
    return [
        StepFact(
            engine="inngest",
            step=step,
            run_id=run_id,
            trace_id=view.trace_id,
            span_id=view.span_id,
            parent_span_id=view.parent_span_id,
            started_at=view.started_at,
            ended_at=view.ended_at,
            failed=True,
            error=view.error(),
            attempts=_attempt(found.get("inngest.step.attempt", "")),
            service=view.resource.service,
        )
    ]


def _attempt(told: str) -> int:
    """Inngest counts from 0; 0 here is "not known"."""
    return int(told) + 1 if told.isascii() and told.isdigit() and len(told) < 5 else 0


ADAPTER = Adapter("inngest", _span, marker=_RUN_ID.encode())

"""What was lost before it was sent? What an SDK dropped, and what it left out by sampling."""

from alerting.ingest.spans import SpanView

_DROPPED = (
    "the SDK dropped attributes or events that were over its limits; raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT and "
    "OTEL_SPAN_EVENT_COUNT_LIMIT"
)
_SAMPLED = "runs are sampled: those left out are in no count; sample inner spans, never the roots of runs"


def losses(view: SpanView) -> list[str]:
    """Of one span that tells of a run. Sampling: the threshold in ``tracestate`` (``ot=th:…``; 0 keeps everything)."""
    raw = view.raw
    found = [_DROPPED] if raw.dropped_attributes_count or raw.dropped_events_count else []
    return [*found, _SAMPLED] if raw.trace_state and _threshold(raw.trace_state).strip("0") else found


def _threshold(trace_state: str) -> str:
    """The members of ``ot`` are separated by semicolons (OpenTelemetry, "TraceState: Probability Sampling")."""
    for vendor in trace_state.split(","):
        name, _, value = vendor.strip().partition("=")
        for member in value.split(";") if name == "ot" else ():
            if member.startswith("th:"):
                return member.removeprefix("th:")
    return ""

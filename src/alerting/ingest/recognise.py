"""What does a body tell? Bytes from the inbox → facts about runs, by the kind of door they came through."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from alerting.ingest import events, inngest
from alerting.ingest.engines import ADAPTERS
from alerting.ingest.engines.adapter import Adapter
from alerting.ingest.facts import ErrorFact, Fact, RunFact, StepFact
from alerting.ingest.otlp import decode_logs, decode_traces, is_valid
from alerting.ingest.records import RecordView
from alerting.ingest.spans import ResourceView, SpanRecord, SpanView
from rules.instants import MINUTE, Duration, Instant

FURTHEST_AHEAD: Duration = 5 * MINUTE  # a sender's clock may be wrong by so much before it is set right


@dataclass(slots=True)
class Recognised:
    """``items`` were accepted at the door: spans, log records or events."""

    facts: list[Fact]
    items: int
    notes: list[str] = field(default_factory=list)


def recognise(kind: str, body: bytes, media: str, received_at: Instant) -> Recognised:
    """Raises IngestError for a body that the door would have refused."""
    found = _KINDS[kind](body, media)
    for fact in found.facts:
        _set_times(fact, received_at)
    return found


def _traces(body: bytes, media: str) -> Recognised:
    found = Recognised([], 0)
    for view, adapters in _spans(body, media):
        found.items += 1
        for adapter in adapters:
            facts = adapter.span(view)
            if facts is not None:
                found.facts.extend(facts)
                break
    return found


def _spans(body: bytes, media: str) -> Iterator[tuple[SpanView, list[Adapter]]]:
    for each in decode_traces(body, media).resource_spans:
        resource = ResourceView(each.resource)
        for part in each.scope_spans:
            name = part.scope.name
            adapters = [adapter for adapter in ADAPTERS if adapter.concerns(name, body)]
            for span in part.spans:
                if is_valid(span):
                    yield SpanView(span, resource, name), adapters


def _logs(body: bytes, media: str) -> Recognised:
    found = Recognised([], 0)
    for each in decode_logs(body, media).resource_logs:
        resource = ResourceView(each.resource)
        for part in each.scope_logs:
            adapters = [adapter for adapter in ADAPTERS if adapter.concerns(part.scope.name, body)]
            for record in part.log_records:
                found.items += 1
                found.facts.extend(_facts_of_record(RecordView(record, resource, part.scope.name), adapters))
    return found


def _facts_of_record(view: RecordView, adapters: list[Adapter]) -> list[Fact]:
    for adapter in adapters:
        facts = adapter.record(view)
        if facts is not None:
            return facts
    return []


def _events(body: bytes, _media: str) -> Recognised:
    return Recognised(*events.facts(body))


def _inngest(body: bytes, _media: str) -> Recognised:
    return Recognised(*inngest.facts(body))


_KINDS: dict[str, Callable[[bytes, str], Recognised]] = {
    "traces": _traces,
    "logs": _logs,
    "events": _events,
    "inngest": _inngest,
}


def _set_times(fact: Fact, received_at: Instant) -> None:
    """A missing end is now; one further ahead than clocks differ is set to now."""
    if isinstance(fact, ErrorFact):
        fact.at = _sane(fact.at or received_at, received_at)
    elif isinstance(fact, RunFact | StepFact):
        fact.ended_at = _sane(fact.ended_at or received_at, received_at)
        fact.started_at = min(fact.started_at, fact.ended_at)


def _sane(told: Instant, received_at: Instant) -> Instant:
    return received_at if told > received_at + FURTHEST_AHEAD else told


def spans_of(body: bytes, media: str, trace_ids: set[str]) -> list[SpanRecord]:
    """The spans of some traces in a body, for the page of a run."""
    return [view.record() for view, _ in _spans(body, media) if view.trace_id in trace_ids]

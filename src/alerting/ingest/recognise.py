"""What does a body tell? Bytes from the inbox → facts about runs, by the kind of door they came through."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field

from alerting.ingest import changes, envelopes, inngest, jsontext
from alerting.ingest.changes import Change
from alerting.ingest.engines import ADAPTERS
from alerting.ingest.engines.adapter import Adapter
from alerting.ingest.facts import ErrorFact, Fact, RunFact
from alerting.ingest.losses import losses
from alerting.ingest.members import FURTHEST_AHEAD
from alerting.ingest.open_spans import MARKER, as_open
from alerting.ingest.otlp import decode_logs, decode_traces, is_valid
from alerting.ingest.records import RecordView
from alerting.ingest.seen import Seen, SeenFrom
from alerting.ingest.spans import ResourceView, SpanRecord, SpanView
from alerting.ingest.webhooks import SENDERS
from alerting.ingest.webhooks.sender import Sender
from rules.instants import Instant
from rules.vocabulary import Outcome


@dataclass(slots=True)
class Recognised:
    """``items`` were accepted at the door: spans, log records, events or changes."""

    facts: list[Fact]
    items: int
    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    seen: SeenFrom = field(default_factory=dict)

    def hear(self, service: str, engine: str, facts: list[Fact]) -> None:
        """One item of ``service``, and what it said."""
        seen = self.seen.get((service, engine))
        if seen is None:
            seen = self.seen[service, engine] = Seen()
        seen.items += 1
        if facts:
            self.facts.extend(facts)
            seen.count(facts)


def recognise(kind: str, body: bytes, media: str, received_at: Instant) -> Recognised:
    """Raises IngestError for a body that the door would have refused."""
    found = _KINDS[kind](body, media, received_at)
    ahead = sum([_set_times(fact, received_at) for fact in found.facts])
    if ahead:
        found.notes.append(f"{ahead} times lay in the future and were set to the time of receipt; check the clocks")
    return found


def _traces(body: bytes, media: str, _received_at: Instant) -> Recognised:
    found = Recognised([], 0)
    may_be_open = MARKER in body
    for view, adapters in _spans(body, media):
        found.items += 1
        for adapter in adapters:
            facts = adapter.span(view)
            if facts is not None:
                facts = as_open(view, facts) if may_be_open else facts
                found.hear(view.resource.service, adapter.engine, facts)
                if facts:
                    found.notes.extend(each for each in losses(view) if each not in found.notes)
                break
    return found


def _spans(body: bytes, media: str) -> Iterator[tuple[SpanView, list[Adapter]]]:
    concerned = [adapter for adapter in ADAPTERS if adapter.marker in body]
    for each in decode_traces(body, media).resource_spans:
        resource = ResourceView(each.resource)
        for part in each.scope_spans:
            name = part.scope.name
            adapters = [adapter for adapter in concerned if adapter.looks_at(name)]
            for span in part.spans:
                if is_valid(span):
                    yield SpanView(span, resource, name), adapters


def _logs(body: bytes, media: str, _received_at: Instant) -> Recognised:
    found = Recognised([], 0)
    concerned = [adapter for adapter in ADAPTERS if adapter.marker in body]
    for each in decode_logs(body, media).resource_logs:
        resource = ResourceView(each.resource)
        for part in each.scope_logs:
            adapters = [adapter for adapter in concerned if adapter.looks_at(part.scope.name)]
            for record in part.log_records:
                found.items += 1
                view = RecordView(record, resource, part.scope.name)
                found.hear(resource.service, *_facts_of_record(view, adapters))
    return found


def _facts_of_record(view: RecordView, adapters: list[Adapter]) -> tuple[str, list[Fact]]:
    for adapter in adapters:
        facts = adapter.record(view)
        if facts is not None:
            return adapter.engine, facts
    return "", []


def _events(body: bytes, _media: str, received_at: Instant) -> Recognised:
    return _told(*envelopes.facts(body, received_at))


def _inngest(body: bytes, _media: str, _received_at: Instant) -> Recognised:
    return _told(*inngest.facts(body), "inngest")


def _changes(body: bytes, _media: str, _received_at: Instant) -> Recognised:
    found = changes.unpacked(body)
    return Recognised([], len(found), seen={("", "changes"): Seen(len(found))}, changes=found)


def _webhook(name: str, sender: Sender) -> Callable[[bytes, str, Instant], Recognised]:
    def read(body: bytes, _media: str, received_at: Instant) -> Recognised:
        told = jsontext.read(body, "send the webhook as JSON")
        found = _told(sender.read(told, received_at), 1, name)
        found.changes = sender.changes(told, received_at)
        return found

    return read


def _told(facts: list[Fact], items: int, engine: str = "") -> Recognised:
    """Events and webhooks: nothing but facts, each of an engine that it names."""
    found = Recognised(facts, items, seen={("", engine): Seen(items)} if engine else {})
    for fact in facts:
        key = "", engine or fact.engine
        seen = found.seen.setdefault(key, Seen())
        seen.items += not engine
        seen.count([fact])
    return found


_KINDS: dict[str, Callable[[bytes, str, Instant], Recognised]] = {
    "traces": _traces,
    "logs": _logs,
    "events": _events,
    "inngest": _inngest,
    changes.DOOR: _changes,
    **{f"webhook:{name}": _webhook(name, sender) for name, sender in SENDERS.items()},
}


def _set_times(fact: Fact, received_at: Instant) -> bool:
    """A missing end is now; one further ahead than clocks differ is set to now, and True says so."""
    told = fact.at if isinstance(fact, ErrorFact) else fact.ended_at
    ahead = told > received_at + FURTHEST_AHEAD
    at = received_at if ahead or not told else told
    if isinstance(fact, ErrorFact):
        fact.at = at
        return ahead
    fact.ended_at = at
    fact.started_at = min(fact.started_at, at)
    if isinstance(fact, RunFact) and fact.told_by_event and fact.outcome is Outcome.RUNNING:
        fact.started_at = fact.started_at or at
    return ahead


def spans_of(body: bytes, media: str, trace_ids: Container[str]) -> list[SpanRecord]:
    """The spans of some traces in a body, for the page of a run."""
    return [view.record() for view, _ in _spans(body, media) if view.trace_id in trace_ids]

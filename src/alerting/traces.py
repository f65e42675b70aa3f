"""What happened inside a run, span by span? From the copy that was kept, else from the raw bodies while they lie."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import select

from alerting.database.port import Store
from alerting.inbox.port import Archive
from alerting.ingest.encoding import IngestError, decompress
from alerting.ingest.open_spans import MARK
from alerting.ingest.recognise import spans_of
from alerting.ingest.spans import SpanRecord
from alerting.scrub import Scrubber
from alerting.storage import runs
from alerting.storage.schema import TraceRow, table
from alerting.tracking.record import RunRecord
from rules.instants import MINUTE, Instant

_MOST_BODIES = 2_000
_MOST_BYTES = 64 * 1024 * 1024
_BEFORE, _AFTER = MINUTE, 10 * MINUTE
_trace = table(TraceRow)


def spans_of_run(store: Store, archive: Archive, scrubber: Scrubber, run: str) -> list[SpanRecord]:
    with store.read() as connection:
        kept = connection.execute(select(_trace.c.body).where(_trace.c.run == run)).scalar()
        record = None if kept else runs.load_run(connection, run)
    if kept:
        return msgspec.msgpack.decode(kept, type=list[SpanRecord])
    return raw_spans(archive, record, scrubber) if record else []


def raw_spans(archive: Archive, record: RunRecord, scrubber: Scrubber) -> list[SpanRecord]:
    """Search the bodies that arrived while the run was open, and shortly after, for its traces."""
    traces = {trace for trace in (record.trace_id, *record.detail.traces) if trace}
    if not traces:
        return []
    since = (record.started_at or record.received_at) - _BEFORE
    until = max(record.heard_at, record.ended_at) + _AFTER
    found: dict[str, SpanRecord] = {}
    for body, media in _bodies(archive, since, until, traces):
        for span in spans_of(body, media, traces):
            if not (MARK in span.attributes and span.span_id in found):  # as it was before it ended
                found[span.span_id] = _scrubbed(span, scrubber)
    return sorted(found.values(), key=lambda span: (span.started_at, -span.ended_at, span.span_id))


def _bodies(archive: Archive, since: Instant, until: Instant, traces: set[str]) -> Iterator[tuple[bytes, str]]:
    """Bodies with one of the traces in them, as protobuf bytes or as hex text."""
    needles = [needle for trace in traces for needle in (_raw(trace), trace.encode(), trace.upper().encode()) if needle]
    for entry in archive.telemetry(since, until, _MOST_BODIES):
        plain = _plain(entry.body, entry.encoding)
        if any(needle in plain for needle in needles):
            yield plain, entry.media


def _raw(trace: str) -> bytes:
    try:
        return bytes.fromhex(trace)
    except ValueError:
        return b""


def _plain(body: bytes, encoding: str) -> bytes:
    try:
        return decompress(body, encoding, _MOST_BYTES)
    except IngestError:
        return b""


def _scrubbed(span: SpanRecord, scrubber: Scrubber) -> SpanRecord:
    span.attributes = scrubber.mapping(span.attributes)
    span.status_message = scrubber.text(span.status_message)
    span.events = [scrubber.mapping({name: str(value) for name, value in event.items()}) for event in span.events]
    return span

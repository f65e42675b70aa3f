"""What happened inside a run, span by span? From the copy that was kept, else from the raw bodies while they lie."""

from collections.abc import Iterator

from alerting.database.port import Store
from alerting.inbox.port import Archive
from alerting.ingest.encoding import IngestError, decompress
from alerting.ingest.open_spans import MARK
from alerting.ingest.recognise import spans_of
from alerting.ingest.spans import SpanRecord
from alerting.scrub import Scrubber
from alerting.storage import runs, traces
from alerting.tracking.record import RunRecord
from rules.instants import MINUTE, Instant

_MOST_BODIES = 2_000
_MOST_BYTES = 64 * 1024 * 1024
_BEFORE, _AFTER = MINUTE, 10 * MINUTE


def spans_of_run(store: Store, archive: Archive, scrubber: Scrubber, run: str) -> list[SpanRecord]:
    with store.read() as connection:
        kept = traces.kept_spans(connection, run)
        record = None if kept else runs.load_run(connection, run)
    return raw_spans(archive, record, scrubber) if record else kept


def raw_spans(archive: Archive, record: RunRecord, scrubber: Scrubber) -> list[SpanRecord]:
    """Search the bodies that arrived while the run was open, and shortly after, for its traces."""
    sought = {trace for trace in (record.trace_id, *record.detail.traces) if trace}
    if not sought:
        return []
    since = (record.started_at or record.received_at) - _BEFORE
    until = max(record.heard_at, record.ended_at) + _AFTER
    found: dict[tuple[str, Instant], SpanRecord] = {}  # all attempts of a task may share one id (Airflow)
    for body, media in _bodies(archive, since, until, sought):
        for span in spans_of(body, media, sought):
            key = (span.span_id, span.started_at)
            if not (MARK in span.attributes and key in found):  # as it was before it ended
                found[key] = _scrubbed(span, scrubber)
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
    span.attributes, span.place = scrubber.mapping(span.attributes), scrubber.mapping(span.place)
    span.status_message = scrubber.text(span.status_message)
    span.events = [scrubber.mapping({name: str(value) for name, value in event.items()}) for event in span.events]
    return span

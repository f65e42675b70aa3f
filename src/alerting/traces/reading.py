"""What happened inside a run, span by span? From the copy that was kept, else from the raw bodies while they lie."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

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
_FEW = 8
_BEFORE, _AFTER = MINUTE, 10 * MINUTE


def spans_of_run(store: Store, archive: Archive, scrubber: Scrubber, run: str) -> list[SpanRecord]:
    with store.read() as connection:
        kept = traces.kept_spans(connection, run)
        record = None if kept else runs.load_run(connection, run)
    return raw_spans(archive, record, scrubber) if record else kept


def raw_spans(archive: Archive, record: RunRecord, scrubber: Scrubber) -> list[SpanRecord]:
    """Search the bodies that arrived while the run was open, and shortly after, for its traces."""
    return raw_spans_of(archive, [record], scrubber)[record.id]


def raw_spans_of(archive: Archive, records: Sequence[RunRecord], scrubber: Scrubber) -> dict[str, list[SpanRecord]]:
    """The same for several runs that lie near each other in time, looking into each body once."""
    runs_of: dict[str, list[str]] = defaultdict(list)
    for record in records:
        for trace in {trace for trace in (record.trace_id, *record.detail.traces) if trace}:
            runs_of[trace].append(record.id)
    # All attempts of a task may share one id (Airflow).
    found: dict[str, dict[tuple[str, Instant], SpanRecord]] = {record.id: {} for record in records}
    for body, media in _bodies(archive, *_window(records), set(runs_of)):
        for span in spans_of(body, media, runs_of.keys()):
            key = (span.span_id, span.started_at)
            for run in runs_of[span.trace_id]:
                if not (MARK in span.attributes and key in found[run]):  # as it was before it ended
                    found[run][key] = _scrubbed(span, scrubber)
    return {run: sorted(spans.values(), key=_in_order) for run, spans in found.items()}


def searched_since(record: RunRecord) -> Instant:
    """From when on bodies are looked into for a run."""
    return (record.started_at or record.received_at) - _BEFORE


def _window(records: Sequence[RunRecord]) -> tuple[Instant, Instant]:
    since = min((searched_since(each) for each in records), default=0)
    return since, max((max(each.heard_at, each.ended_at) for each in records), default=0) + _AFTER


def _in_order(span: SpanRecord) -> tuple[Instant, Instant, str]:
    return span.started_at, -span.ended_at, span.span_id


def _bodies(archive: Archive, since: Instant, until: Instant, traces: set[str]) -> Iterator[tuple[bytes, str]]:
    """Bodies that may hold one of the traces. Of a few it is seen without decoding, as protobuf bytes or hex text."""
    if not traces:
        return
    told = traces if len(traces) <= _FEW else ()
    needles = [needle for trace in told for needle in (_raw(trace), trace.encode(), trace.upper().encode()) if needle]
    for entry in archive.telemetry(since, until, _MOST_BODIES):
        plain = _plain(entry.body, entry.encoding)
        if not needles or any(needle in plain for needle in needles):
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

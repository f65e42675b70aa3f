"""Can any body make the door or recognition fail in a way that is not an answer?"""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.ingest.encoding import IngestError, decompress
from alerting.ingest.envelopes import check_events
from alerting.ingest.inngest import check_inngest
from alerting.ingest.otlp import JSON, PROTOBUF, check_logs, check_traces
from alerting.ingest.recognise import recognise
from rules.instants import SECOND
from support.otlp import attributes, span, traces

NOW = 1_795_500_000 * SECOND
CHECKS = {
    "traces": lambda body, media: check_traces(body, media).items,
    "logs": lambda body, media: check_logs(body, media).items,
    "events": lambda body, media: check_events(body).accepted,
    "inngest": lambda body, media: check_inngest(body).accepted,
}
NAMES = [
    "resourceSpans", "resourceLogs", "resource", "scope", "scopeSpans", "scopeLogs", "spans", "logRecords", "traceId",
    "spanId", "parentSpanId", "name", "kind", "flags", "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano",
    "attributes", "events", "status", "code", "message", "key", "value", "values", "stringValue", "intValue",
    "doubleValue", "arrayValue", "kvlistValue", "bytesValue", "workflow", "outcome", "occurred_at", "error", "labels",
    "data", "function_id", "functionId", "run_id", "stack", "cause", "_inngest", "ts", "attempt", "maxRetries",
    "webhook", "body", "dag_id", "dag_run", "exception_type", "exception_repr", "job_name", "status", "step_failures",
    "step_key", "cls_name", "silent_after", "traceState",
]  # fmt: skip
WORDS = [
    "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "failed", "inngest/function.failed", "exception",
    "exception.type", "sdk.run.id", "cicd.pipeline.run.id", "job.attempt", "workflow", "operationType", "dbos-tracer",
    "2026-11-23T08:00:00Z", "2026-11-23T08:00:00", '{"error": {"message": 7}}', "\ud83d", "\x00", "9" * 30, "-1", "",
    "dagster", "airflow", "SUCCESS", "90s", "ot=th:8", "tocsin.span", "tocsin.silent_after", "open", "abandoned",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=20),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=40,
)


def agree(kind, body, media):
    """What the door refuses recognition refuses too; what it accepts is counted the same."""
    try:
        accepted = CHECKS[kind](body, media)
    except IngestError:
        with pytest.raises(IngestError):
            recognise(kind, body, media, NOW)
        return
    found = recognise(kind, body, media, NOW)
    assert found.items == accepted


def telling_span():
    made = span("import", NOW, trace=1, failed=True)
    made.attributes.extend(attributes(operationType="workflow", operationUUID="u", cicd__pipeline__run__id="1"))
    return made


SEED = traces([telling_span(), span("step", NOW, trace=1, number=2, parent=1, failed=True)], scope="dbos-tracer")


@given(st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(SEED)))
def test_mutated_protobuf_is_refused_or_read(changes, length):
    body = bytearray(SEED)
    for place, value in changes:
        body[place] = value
    agree("traces", bytes(body[:length]), PROTOBUF)


@pytest.mark.parametrize("kind", ["traces", "logs"])
@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read_as_protobuf(kind, body):
    agree(kind, body, PROTOBUF)


@pytest.mark.parametrize("kind", list(CHECKS))
@given(tree=TREES)
def test_any_json_is_refused_or_read(kind, tree):
    agree(kind, json.dumps(tree).encode(), JSON)


@given(spans=st.lists(st.dictionaries(st.sampled_from(NAMES), TREES, max_size=8), max_size=3))
def test_any_json_in_the_place_of_spans_is_refused_or_read(spans):
    told = [{"traceId": WORDS[0], "spanId": WORDS[1], **each} for each in spans]
    agree("traces", json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": told}]}]}).encode(), JSON)


@given(data=st.dictionaries(st.sampled_from(NAMES), TREES, max_size=8))
def test_any_data_of_an_inngest_event_is_refused_or_read(data):
    event = {"name": "inngest/function.failed", "data": {"function_id": "f", "run_id": "r", **data}}
    agree("inngest", json.dumps(event).encode(), JSON)


@given(event=st.dictionaries(st.sampled_from(NAMES), TREES, max_size=8))
def test_any_fields_of_an_event_are_refused_or_read(event):
    agree("events", json.dumps({"workflow": "w", "outcome": "failed", **event}).encode(), JSON)


@pytest.mark.parametrize("kind", list(CHECKS))
@pytest.mark.parametrize("depth", [20, 300, 5_000])
@pytest.mark.parametrize(
    ("start", "opening", "closing", "end"),
    [
        (b"", b"[", b"]", b""),
        (b'{"workflow": "w", "outcome": "failed", "a": ', b'{"a":', b"}", b"}"),
        (
            b'{"resourceSpans": [{"resource": {"attributes": [{"key": "a", "value": ',
            b'{"arrayValue": {"values": [',
            b"]}}",
            b"}]}}]}",
        ),
    ],
)
def test_a_body_nested_beyond_reason_is_refused_or_read(kind, depth, start, opening, closing, end):
    middle = b"" if b"Value" in opening else b"1"
    agree(kind, start + opening * depth + middle + closing * depth + end, JSON)


@given(st.sampled_from(["gzip", "deflate", "zstd"]), st.binary(max_size=100))
def test_any_bytes_are_refused_or_unpacked(encoding, body):
    with contextlib.suppress(IngestError):
        assert len(decompress(body, encoding, 10_000)) <= 10_000

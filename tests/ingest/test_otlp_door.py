"""Does the OTLP door hold what the specification asks: ids, partial success, the JSON mapping, answers?"""

import json

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from alerting.ingest.encoding import BadBody, UnsupportedMedia
from alerting.ingest.otlp import (
    JSON,
    PROTOBUF,
    Checked,
    check_logs,
    check_metrics,
    check_traces,
    error_body,
    media_of,
    success_body,
)
from alerting.ingest.recognise import spans_of
from rules.instants import SECOND
from support.otlp import span, traces

AT = 1_795_500_000 * SECOND
TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def one_span(**changes):
    told = {"traceId": TRACE, "spanId": SPAN, "name": "import", "endTimeUnixNano": AT * 1_000, **changes}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]}).encode()


def read_back(body):
    [found] = spans_of(body, JSON, {TRACE})
    return found


def attribute(value):
    return read_back(one_span(attributes=[{"key": "a", "value": value}])).attributes["a"]


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON, "application/json; charset=utf-8", "Application/X-Protobuf"])
def test_both_media_types_are_taken(content_type):
    assert media_of(content_type) in {PROTOBUF, JSON}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/grpc", "multipart/form-data"])
def test_other_media_types_are_415(content_type):
    with pytest.raises(UnsupportedMedia, match="application/x-protobuf") as refused:
        media_of(content_type)
    assert refused.value.status == 415


@pytest.mark.parametrize("check", [check_traces, check_logs])
@pytest.mark.parametrize(("media", "empty"), [(PROTOBUF, b""), (JSON, b"{}"), (JSON, b'{"resourceSpans": []}')])
def test_an_empty_request_is_a_success(check, media, empty):
    assert check(empty, media) == Checked(0)


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [(bytes(16), b"12345678"), (b"1" * 16, bytes(8)), (b"1" * 15, b"12345678"), (b"1" * 16, b"123456789"), (b"", b"")],
)
def test_a_span_with_an_invalid_id_is_rejected_alone(trace_id, span_id):
    good, bad = span("good", AT, trace=1), span("bad", AT, trace=2)
    bad.trace_id, bad.span_id = trace_id, span_id
    checked = check_traces(traces([good, bad]), PROTOBUF)
    assert (checked.items, checked.rejected) == (1, 1)
    assert "id" in checked.message


def test_log_records_are_counted():
    records = [LogRecord(severity_number=17), LogRecord(trace_id=b"1" * 16)]
    request = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])])
    assert check_logs(request.SerializeToString(), PROTOBUF) == Checked(2)
    assert check_logs(b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {}, {}]}]}]}', JSON) == Checked(3)


@pytest.mark.parametrize("check", [check_traces, check_logs, check_metrics])
@pytest.mark.parametrize(("media", "body"), [(PROTOBUF, b"\x0a\xff"), (JSON, b'{"resourceSpans": [')])
def test_a_body_that_is_cut_off_is_400(check, media, body):
    with pytest.raises(BadBody) as refused:
        check(body, media)
    assert refused.value.status == 400


@pytest.mark.parametrize("spelling", [TRACE, TRACE.upper()])
def test_json_ids_are_hex_in_either_case(spelling):
    assert read_back(one_span(traceId=spelling)).trace_id == TRACE


@pytest.mark.parametrize("wrong", ["W47/95gDgQPSabYzgT/GDA==", "not hex", "", TRACE[:-2], 7])
def test_a_json_id_that_is_not_hex_rejects_its_span(wrong):
    checked = check_traces(one_span(traceId=wrong), JSON)
    assert (checked.items, checked.rejected) == (0, 1)


@pytest.mark.parametrize("nanos", [AT * 1_000, str(AT * 1_000)])
def test_json_64_bit_integers_are_numbers_or_text(nanos):
    assert read_back(one_span(endTimeUnixNano=nanos)).ended_at == AT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"stringValue": "失敗 💥"}, "失敗 💥"),
        ({"intValue": "-9223372036854775808"}, "-9223372036854775808"),
        ({"intValue": 7}, "7"),
        ({"doubleValue": 2.5}, "2.5"),
        ({"doubleValue": "NaN"}, "nan"),
        ({"boolValue": False}, "false"),
        ({"bytesValue": "AAH/"}, "0001ff"),
        ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "b"}, {}]}}, "[1, b, ]"),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"arrayValue": {}}}]}}, "{k: []}"),
        ({}, ""),
        (None, ""),
    ],
)
def test_json_attribute_values_of_every_kind_are_read(value, text):
    assert attribute(value) == text


def test_of_an_attribute_given_twice_the_last_counts():
    pairs = [{"key": "a", "value": {"intValue": 1}}, {"key": "a", "value": {"intValue": 2}}]
    assert read_back(one_span(attributes=pairs)).attributes == {"a": "2"}


@pytest.mark.parametrize("extra", [{"futureField": {"deep": [1]}}, {"status": None}, {"parentSpanId": None}])
def test_unknown_json_fields_and_nulls_are_ignored(extra):
    assert read_back(one_span(**extra)).parent_span_id == ""


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"kind": "SPAN_KIND_SERVER"}, "spans[0].kind"),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, "status.code"),
        ({"attributes": [{"key": "a", "value": {"bytesValue": "?"}}]}, "bytesValue"),
        ({"startTimeUnixNano": "yesterday"}, "startTimeUnixNano"),
        ({"startTimeUnixNano": -1}, "startTimeUnixNano"),
    ],
)
def test_json_that_breaks_the_mapping_is_refused_with_its_place(changes, where):
    with pytest.raises(BadBody) as refused:
        check_traces(one_span(**changes), JSON)
    assert where in str(refused.value)


def test_a_snake_case_body_is_refused_and_not_quietly_lost():
    with pytest.raises(BadBody, match="lowerCamelCase"):
        check_traces(b'{"resource_spans": [{"scope_spans": [{"spans": [{}]}]}]}', JSON)


def test_half_a_surrogate_pair_does_not_cost_the_batch():
    body = one_span(name="HALF").replace(b"HALF", rb"a\ud83d b\\ud83d \ud83d\ude00")
    assert read_back(body).name == "a\ufffd b\\ud83d \U0001f600"


def test_a_span_that_ends_before_it_starts_ends_when_it_starts():
    found = read_back(one_span(startTimeUnixNano=(AT + 5) * 1_000))
    assert (found.started_at, found.ended_at) == (AT + 5, AT + 5)


@pytest.mark.parametrize(
    ("signal", "response", "rejected"),
    [
        ("traces", ExportTraceServiceResponse, "rejected_spans"),
        ("logs", ExportLogsServiceResponse, "rejected_log_records"),
        ("metrics", ExportMetricsServiceResponse, "rejected_data_points"),
    ],
)
def test_partial_success_is_told_only_where_there_is_something_to_say(signal, response, rejected):
    assert success_body(signal, PROTOBUF, Checked(3)) == b""
    assert success_body(signal, JSON, Checked(3)) == b"{}"
    told = response.FromString(success_body(signal, PROTOBUF, Checked(1, 2, "two bad ids")))
    assert getattr(told.partial_success, rejected) == 2
    assert told.partial_success.error_message == "two bad ids"
    partial = json.loads(success_body(signal, JSON, Checked(1, 2, "two bad ids")))["partialSuccess"]
    assert partial["errorMessage"] == "two bad ids"
    assert "2" in partial.values()


@pytest.mark.parametrize(("media", "body"), [(PROTOBUF, b""), (JSON, b'{"resourceMetrics": []}')])
def test_metrics_are_taken_with_a_warning_and_without_rejections(media, body):
    checked = check_metrics(body, media)
    assert (checked.items, checked.rejected) == (0, 0)
    assert "metrics" in checked.message


@pytest.mark.parametrize(("code", "message"), [(3, "bad body"), (14, "später 💥 " * 100)])
def test_an_error_is_a_google_rpc_status_in_the_media_of_the_request(code, message):
    told = status_type().FromString(error_body(PROTOBUF, code, message))
    assert (told.code, told.message) == (code, message)
    assert json.loads(error_body(JSON, code, message)) == {"code": code, "message": message}


def status_type():
    """google.rpc.Status by its published field numbers, read by protobuf itself."""
    file = descriptor_pb2.FileDescriptorProto(name="status.proto", package="t", syntax="proto3")
    message = file.message_type.add(name="Status")
    message.field.add(name="code", number=1, type=5, label=1)
    message.field.add(name="message", number=2, type=9, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Status"))

"""OTLP/JSON → the protobuf messages (opentelemetry-proto, "JSON Protobuf Encoding").

Ids are hex in either case, 64-bit integers numbers or text, enums numbers only, keys lowerCamelCase; unknown fields
are ignored. The stock protobuf parser gets ids and enum names wrong, hence this mapping.
"""

import base64
import binascii
from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from alerting.ingest.encoding import BadBody

Int = int | str
_DEEPEST = 20


class _Struct(msgspec.Struct, rename="camel"):
    pass


class _Any(_Struct):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int | None = None
    double_value: float | str | None = None
    array_value: "_Array | None" = None
    kvlist_value: "_Pairs | None" = None
    bytes_value: str | None = None


class _KeyValue(_Struct):
    key: str = ""
    value: _Any | None = None


class _Array(_Struct):
    values: list[_Any] = []


class _Pairs(_Struct):
    values: list[_KeyValue] = []


class _Resource(_Struct):
    attributes: list[_KeyValue] = []


class _Scope(_Struct):
    name: str = ""
    version: str = ""


class _Status(_Struct):
    message: str = ""
    code: int = 0


class _Event(_Struct):
    time_unix_nano: Int = 0
    name: str = ""
    attributes: list[_KeyValue] = []


class _Link(_Struct):
    trace_id: str = ""
    span_id: str = ""


class _Span(_Struct):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    flags: int = 0
    name: str = ""
    kind: int = 0
    start_time_unix_nano: Int = 0
    end_time_unix_nano: Int = 0
    attributes: list[_KeyValue] = []
    events: list[_Event] = []
    links: list[_Link] = []
    status: _Status | None = None


class _ScopeSpans(_Struct):
    scope: _Scope | None = None
    spans: list[_Span] = []


class _ResourceSpans(_Struct):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] = []


class _Traces(_Struct):
    resource_spans: list[_ResourceSpans] = []


class _Record(_Struct):
    time_unix_nano: Int = 0
    observed_time_unix_nano: Int = 0
    severity_number: int = 0
    severity_text: str = ""
    body: _Any | None = None
    attributes: list[_KeyValue] = []
    flags: int = 0
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""


class _ScopeLogs(_Struct):
    scope: _Scope | None = None
    log_records: list[_Record] = []


class _ResourceLogs(_Struct):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] = []


class _Logs(_Struct):
    resource_logs: list[_ResourceLogs] = []


_traces = msgspec.json.Decoder(_Traces)
_logs = msgspec.json.Decoder(_Logs)


def traces(body: bytes) -> ExportTraceServiceRequest:
    found = _decoded(_traces, body)
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=_resource(each.resource),
                scope_spans=[
                    ScopeSpans(scope=_scope(part.scope), spans=[_span(span) for span in part.spans])
                    for part in each.scope_spans
                ],
            )
            for each in found.resource_spans
        ]
    )


def logs(body: bytes) -> ExportLogsServiceRequest:
    found = _decoded(_logs, body)
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=_resource(each.resource),
                scope_logs=[
                    ScopeLogs(scope=_scope(part.scope), log_records=[_record(record) for record in part.log_records])
                    for part in each.scope_logs
                ],
            )
            for each in found.resource_logs
        ]
    )


def _decoded(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(f"the body is not OTLP/JSON: {error}; keys are lowerCamelCase, enums are numbers") from None


def _span(span: _Span) -> Span:
    status = span.status or _Status()
    return Span(
        trace_id=_id(span.trace_id),
        span_id=_id(span.span_id),
        parent_span_id=_id(span.parent_span_id),
        flags=span.flags & 0xFFFFFFFF,
        name=span.name,
        kind=_enum(span.kind),
        start_time_unix_nano=_unsigned(span.start_time_unix_nano),
        end_time_unix_nano=_unsigned(span.end_time_unix_nano),
        attributes=_pairs(span.attributes),
        events=[
            Span.Event(time_unix_nano=_unsigned(e.time_unix_nano), name=e.name, attributes=_pairs(e.attributes))
            for e in span.events
        ],
        links=[Span.Link(trace_id=_id(link.trace_id), span_id=_id(link.span_id)) for link in span.links],
        status=Status(message=status.message, code=_enum(status.code)),
    )


def _record(record: _Record) -> LogRecord:
    return LogRecord(
        time_unix_nano=_unsigned(record.time_unix_nano),
        observed_time_unix_nano=_unsigned(record.observed_time_unix_nano),
        severity_number=_enum(record.severity_number),
        severity_text=record.severity_text,
        body=_value(record.body, 0) if record.body else None,
        attributes=_pairs(record.attributes),
        trace_id=_id(record.trace_id),
        span_id=_id(record.span_id),
        event_name=record.event_name,
    )


def _resource(resource: _Resource | None) -> Resource | None:
    return Resource(attributes=_pairs(resource.attributes)) if resource else None


def _scope(scope: _Scope | None) -> InstrumentationScope | None:
    return InstrumentationScope(name=scope.name, version=scope.version) if scope else None


def _pairs(pairs: list[_KeyValue], depth: int = 0) -> list[KeyValue]:
    return [KeyValue(key=pair.key, value=_value(pair.value, depth) if pair.value else None) for pair in pairs]


def _value(value: _Any, depth: int) -> AnyValue:
    if value.string_value is not None:
        return AnyValue(string_value=value.string_value)
    if value.int_value is not None:
        return AnyValue(int_value=_signed(value.int_value))
    if value.bool_value is not None:
        return AnyValue(bool_value=value.bool_value)
    if value.double_value is not None:
        return AnyValue(double_value=_number(value.double_value))
    if value.bytes_value is not None:
        return AnyValue(bytes_value=_base64(value.bytes_value))
    return _nested(value, depth + 1)


def _nested(value: _Any, depth: int) -> AnyValue:
    if depth > _DEEPEST:
        raise BadBody(f"attribute values are nested deeper than {_DEEPEST}; flatten them")
    if value.array_value is not None:
        return AnyValue(array_value=ArrayValue(values=[_value(each, depth) for each in value.array_value.values]))
    if value.kvlist_value is not None:
        return AnyValue(kvlist_value=KeyValueList(values=_pairs(value.kvlist_value.values, depth)))
    return AnyValue()


def _id(text: str) -> bytes:
    """Hex, upper or lower case. One that is not hex becomes a byte too short to be valid: its span is rejected."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b"?"


def _number(value: float | str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadBody(f"{value!r} is not a number; write doubleValue as a JSON number") from None


def _signed(value: Int) -> int:
    return _integer(value, -(2**63), 2**63 - 1)


def _unsigned(value: Int) -> int:
    return _integer(value, 0, 2**64 - 1)


def _enum(value: int) -> Any:
    return value if 0 <= value < 2**31 else 0


def _integer(value: Int, least: int, most: int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise BadBody(f"{value!r} is not an integer; write 64-bit integers as decimal text") from None
    if not least <= number <= most:
        raise BadBody(f"{value!r} does not fit its 64 bits")
    return number


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadBody("bytesValue is not base64") from None

"""OTLP/JSON, read into the shape of the protobuf messages (opentelemetry-proto, "JSON Protobuf Encoding").

Ids are hex in either case, 64-bit integers numbers or text, enums numbers only, keys lowerCamelCase; unknown fields
are ignored. The stock protobuf parser gets ids and enum names wrong, hence these types. Only what Tocsin reads is here.
"""

from typing import Annotated, Any

import msgspec

from alerting.ingest import jsontext
from alerting.ingest.encoding import BadBody

Unsigned = Annotated[int, msgspec.Meta(ge=0)]
_HINT = "keys are lowerCamelCase, ids hex, enums numbers"


class _Struct(msgspec.Struct, rename="camel"):
    pass


class _Any(_Struct):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | None = None
    double_value: float | None = None
    array_value: "_Array | None" = None
    kvlist_value: "_Pairs | None" = None
    bytes_value: bytes | None = None

    def WhichOneof(self, _name: str) -> str | None:  # noqa: N802 - the protobuf message's own name
        return next((name for name in self.__struct_fields__ if getattr(self, name) is not None), None)


class _KeyValue(_Struct):
    key: str = ""
    value: _Any = msgspec.field(default_factory=_Any)


class _Array(_Struct):
    values: list[_Any] = []


class _Pairs(_Struct):
    values: list[_KeyValue] = []


class _Resource(_Struct):
    attributes: list[_KeyValue] = []


class _Scope(_Struct):
    name: str = ""


class _Status(_Struct):
    message: str = ""
    code: int = 0


class _Event(_Struct):
    name: str = ""
    attributes: list[_KeyValue] = []


class _Span(_Struct):
    trace_id: Any = ""  # text in the body, bytes once it is read
    span_id: Any = ""
    parent_span_id: Any = ""
    trace_state: str = ""
    flags: int = 0
    name: str = ""
    kind: int = 0
    start_time_unix_nano: Unsigned = 0
    end_time_unix_nano: Unsigned = 0
    attributes: list[_KeyValue] = []
    events: list[_Event] = []
    status: _Status = msgspec.field(default_factory=_Status)
    dropped_attributes_count: int = 0
    dropped_events_count: int = 0


class _ScopeSpans(_Struct):
    scope: _Scope = msgspec.field(default_factory=_Scope)
    spans: list[_Span] = []


class _ResourceSpans(_Struct):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    scope_spans: list[_ScopeSpans] = []


class Traces(_Struct):
    resource_spans: list[_ResourceSpans] = []


class _Record(_Struct):
    time_unix_nano: Unsigned = 0
    observed_time_unix_nano: Unsigned = 0
    severity_number: int = 0
    body: _Any = msgspec.field(default_factory=_Any)
    attributes: list[_KeyValue] = []
    trace_id: Any = ""
    span_id: Any = ""


class _ScopeLogs(_Struct):
    scope: _Scope = msgspec.field(default_factory=_Scope)
    log_records: list[_Record] = []


class _ResourceLogs(_Struct):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    scope_logs: list[_ScopeLogs] = []


class Logs(_Struct):
    resource_logs: list[_ResourceLogs] = []


# Not strict: an integer may come as text. The name of an enum is refused all the same.
_traces = msgspec.json.Decoder(Traces, strict=False)
_logs = msgspec.json.Decoder(Logs, strict=False)


def traces(body: bytes) -> Traces:
    """Raises BadBody."""
    found = jsontext.read_as(_traces, body, _HINT)
    if not found.resource_spans:
        _refuse_snake_case(body, b'"resource_spans"')
    for each in found.resource_spans:
        for part in each.scope_spans:
            for span in part.spans:
                span.trace_id, span.span_id = _id(span.trace_id), _id(span.span_id)
                span.parent_span_id = _id(span.parent_span_id)
    return found


def logs(body: bytes) -> Logs:
    """Raises BadBody."""
    found = jsontext.read_as(_logs, body, _HINT)
    if not found.resource_logs:
        _refuse_snake_case(body, b'"resource_logs"')
    for each in found.resource_logs:
        for part in each.scope_logs:
            for record in part.log_records:
                record.trace_id, record.span_id = _id(record.trace_id), _id(record.span_id)
    return found


def _refuse_snake_case(body: bytes, key: bytes) -> None:
    """An unknown field is ignored, but a whole body of them would be lost without a word."""
    if key in body:
        raise BadBody(f"the body holds {key.decode()}, a key in snake_case; keys are lowerCamelCase")


def _id(told: Any) -> bytes:
    """Hex, upper or lower case. What is not hex becomes a byte too short to be valid: its span is rejected."""
    try:
        return bytes.fromhex(told or "")
    except (ValueError, TypeError):
        return b"?"

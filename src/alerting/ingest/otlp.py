"""The OTLP door: is the body well formed, how much of it is valid, and what does the protocol want as an answer?"""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from alerting.ingest import jsontext, otlp_json
from alerting.ingest.encoding import BadBody, UnsupportedMedia

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
NO_METRICS = "Tocsin keeps no metrics: they were accepted and dropped; switch the metrics exporter off"
M = TypeVar("M", bound=Message)
_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


@dataclass(slots=True, frozen=True)
class Checked:
    """``items`` were accepted, ``rejected`` were not; a message without rejections is a warning."""

    items: int
    rejected: int = 0
    message: str = ""


def media_of(content_type: str) -> str:
    """The media type without parameters. Raises UnsupportedMedia for any but the two of OTLP."""
    media = content_type.partition(";")[0].strip().lower()
    if media not in {PROTOBUF, JSON}:
        raise UnsupportedMedia(f"Content-Type {content_type!r} is not OTLP; send {PROTOBUF} or {JSON}")
    return media


def decode_traces(body: bytes, media: str) -> ExportTraceServiceRequest | otlp_json.Traces:
    """Two types of one shape. Raises BadBody."""
    return otlp_json.traces(body) if media == JSON else _parse(ExportTraceServiceRequest(), body)


def decode_logs(body: bytes, media: str) -> ExportLogsServiceRequest | otlp_json.Logs:
    """Two types of one shape. Raises BadBody."""
    return otlp_json.logs(body) if media == JSON else _parse(ExportLogsServiceRequest(), body)


def is_valid(span: Any) -> bool:
    """Ids of the right length, and not all zero."""
    return (
        len(span.trace_id) == 16 and len(span.span_id) == 8 and span.trace_id != _NO_TRACE and span.span_id != _NO_SPAN
    )


def check_traces(body: bytes, media: str) -> Checked:
    total = valid = 0
    for resource in decode_traces(body, media).resource_spans:
        for scope in resource.scope_spans:
            total += len(scope.spans)
            valid += sum(map(is_valid, scope.spans))
    rejected = total - valid
    message = f"{rejected} spans have an all-zero id or one of a wrong length" if rejected else ""
    return Checked(valid, rejected, message)


def check_logs(body: bytes, media: str) -> Checked:
    request = decode_logs(body, media)
    return Checked(sum(len(scope.log_records) for each in request.resource_logs for scope in each.scope_logs))


def check_metrics(body: bytes, media: str) -> Checked:
    """Nothing is kept, so nothing is opened beyond seeing that it is what it says."""
    if media == JSON:
        jsontext.read(body, "send ExportMetricsServiceRequest")
    else:
        _parse(ExportMetricsServiceRequest(), body)
    return Checked(0, 0, NO_METRICS)


def success_body(signal: str, media: str, checked: Checked) -> bytes:
    """Export<Signal>ServiceResponse; ``partial_success`` only where there is something to say."""
    response_type, partial_type, rejected_field = _RESPONSES[signal]
    response = response_type()
    if checked.rejected or checked.message:
        partial = partial_type(error_message=checked.message, **{rejected_field: checked.rejected})
        response.partial_success.CopyFrom(partial)
    if media != JSON:
        return bytes(response.SerializeToString())
    if not (checked.rejected or checked.message):
        return b"{}"
    camel = "".join(part.capitalize() if index else part for index, part in enumerate(rejected_field.split("_")))
    said = {camel: str(checked.rejected), "errorMessage": checked.message}
    return msgspec.json.encode({"partialSuccess": said})


_RESPONSES: dict[str, tuple[Any, Any, str]] = {
    "traces": (ExportTraceServiceResponse, ExportTracePartialSuccess, "rejected_spans"),
    "logs": (ExportLogsServiceResponse, ExportLogsPartialSuccess, "rejected_log_records"),
    "metrics": (ExportMetricsServiceResponse, ExportMetricsPartialSuccess, "rejected_data_points"),
}


def error_body(media: str, code: int, message: str) -> bytes:
    """A ``google.rpc.Status`` of ``code`` (google.rpc.Code) and message, in the request's own media type."""
    if media == JSON:
        return msgspec.json.encode({"code": code, "message": message})
    text = message.encode()
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    """Base-128, least significant group first (protobuf encoding, "Base 128 Varints")."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _parse(message: M, body: bytes) -> M:
    try:
        message.ParseFromString(body)
    except (DecodeError, RuntimeError) as error:
        raise BadBody(f"the body is not OTLP protobuf: {error}; is it cut off, or of another type?") from None
    return message

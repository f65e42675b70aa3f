"""The OTLP/gRPC door: the same checks and the same inbox as over HTTP (opentelemetry-proto, "OTLP/gRPC").

Imported only where it is served. Bodies are taken as bytes; what the library would decode, the checks decode.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from alerting.api.context import ApiContext
from alerting.api.security import may_send
from alerting.inbox.port import Entry, Overloaded
from alerting.ingest import otlp
from alerting.ingest.encoding import LIMIT, IngestError
from alerting.ingest.otlp import Checked
from alerting.settings import SettingsError

_AT_ONCE = 16  # each waits for its body to be durable; what is committed together is one wait
_NO_KEY = "the ingest key is missing or wrong; send it as x-tocsin-key"
_SIGNALS: dict[str, tuple[str, Callable[[bytes, str], Checked]]] = {
    "traces": ("opentelemetry.proto.collector.trace.v1.TraceService", otlp.check_traces),
    "logs": ("opentelemetry.proto.collector.logs.v1.LogsService", otlp.check_logs),
    "metrics": ("opentelemetry.proto.collector.metrics.v1.MetricsService", otlp.check_metrics),
}


class GrpcDoor:
    """Raises SettingsError where the address is taken."""

    def __init__(self, context: ApiContext, address: str) -> None:
        self._context = context
        options = [("grpc.max_receive_message_length", LIMIT), ("grpc.so_reuseport", 0)]
        self._server = grpc.server(ThreadPoolExecutor(_AT_ONCE, "otlp-grpc"), options=options)
        self._server.add_generic_rpc_handlers([self._handler(signal) for signal in _SIGNALS])
        try:
            self.port = int(self._server.add_insecure_port(address))
        except RuntimeError:
            self.port = 0
        if not self.port:
            raise SettingsError(
                f"cannot listen on {address} for OTLP/gRPC; stop what uses that port (a local collector?), or choose "
                "another with --listen-grpc 127.0.0.1:4327, or none with --listen-grpc off"
            )
        self._server.start()

    def close(self) -> None:
        """What is being taken in is finished first."""
        self._server.stop(grace=5).wait()

    def _handler(self, signal: str) -> Any:
        service, check = _SIGNALS[signal]

        def export(body: bytes, call: Any) -> bytes:
            return self._take(signal, check, body, call)

        return grpc.method_handlers_generic_handler(service, {"Export": grpc.unary_unary_rpc_method_handler(export)})

    def _take(self, signal: str, check: Callable[[bytes, str], Checked], body: bytes, call: Any) -> bytes:
        door = f"gRPC {signal}"
        if not self._has_key(dict(call.invocation_metadata())):
            self._context.turned_away.add(door, 401, _NO_KEY)
            call.abort(grpc.StatusCode.UNAUTHENTICATED, _NO_KEY)
        try:
            checked = check(body, otlp.PROTOBUF)
            if checked.items and signal != "metrics":
                self._context.inbox.append_and_wait(Entry(signal, body, otlp.PROTOBUF, "", checked.items))
        except IngestError as error:
            self._context.turned_away.add(door, error.status, str(error))
            call.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Overloaded as error:
            self._context.turned_away.add(door, 503, str(error))
            _put_off(call, str(error))
        if checked.message:
            self._context.turned_away.add(door, 200, checked.message)
        return otlp.success_body(signal, otlp.PROTOBUF, checked)

    def _has_key(self, metadata: dict[str, Any]) -> bool:
        own = str(metadata.get("x-tocsin-key", ""))
        return may_send(self._context.settings, str(metadata.get("authorization", "")), own)


def _put_off(call: Any, why: str) -> NoReturn:
    """UNAVAILABLE, with the time after which to come again."""
    info = AnyMessage()
    info.Pack(RetryInfo(retry_delay=Duration(seconds=random.randint(1, 4))))
    status = Status(code=14, message=why, details=[info])
    call.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    call.abort(grpc.StatusCode.UNAVAILABLE, why)
    raise AssertionError("abort raises")

"""One span, opened only as far as someone asks: the neutral view that engines' adapters look through."""

from functools import cached_property
from typing import Any

import msgspec

from alerting.ingest.text import LABEL, MESSAGE, NAME, STACK, bare_type, clean
from rules.instants import Instant
from rules.model import ErrorInfo

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
OK, ERROR = 1, 2
_REMOTE_KNOWN, _REMOTE = 0x100, 0x200
_NO_PARENT = (b"", bytes(8))  # some SDKs write zeros for "none"
_PLACES = (
    "service.version", "service.instance.id", "deployment.", "host.name", "host.type", "host.image.", "k8s.", "cloud.",
    "container.image.", "faas.version", "process.runtime.", "telemetry.sdk.version",
)  # fmt: skip
_MOST, _DEEPEST = 50, 10  # of a nested value


class SpanRecord(msgspec.Struct):
    """A span as the page of a run shows it. Times in µs; ``status`` is ok, error or unset. ``place`` is what its
    resource tells of where it ran."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    service: str
    started_at: Instant
    ended_at: Instant
    status: str
    status_message: str = ""
    events: list[dict[str, str]] = []
    attributes: dict[str, str] = {}
    place: dict[str, str] = {}


class ResourceView:
    """The attributes of one resource, read once for all its spans."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource

    @cached_property
    def attributes(self) -> dict[str, str]:
        return attributes_of(self._resource.attributes)

    @cached_property
    def service(self) -> str:
        return clean(self.attributes.get("service.name", ""), NAME)

    @cached_property
    def place(self) -> dict[str, str]:
        """Which version of what ran where."""
        told = {name: value for name, value in self.attributes.items() if name.startswith(_PLACES)}
        return {name: clean(value, LABEL) for name, value in told.items()}

    @property
    def environment(self) -> str:
        found = self.attributes
        return clean(found.get("deployment.environment.name") or found.get("deployment.environment", ""), NAME)

    @property
    def version(self) -> str:
        return clean(self.attributes.get("service.version", ""), NAME)


class View:
    """A span or a record as it was sent, with what stands around it; its attributes are read when asked for."""

    __slots__ = ("_attributes", "raw", "resource", "scope")

    def __init__(self, raw: Any, resource: ResourceView, scope: str) -> None:
        self.raw, self.resource, self.scope = raw, resource, scope
        self._attributes: dict[str, str] | None = None

    @property
    def attributes(self) -> dict[str, str]:
        if self._attributes is None:
            self._attributes = attributes_of(self.raw.attributes)
        return self._attributes


class SpanView(View):
    __slots__ = ()

    @property
    def trace_id(self) -> str:
        return str(self.raw.trace_id.hex())

    @property
    def span_id(self) -> str:
        return str(self.raw.span_id.hex())

    @property
    def parent_span_id(self) -> str:
        return "" if self.is_root else str(self.raw.parent_span_id.hex())

    @property
    def name(self) -> str:
        return clean(self.raw.name, NAME)

    @property
    def is_root(self) -> bool:
        return self.raw.parent_span_id in _NO_PARENT

    @property
    def is_local_root(self) -> bool:
        """Its parent, if it has one, lies in another process, and the sender says so."""
        flags = self.raw.flags
        return self.is_root or bool(flags & _REMOTE_KNOWN and flags & _REMOTE)

    @property
    def failed(self) -> bool:
        return bool(self.raw.status.code == ERROR)

    @property
    def started_at(self) -> Instant:
        return int(self.raw.start_time_unix_nano // 1_000)

    @property
    def ended_at(self) -> Instant:
        """Never before the start: a sender's clock may have been set back."""
        return int(max(self.raw.end_time_unix_nano, self.raw.start_time_unix_nano) // 1_000)

    @property
    def status_message(self) -> str:
        return clean(self.raw.status.message, MESSAGE)

    def exception(self) -> ErrorInfo | None:
        """The last ``exception`` event (semantic conventions, "Exceptions on spans")."""
        for event in reversed(self.raw.events):
            if event.name == "exception":
                return exception_of(attributes_of(event.attributes))
        return None

    def error(self) -> ErrorInfo:
        """What the span says went wrong: its exception, else ``error.type`` and the status message."""
        told = self.exception() or ErrorInfo()
        kind = told.type or _error_type(self.attributes.get("error.type", ""))
        message = told.message or self.status_message
        if not kind:
            kind = leading_type(message)
        if kind and message.startswith(f"{kind}: "):
            message = message.removeprefix(f"{kind}: ")
        return ErrorInfo(kind, message, told.stack)

    def record(self) -> SpanRecord:
        return SpanRecord(
            self.trace_id,
            self.span_id,
            self.parent_span_id,
            self.name,
            self.resource.service,
            self.started_at,
            self.ended_at,
            {OK: "ok", ERROR: "error"}.get(self.raw.status.code, "unset"),
            self.status_message,
            [{"name": clean(event.name, NAME), **attributes_of(event.attributes)} for event in self.raw.events[:50]],
            self.attributes,
            self.resource.place,
        )


def _error_type(told: str) -> str:
    """``_OTHER`` is the conventions' word for a type that nobody knows."""
    return "" if told == "_OTHER" else bare_type(told)


def exception_of(attributes: dict[str, str]) -> ErrorInfo | None:
    kind, message = attributes.get("exception.type", ""), attributes.get("exception.message", "")
    if not (kind or message):
        return None
    stack = clean(attributes.get("exception.stacktrace", ""), STACK)
    return ErrorInfo(_class(bare_type(kind), stack), clean(message, MESSAGE), stack)


def _class(kind: str, stack: str) -> str:
    """Node's SDK tells an error's code for its type, where it has one: of a time-out that is 23."""
    name, colon, _ = stack.partition(":")
    return name if kind.isdigit() and colon and name.isidentifier() and name[0].isupper() else kind


def leading_type(message: str) -> str:
    """``ValueError: bad row`` → ``ValueError``: SDKs write the status of an exception so."""
    head, separator, _ = message.partition(": ")
    name = head.rsplit(".", 1)[-1]
    looks_like_one = name.isidentifier() and name.endswith(("Error", "Exception", "Timeout", "Failure", "Exit"))
    return name if separator and looks_like_one else ""


def attributes_of(pairs: Any) -> dict[str, str]:
    """Attributes as text; of a key given twice the last counts."""
    return {pair.key: value_text(pair.value) for pair in pairs}


def value_text(value: Any, depth: int = 0) -> str:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return str(value.string_value[:STACK])
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    if kind in {"int_value", "double_value"}:
        return str(getattr(value, kind))
    if kind == "bytes_value":
        return str(value.bytes_value[:LABEL].hex())
    return _nested_text(value, kind, depth + 1)


def _nested_text(value: Any, kind: str | None, depth: int) -> str:
    if depth > _DEEPEST:
        return "…"
    if kind == "array_value":
        return "[" + ", ".join(value_text(each, depth) for each in value.array_value.values[:_MOST]) + "]"
    if kind == "kvlist_value":
        pairs = value.kvlist_value.values[:_MOST]
        return "{" + ", ".join(f"{pair.key}: {value_text(pair.value, depth)}" for pair in pairs) + "}"
    return ""

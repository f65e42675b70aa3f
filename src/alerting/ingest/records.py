"""One log record, opened only as far as someone asks."""

from typing import Any

from alerting.ingest.spans import ResourceView, attributes_of
from rules.instants import Instant

ERROR = 17  # SEVERITY_NUMBER_ERROR: unhandled, by the conventions for exceptions in logs


class RecordView:
    __slots__ = ("_attributes", "raw", "resource", "scope")

    def __init__(self, raw: Any, resource: ResourceView, scope: str) -> None:
        self.raw, self.resource, self.scope = raw, resource, scope
        self._attributes: dict[str, str] | None = None

    @property
    def attributes(self) -> dict[str, str]:
        if self._attributes is None:
            self._attributes = attributes_of(self.raw.attributes)
        return self._attributes

    @property
    def trace_id(self) -> str:
        return str(self.raw.trace_id.hex()) if any(self.raw.trace_id) else ""

    @property
    def span_id(self) -> str:
        return str(self.raw.span_id.hex()) if any(self.raw.span_id) else ""

    @property
    def at(self) -> Instant:
        return int((self.raw.time_unix_nano or self.raw.observed_time_unix_nano) // 1_000)

    @property
    def fatal(self) -> bool:
        return bool(self.raw.severity_number >= ERROR)

    def has_exception(self) -> bool:
        return any(pair.key in _EXCEPTION for pair in self.raw.attributes)


_EXCEPTION = frozenset({"exception.type", "exception.message"})

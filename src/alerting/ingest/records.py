"""One log record, opened only as far as someone asks."""

from alerting.ingest.spans import View
from rules.instants import Instant

ERROR = 17  # SEVERITY_NUMBER_ERROR: unhandled, by the conventions for exceptions in logs


class RecordView(View):
    __slots__ = ()

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
    def text(self) -> str:
        """The body, where it is text."""
        return str(self.raw.body.string_value or "")

    @property
    def fatal(self) -> bool:
        return bool(self.raw.severity_number >= ERROR)

    def has_exception(self) -> bool:
        return any(pair.key in _EXCEPTION for pair in self.raw.attributes)


_EXCEPTION = frozenset({"exception.type", "exception.message"})

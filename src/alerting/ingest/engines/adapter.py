"""What does an engine's adapter have to say? Pure functions from one span or record to facts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from alerting.ingest.facts import Fact
from alerting.ingest.records import RecordView
from alerting.ingest.spans import SpanView

Facts = list[Fact] | None
NOTHING: list[Fact] = []


def _no_record(_view: RecordView) -> Facts:
    return None


@dataclass(frozen=True)
class Adapter:
    """``span`` and ``record`` give None for what is not this engine's, an empty list for what is but says nothing.

    ``scopes`` are the instrumentation scopes to look at (``*`` at the end stands for any end; None: all), ``marker``
    bytes without which a body holds nothing of this engine: both are asked before anything is opened.
    """

    engine: str
    span: Callable[[SpanView], Facts]
    record: Callable[[RecordView], Facts] = _no_record
    scopes: frozenset[str] | None = None
    marker: bytes = b""

    def looks_at(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes or scope.startswith(self._beginnings)

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple(scope[:-1] for scope in self.scopes or () if scope.endswith("*"))

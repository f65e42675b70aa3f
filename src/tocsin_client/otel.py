"""Which runs are open in this process? OpenTelemetry sends a span only once it has ended: of a run that hangs, or whose
process is killed, nothing is ever seen. This processor tells of every run that stays open, again and again.

    provider.add_span_processor(RunProcessor())

Needs the OpenTelemetry SDK, which the app that it goes into has.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from opentelemetry import context
from opentelemetry.context import attach, detach, set_value
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter

EVERY_SECONDS = 30.0
AFTER_SECONDS = 1.0
OPEN, ABANDONED = "open", "abandoned"
_MOST = 10_000
_LOST_AFTER = 3  # signs of life that did not come
_OUTWARDS = (SpanKind.CLIENT, SpanKind.PRODUCER)
_CALL = ("http.request.method", "http.method", "rpc.system", "rpc.system.name")
_SUPPRESS = getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation")
log = logging.getLogger(__name__)


class RunProcessor(SpanProcessor):
    """Sends local root spans that are open for longer than ``after`` seconds, as they are, and then ``every`` seconds.

    Runs that are shorter cost nothing. What is still open when the process ends in good order is told as abandoned.
    ``exporter``: one of its own, for it is closed with the processor; else OTLP over HTTP, by the usual environment.
    """

    def __init__(
        self, exporter: SpanExporter | None = None, every: float = EVERY_SECONDS, after: float = AFTER_SECONDS
    ) -> None:
        self._exporter = exporter or _by_environment()
        self._every, self._after = every, after
        self._open: dict[tuple[int, int], _Open] = {}
        self._stopped = threading.Event()
        self._pid = 0
        self._lock = threading.Lock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - so it is called
        if not _is_run(span) or len(self._open) >= _MOST:
            return
        self._start()
        self._open[_key(span)] = _Open(span, time.monotonic() + self._after)

    def on_end(self, span: ReadableSpan) -> None:
        self._open.pop(_key(span), None)

    def shutdown(self) -> None:
        self._stopped.set()
        if self._pid == os.getpid():
            self._send([each.span for each in self._open.values()], ABANDONED)
            self._open.clear()
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - nothing waits here
        return True

    def _start(self) -> None:
        """In the process that runs the work: a fork has neither the thread nor the runs of the one it came from."""
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid != os.getpid():
                self._open = {}
                self._pid = os.getpid()
                threading.Thread(target=self._tell_again_and_again, name="tocsin-runs", daemon=True).start()

    def _tell_again_and_again(self) -> None:
        pause = min(self._after, self._every) / 2
        while not self._stopped.wait(pause):
            now = time.monotonic()
            due = [each for each in list(self._open.values()) if each.due_at <= now]
            for each in due:
                each.due_at = now + self._every
            self._send([each.span for each in due], OPEN)

    def _send(self, spans: list[Span], state: str) -> None:
        if not spans:
            return
        token = attach(set_value(_SUPPRESS, True))  # what the exporter does is no work of the app's
        try:
            self._exporter.export([_as_it_is(span, state, self._every * _LOST_AFTER) for span in spans])
        except Exception:
            log.exception("Tocsin could not be told of %s open runs", len(spans))
        finally:
            detach(token)


class _Open:
    """``due_at``: when it is told next, on the monotonic clock."""

    __slots__ = ("due_at", "span")

    def __init__(self, span: Span, due_at: float) -> None:
        self.span, self.due_at = span, due_at


def _is_run(span: ReadableSpan) -> bool:
    """What began here, and is no call from or to elsewhere. Tocsin decides; this only saves it the obvious."""
    told = span.attributes or {}
    is_root = span.parent is None or span.parent.is_remote
    return is_root and span.kind not in _OUTWARDS and not any(name in told for name in _CALL)


def _key(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def _as_it_is(span: ReadableSpan, state: str, lost_after: float) -> ReadableSpan:
    marks: dict[str, Any] = {"tocsin.span": state, "tocsin.silent_after": lost_after}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={**(span.attributes or {}), **marks},
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        start_time=span.start_time,
        end_time=time.time_ns(),
    )


def _by_environment() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()

"""What does Tocsin say of itself? Its own spans and metrics by OpenTelemetry: only to an endpoint that is set, and
never to itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from opentelemetry import metrics, trace

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SCOPE = "tocsin"
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}


class Telemetry:
    """Off, and costing nothing, unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` names a collector."""

    def __init__(self, process: str, environ: Mapping[str, str], listen: str) -> None:
        self._providers: list[object] = []
        endpoint = next((environ[name] for name in _ENDPOINTS if environ.get(name)), "")
        if endpoint and not is_own(endpoint, listen):
            self._start(process)
        self._tracer = trace.get_tracer(SCOPE)
        self._rows = metrics.get_meter(SCOPE).create_counter("tocsin.inbox.rows", "{row}", "Inbox rows worked on")

    def _start(self, process: str) -> None:
        """The SDK and its exporters are imported only here: they are large."""
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.name": f"tocsin-{process}"})
        tracing = TracerProvider(resource=resource)
        tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        metering = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
        trace.set_tracer_provider(tracing)
        metrics.set_meter_provider(metering)
        self._providers = [tracing, metering]

    @contextmanager
    def batch(self, rows: int) -> Iterator[None]:
        with self._tracer.start_as_current_span("tocsin.batch", attributes={"tocsin.rows": rows}):
            yield
        self._rows.add(rows)

    def close(self) -> None:
        for provider in self._providers:
            provider.shutdown()  # type: ignore[attr-defined]


def is_own(endpoint: str, listen: str) -> bool:
    """Whether an exporter would feed the very service it tells of: then every batch would make the next one."""
    there, here = urlsplit(endpoint), urlsplit(f"//{listen}")
    same_host = there.hostname == here.hostname or {there.hostname, here.hostname} <= _THIS_MACHINE
    return same_host and there.port == here.port

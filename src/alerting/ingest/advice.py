"""Why does something not show up, and which line mends it? The known gaps of each engine, applied to what came."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

TRACES, LOGS = "traces", "logs"


@dataclass(frozen=True, slots=True)
class Source:
    """What came through one door from one service, by the engine that wrote it; counts as in ``Seen``."""

    door: str
    service: str
    engine: str
    items: int = 0
    running: int = 0
    ended: int = 0
    failed: int = 0
    untyped: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """``mend`` is a line to add where the source runs; ``page`` says more."""

    why: str
    mend: str = ""
    page: str = ""


Sources = tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class _Gap:
    engine: str
    when: Callable[[Source, Sources], bool]
    advice: Advice


def advise(sources: Iterable[Source], url: str) -> dict[Source, list[Advice]]:
    """What is missing from each source, for a Tocsin at ``url``; an empty list where nothing is."""
    every = tuple(sources)
    return {source: [_at(url, each) for each in _missing(source, every)] for source in every}


def _at(url: str, advice: Advice) -> Advice:
    return replace(advice, mend=advice.mend.replace("{url}", url))


def _missing(source: Source, every: Sources) -> Iterable[Advice]:
    yield from _of_engine(source, every)
    yield from _of_any(source)


def _of_engine(source: Source, every: Sources) -> Iterable[Advice]:
    if source.door == TRACES or source.door == source.engine:
        return (gap.advice for gap in GAPS if gap.engine == source.engine and gap.when(source, every))
    return ()


def _of_any(source: Source) -> Iterable[Advice]:
    if source.note:
        yield Advice(source.note)
    if source.door == TRACES and (not source.service or source.service.startswith("unknown_service")):
        yield Advice("the spans do not say which service they are from", "export OTEL_SERVICE_NAME=shop")


def _has_logs(source: Source, every: Sources) -> bool:
    return any(other.door == LOGS and other.engine == source.engine and other.items for other in every)


def _has_hook(source: Source, every: Sources) -> bool:
    doors = {f"webhook:{source.engine}", "events"}
    return any(other.door in doors and other.engine == source.engine for other in every)


def _never_ends(source: Source, every: Sources) -> bool:
    return not any(other.ended for other in every if other.engine == source.engine)


def _no_run(source: Source, every: Sources) -> bool:
    """A service's requests beside runs that an engine's spans tell of are no gap."""
    return not any(other.ended or other.running for other in every if other.service == source.service)


def _all_untyped(source: Source, _every: Sources) -> bool:
    return 0 < source.failed == source.untyped


GAPS = (
    _Gap("celery", _never_ends, Advice(
        "tasks are sent, but no worker tells how they end: the workers are not instrumented",
        "opentelemetry-instrument celery -A app worker", "connect-celery",
    )),
    _Gap("dbos", lambda source, every: not _has_logs(source, every), Advice(
        "no logs come: errors have no type and no stack",
        'config["otlp_logs_endpoints"] = ["{url}/v1/logs"]', "connect-dbos",
    )),
    _Gap("prefect", lambda source, every: not _has_logs(source, every), Advice(
        "no logs come: only they hold the names of flows, and how a flow that is tried again ends",
        "export OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true", "connect-prefect",
    )),
    _Gap("airflow", lambda source, every: source.failed > 0 and not _has_hook(source, every), Advice(
        "failures come without their error: Airflow writes none on its spans, only callbacks know it",
        'default_args = {"on_failure_callback": tell_tocsin, "on_retry_callback": tell_tocsin}', "connect-airflow",
    )),
    _Gap("temporal", _never_ends, Advice(
        "workflows are started, but no worker tells how they end: the worker's client is not traced",
        "Client.connect(address, interceptors=[TracingInterceptor()])", "connect-temporal",
    )),
    _Gap("taskiq", _never_ends, Advice(
        "tasks are sent, but no worker tells how they end",
        "broker.add_middlewares(OpenTelemetryMiddleware())", "connect-taskiq",
    )),
    _Gap("bullmq", _never_ends, Advice(
        "jobs are added, but no worker tells how they end",
        'new Worker("mail", work, { connection, telemetry: new BullMQOtel("shop") })', "connect-bullmq",
    )),
    _Gap("inngest", _never_ends, Advice(
        "events come, but none of them tells of the end of a run",
        '[{ event: "inngest/function.failed" }, { event: "inngest/function.finished" }]', "connect-inngest",
    )),
    _Gap("otel", _no_run, Advice(
        "spans come, but none of them is a run: each serves or makes a request, or hangs under a span that never came",
        'with tracer.start_as_current_span("nightly-import"):', "connect-opentelemetry",
    )),
    _Gap("otel", _all_untyped, Advice(
        "no failure tells the type of its error",
        "span.record_exception(error)", "connect-opentelemetry",
    )),
)  # fmt: skip

"""What do senders of OTLP batches send? Bodies made before the clock runs, every run in them another one."""

from collections.abc import Iterator

from benchmarks.recognise import BATCH, ENGINES
from benchmarks.recognise import batch as batch_of
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.otlp import span, traces

KINDS = ("failing", "healthy", "single")
WORKFLOWS = 50


def bodies(kind: str, items: int, now: int) -> Iterator[tuple[bytes, int]]:
    """Bodies with their number of spans. ``failing``: runs of one span that failed, with their exception, a hundred
    in a body; ``healthy``: ten spans a run, 512 in a body, five engines and plain OpenTelemetry by turns; ``single``:
    healthy runs of one span each, 512 in a body. ``now`` in µs."""
    per_body = 100 if kind == "failing" else BATCH
    for number in range(items // per_body):
        first = 1 + number * per_body
        if kind == "healthy":
            yield _mixed(number, now), per_body
        else:
            told = [_span(first + place, now, failed=kind == "failing") for place in range(per_body)]
            yield traces(told), per_body


def _span(number: int, now: int, *, failed: bool) -> object:
    message = f"no answer from item {number} in 10 s"
    return span(
        f"workflow-{number % WORKFLOWS}", now, trace=number, failed=failed, error="UpstreamTimeout", message=message
    )


def _mixed(number: int, now: int) -> bytes:
    engine = list(ENGINES)[number % len(ENGINES)]
    request: ExportTraceServiceRequest = batch_of(engine)
    for each in request.resource_spans[0].scope_spans[0].spans:
        run = int.from_bytes(each.trace_id, "big")
        each.trace_id = (number * BATCH + run).to_bytes(16, "big")
        took = each.end_time_unix_nano - each.start_time_unix_nano
        each.start_time_unix_nano, each.end_time_unix_nano = now * 1_000 - took, now * 1_000
        for attribute in each.attributes:
            if attribute.value.string_value.startswith("run-"):
                attribute.value.string_value = f"{number}-{attribute.value.string_value}"
    return bytes(request.SerializeToString())

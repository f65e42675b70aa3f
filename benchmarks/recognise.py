"""How many spans a second are checked at the door and recognised behind it, on one core, for each engine?

Batches of 512 spans, ten spans a run, ten attributes a span, healthy and all failing with a stack:
``python benchmarks/recognise.py``.
"""

import argparse
import base64
import time
from collections.abc import Callable

import msgspec
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from alerting.ingest.otlp import JSON, PROTOBUF, check_traces
from alerting.ingest.recognise import recognise

BATCH, PER_RUN, ATTRIBUTES = 512, 10, 10
START = 1_795_500_000_000_000_000


# engine: scope, the run span's name and own attributes, a step's name and own attributes
ENGINES: dict[str, tuple[str, str, dict[str, str], str, dict[str, str]]] = {
    "otel": ("shop.jobs", "checkout", {}, "step", {}),
    "dbos": ("dbos-tracer", "checkout", {"operationType": "workflow", "operationUUID": "{run}"}, "step",
             {"operationType": "step", "operationUUID": "{run}"}),
    "prefect": ("prefect", "spiked-ant", {"prefect.run.type": "flow", "prefect.run.id": "{run}"}, "charge-0ab",
                {"prefect.run.type": "task", "prefect.run.id": "{run}-task"}),
    "celery": ("opentelemetry.instrumentation.celery", "run/shop.checkout",
               {"celery.state": "SUCCESS", "messaging.message.id": "{run}"}, "query", {}),
    "airflow": ("airflow.models.dagrun", "dag_run.checkout",
                {"airflow.dag_id": "checkout", "airflow.dag_run.run_id": "{run}"}, "task_run.charge",
                {"airflow.dag_id": "checkout", "airflow.dag_run.run_id": "{run}", "airflow.task_id": "charge",
                 "airflow.task_instance.try_number": "1", "airflow.task_instance.state": "success"}),
    "temporal": ("temporalio.contrib.opentelemetry", "RunWorkflow:Checkout", {"temporalRunID": "{run}"},
                 "RunActivity:charge", {"temporalRunID": "{run}"}),
}  # fmt: skip
STACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "/app/shop/part_{number}.py", line {number}, in step_{number}\n    call()\n' for number in range(12)
)


def batch(engine: str, failing: bool = False) -> ExportTraceServiceRequest:
    spans = [_span(number, engine, failing) for number in range(BATCH)]
    resource = Resource(attributes=[_text("service.name", "shop"), _text("deployment.environment.name", "production")])
    scoped = ScopeSpans(scope=InstrumentationScope(name=ENGINES[engine][0]), spans=spans)
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[scoped])])


def _span(number: int, engine: str, failing: bool) -> Span:
    """One in ten is a run. ``failing``: the run and every step of it, each with an exception."""
    run, step = divmod(number, PER_RUN)
    _, run_name, of_run, step_name, of_step = ENGINES[engine]
    own = [_text(name, value.format(run=f"run-{run}")) for name, value in (of_step if step else of_run).items()]
    made = Span(
        trace_id=(run + 1).to_bytes(16, "big"),
        span_id=(number + 1).to_bytes(8, "big"),
        parent_span_id=(run * PER_RUN + 1).to_bytes(8, "big") if step else b"",
        flags=0x101,
        name=step_name if step else run_name,
        kind=5 if engine == "celery" and not step else 1,
        start_time_unix_nano=START + number * 1_000_000,
        end_time_unix_nano=START + number * 1_000_000 + 900_000,
        attributes=own + [_text(f"app.attribute.{index}", f"value {number}") for index in range(ATTRIBUTES - len(own))],
        status=Status(code=2, message="ValueError: bad row") if failing else None,
    )
    if failing:
        told = [_text("exception.type", "ValueError"), _text("exception.message", f"bad row {number}")]
        made.events.add(name="exception", attributes=[*told, _text("exception.stacktrace", STACK)])
    return made


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def as_json(request: ExportTraceServiceRequest) -> bytes:
    """OTLP/JSON wants hex ids; the stock writer gives base64."""
    found = MessageToDict(request)
    for span in found["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            span[name] = base64.b64decode(span.get(name, "")).hex()
        span["kind"] = 1
        if span.get("status"):
            span["status"]["code"] = 2
    return msgspec.json.encode(found)


def best(work: Callable[[], object], rounds: int) -> float:
    """Spans a second in the quickest round: the others were disturbed."""
    quickest = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        quickest = min(quickest, time.perf_counter() - begun)
    return BATCH / quickest


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=50)
    rounds = options.parse_args().rounds
    for failing in (False, True):
        seconds = dict.fromkeys((PROTOBUF, JSON), 0.0)
        for engine in ENGINES:
            request = batch(engine, failing)
            for media, body in ((PROTOBUF, request.SerializeToString()), (JSON, as_json(request))):
                checked = best(lambda body=body, media=media: check_traces(body, media), rounds)
                told = best(lambda body=body, media=media: recognise("traces", body, media, START // 1_000), rounds)
                seconds[media] += 1 / told
                print(
                    f"{engine:9} {_kind(failing)} {media:24} check {checked:>9,.0f}   recognise {told:>9,.0f} spans/s"
                )
        for media, spent in seconds.items():
            print(
                f"{'all alike':9} {_kind(failing)} {media:24} {'':15}   recognise {len(ENGINES) / spent:>9,.0f} spans/s"
            )


def _kind(failing: bool) -> str:
    return "failing" if failing else "healthy"


if __name__ == "__main__":
    main()

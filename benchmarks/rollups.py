"""What of a worker's time goes into the counts for reports? Processor time, by what it does, for each run.

    .venv/bin/python -m benchmarks.rollups [--runs 20000] [--profile]

Bodies of 50 runs with ten spans each are decoded, recognised, folded, decided and saved into SQLite, eight bodies at
once: good runs, and ones that fail with a stack. Twenty workflows, two versions, a run each tenth of a second, and
durations from half a second to ten minutes. Counting is to be at most a fifth of the whole. Last, what the indexes of
runs cost.
"""

import argparse
import cProfile
import pstats
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.history.ingesting import Worker
from benchmarks.history.telemetry import Body
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from sqlalchemy import text

from alerting.database.sqlite import open_sqlite
from alerting.demo.history.spans import attributes
from alerting.storage import runs
from alerting.storage.rollups import Differences
from rules.instants import SECOND

START = 1_795_500_000 * SECOND
PER_BODY, SPANS, WORKFLOWS, APART = 50, 10, 20, SECOND // 10
STACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "/app/shop/part_{number}.py", line {number}, in step_{number}\n    call()\n' for number in range(12)
)
PARTS = ((Differences, "change"), (Differences, "save"), (runs, "save_runs"))


def bodies(count: int, failing: bool) -> list[Body]:
    chance = random.Random(1)
    return [_body(first, failing, chance) for first in range(0, count, PER_BODY)]


def _body(first: int, failing: bool, chance: random.Random) -> Body:
    told: dict[str, list[Span]] = {"1.0": [], "1.1": []}
    for number in range(first, first + PER_BODY):
        told["1.1" if number % 2 else "1.0"].extend(_run(number, failing, chance))
    request = ExportTraceServiceRequest(resource_spans=[
        ResourceSpans(resource=Resource(attributes=attributes({"service.name": "shop", "service.version": version})),
                      scope_spans=[ScopeSpans(scope=InstrumentationScope(name="shop.jobs"), spans=spans)])
        for version, spans in told.items()
    ])  # fmt: skip
    received_at = START + (first + PER_BODY) * APART
    return Body("traces", request.SerializeToString(), "application/x-protobuf", received_at)


def _run(number: int, failing: bool, chance: random.Random) -> Iterator[Span]:
    end = START + number * APART
    begin = end - round(SECOND * min(600.0, 0.5 * chance.paretovariate(0.6)))
    for place in reversed(range(SPANS)):
        bad = failing and place < 2  # the run, and one step of it
        made = Span(
            trace_id=(number + 1).to_bytes(16, "big"), span_id=((number + 1) * SPANS + place).to_bytes(8, "big"),
            parent_span_id=((number + 1) * SPANS).to_bytes(8, "big") if place else b"",
            name=f"step-{place}" if place else f"shop.job-{number % WORKFLOWS}", kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=begin * 1_000, end_time_unix_nano=end * 1_000, attributes=attributes({"row": number}),
            status=Status(code=Status.STATUS_CODE_ERROR, message="ValueError: bad row") if bad else None,
        )  # fmt: skip
        if bad:
            said = attributes({"exception.type": "ValueError", "exception.message": f"bad row {number}",
                               "exception.stacktrace": STACK})  # fmt: skip
            made.events.add(name="exception", attributes=said)
        yield made


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Processor seconds spent in each of the parts."""
    spent: dict[str, float] = defaultdict(float)
    before = [(owner, name, getattr(owner, name)) for owner, name in PARTS]
    for owner, name, plain in before:
        setattr(owner, name, _timed(plain, name, spent))
    try:
        yield spent
    finally:
        for owner, name, plain in before:
            setattr(owner, name, plain)


def _timed(plain: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*given: Any) -> Any:
        began = time.process_time_ns()
        try:
            return plain(*given)
        finally:
            spent[name] += (time.process_time_ns() - began) / 1e9

    return timed


def measure(count: int, failing: bool) -> float:
    """The share of counting in all that the worker did."""
    made = bodies(count, failing)
    with tempfile.TemporaryDirectory() as folder:
        store = open_sqlite(Path(folder))
        worker = Worker(store)
        worker.take(made[: len(made) // 10])  # the first ones find nothing made yet
        with timed() as spent:
            began = time.process_time()
            worker.take(made[len(made) // 10 :])
            whole = time.process_time() - began
        with store.read() as connection:
            cells = {name: connection.execute(text(f"SELECT count(*) FROM rollup_{name}")).scalar()
                     for name in ("run", "duration", "group", "try")}  # fmt: skip
        store.close()
    done = PER_BODY * (len(made) - len(made) // 10)
    counting = spent["change"] + spent["save"]
    per_run = ", ".join(f"{name} {1e6 * took / done:.1f}" for name, took in spent.items())
    print(f"{'failing' if failing else 'good'}: {1e6 * whole / done:.0f} µs a run ({per_run}); "
          f"counting {counting / whole:.1%}; rows {cells}", flush=True)  # fmt: skip
    return counting / whole


def profile(count: int, failing: bool) -> None:
    made = bodies(count, failing)
    with tempfile.TemporaryDirectory() as folder:
        store = open_sqlite(Path(folder))
        worker = Worker(store)
        profiler = cProfile.Profile()
        profiler.runcall(worker.take, made)
        store.close()
    pstats.Stats(profiler, stream=sys.stdout).sort_stats("cumulative").print_stats(70)


def indexes(count: int) -> None:
    """So many runs written a thousand at a time, with each index and without it."""
    for without in ("", "run_by_workflow", "run_by_end", "run_by_trace", "run_by_run_id"):
        with tempfile.TemporaryDirectory() as folder:
            store = open_sqlite(Path(folder))
            if without:
                with store.write() as connection:
                    connection.execute(text(f"DROP INDEX {without}"))
            began = time.process_time()
            for first in range(0, count, 1_000):
                with store.write() as connection:
                    runs.save_runs(connection, [_row(number) for number in range(first, first + 1_000)])
            took = time.process_time() - began
            store.close()
        print(f"{count:,} runs written {'without ' + without if without else 'with all indexes'}: {took:.2f} s")


def _row(number: int) -> dict[str, Any]:
    record = runs.RunRecord(f"{number * 2654435761 % 2**32:032x}", "otel", f"job-{number % WORKFLOWS}", f"r{number}",
                            runs.Outcome.SUCCEEDED, attempts=1, started_at=START, ended_at=START + number * APART,
                            environment="production", trace_id=f"{number:032x}")  # fmt: skip
    return runs.row_of(record)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=20_000)
    asked.add_argument("--indexed", type=int, default=200_000, help="runs to write for the price of indexes")
    asked.add_argument("--profile", action="store_true", help="what the time goes into, instead")
    given = asked.parse_args()
    for failing in (False, True):
        if given.profile:
            profile(given.runs, failing)
        else:
            measure(given.runs, failing)
    if not given.profile and given.indexed:
        indexes(given.indexed)


if __name__ == "__main__":
    main()

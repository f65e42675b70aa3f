"""Random streams of telemetry, as bad networks deliver them: late, twice, split, out of order."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from rules.instants import DAY, HOUR, MINUTE, SECOND
from support import trying
from support.otlp import attributes
from support.shapes import SHAPES, START, Item, TrueRun

KEEP = 3 * DAY
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass(frozen=True)
class Sent:
    received_at: int
    items: list[Item]

    def bodies(self) -> Iterator[tuple[str, bytes, str]]:
        """(kind, body, media)."""
        by_kind: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            by_kind[item.kind].append(item)
        for kind, items in by_kind.items():
            yield (kind, *_BODIES[kind](items))


def stream(seed: int, runs: int = 20) -> list[Sent]:
    """Runs of the last five days: told late, twice, split over bodies and out of order, some after they are kept."""
    chance = random.Random(seed)
    shapes = (*SHAPES, *trying.SHAPES)
    made = [run for number in range(runs) for run in chance.choice(shapes)(chance, number + 1000 * seed)]
    for run in made:
        _place(chance, run)
    received = sorted(_received(chance, made), key=lambda each: each[0])
    return list(_packed(chance, received))


def _place(chance: random.Random, run: TrueRun) -> None:
    """Each of its tellings says where it ran, and in some an event says how bad that is."""
    run.environment, run.version = chance.choice(["production", "staging"]), chance.choice(["1.0", "1.1"])
    events = [item.what for item in run.items if item.kind == "events"]
    run.severity = chance.choice(["", "", "low", "critical"]) if events else ""
    for told in events:
        told.update(environment=run.environment, version=run.version)
        if run.severity:
            told["severity"] = run.severity


def _received(chance: random.Random, runs: list[TrueRun]) -> Iterator[tuple[int, Item]]:
    families: dict[int, int] = {}
    for run in runs:
        kin = id(run.parent or run)
        held_back = families.setdefault(kin, 0 if run.in_time else _held_back(chance, len(run.items)))
        for item in run.items:
            first = _of(item) + held_back + round(chance.choice([1, 1, 20, 600, 5000]) * SECOND * chance.random())
            yield first, item
            while chance.random() < 0.3:
                yield first + _again(chance, run), item


def _of(item: Item) -> int:
    """When it was sent: most senders' clocks are right."""
    at = item.telling.at if item.telling else 0
    return (
        at
        or getattr(item.what, "end_time_unix_nano", 0) // 1_000
        or getattr(item.what, "time_unix_nano", START_NANO) // 1_000
    )


START_NANO = START * 1_000


def _held_back(chance: random.Random, items: int) -> int:
    """Behind a broken collector; or until after runs are kept; or sent by a clock ahead of ours. One that is far
    ahead gets the times of receipt, and with them the order of several items is lost: it sends only one."""
    usual = [0, 0, 0, 0, 0, round(3 * HOUR * chance.random()), KEEP + 2 * HOUR, -3 * MINUTE]
    return chance.choice([*usual, -10 * MINUTE] if items == 1 else usual)


def _again(chance: random.Random, run: TrueRun) -> int:
    soon = [SECOND, 40 * SECOND, 3 * HOUR]
    return chance.choice(soon if run.at_once else [*soon, 19 * HOUR, 3 * DAY, 4 * DAY, 7 * DAY]) + chance.randrange(
        1_000
    )


def _packed(chance: random.Random, received: list[tuple[int, Item]]) -> Iterator[Sent]:
    """Half of what comes within a minute of each other comes in one body."""
    pack: list[Item] = []
    for index, (at, item) in enumerate(received):
        pack.append(item)
        following = received[index + 1][0] if index + 1 < len(received) else at + DAY
        if following - at > MINUTE or chance.random() < 0.5:
            yield Sent(at, pack)
            pack = []


def _scoped(items: list[Item]) -> Iterator[tuple[Resource, dict[str, list[Any]]]]:
    """What came from each place, by scope."""
    found: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        found[item.run.environment, item.run.version][item.scope].append(item.what)
    for (environment, version), scopes in found.items():
        said = {"deployment__environment__name": environment} if environment else {}
        yield Resource(attributes=attributes(service__name="shop", service__version=version or "1.0", **said)), scopes


def _events_body(items: list[Item]) -> tuple[bytes, str]:
    return json.dumps([item.what for item in items]).encode(), JSON


def _traces_body(items: list[Item]) -> tuple[bytes, str]:
    request = ExportTraceServiceRequest()
    for resource, scopes in _scoped(items):
        told = [ScopeSpans(scope=InstrumentationScope(name=name), spans=spans) for name, spans in scopes.items()]
        request.resource_spans.append(ResourceSpans(resource=resource, scope_spans=told))
    return request.SerializeToString(), PROTOBUF


def _logs_body(items: list[Item]) -> tuple[bytes, str]:
    request = ExportLogsServiceRequest()
    for resource, scopes in _scoped(items):
        told = [ScopeLogs(scope=InstrumentationScope(name=n), log_records=records) for n, records in scopes.items()]
        request.resource_logs.append(ResourceLogs(resource=resource, scope_logs=told))
    return request.SerializeToString(), PROTOBUF


_BODIES: dict[str, Callable[[list[Item]], tuple[bytes, str]]] = {
    "events": _events_body,
    "traces": _traces_body,
    "logs": _logs_body,
}

"""How do engines and senders tell of a run? Events, spans and records, each with what it truly says beside it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from rules.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from support.otlp import attributes

START = 1_795_500_000 * SECOND
END = START + 12 * DAY  # nothing comes later
BAD = ("failed", "timed_out", "crashed")
ENDS = ("succeeded", "succeeded", "succeeded", *BAD, "cancelled", "skipped", "lost")
ERRORS = ("Boom", "ValueError", "GatewayTimeout")


@dataclass(frozen=True)
class Telling:
    """That the run stood so at ``at`` (0: it does not say when). ``started`` is 0 where it does not say that, and
    ``attempt`` where it does not say which try of the run it was; ``cause`` is the run's where it is None."""

    outcome: str
    at: int
    started: int = 0
    attempt: int = 0
    cause: str | None = None


@dataclass(frozen=True)
class Tried:
    """One try of a step, from ``started`` to ``at``; ``cause`` is "" where it went well, ``number`` 0 where none is
    told."""

    step: str
    started: int
    at: int
    cause: str = ""
    number: int = 0


@dataclass
class TrueRun:
    """``cause`` is the type of its error if it is bad. ``counts`` is False for a drill, and for what is no run.
    ``parent`` failed only because this one did. ``severity`` is what its events say, if they say any."""

    engine: str
    workflow: str
    cause: str = ""
    counts: bool = True
    parent: "TrueRun | None" = None
    at_once: bool = False  # its copies follow soon, or they would be other runs
    in_time: bool = False  # nothing held it back
    environment: str = ""
    version: str = ""
    severity: str = ""
    items: list["Item"] = field(default_factory=list)

    def tell(
        self, kind: str, what: Any, telling: Telling | None = None, scope: str = "app", tried: Tried | None = None
    ) -> None:
        self.items.append(Item(self, kind, what, telling, scope, tried))


@dataclass(frozen=True, eq=False)
class Item:
    """One event, span or log record."""

    run: TrueRun
    kind: str
    what: Any
    telling: Telling | None
    scope: str
    tried: Tried | None = None


def begin(chance: random.Random) -> tuple[int, int]:
    """A start in the last five days, and how long it took."""
    return START - chance.randrange(5 * DAY) // 1_000 * 1_000, chance.choice(
        [1, 3, 40, 900]
    ) * SECOND + chance.randrange(999) * 1_000


def event_of(run: TrueRun, run_id: str, outcome: str, at: int, started: int, **more: Any) -> None:
    told = {"engine": run.engine, "workflow": run.workflow, "run_id": run_id, "outcome": outcome, **more}
    if at:
        told["occurred_at"] = format_instant(at)
    if started:
        told["started_at"] = format_instant(started)
    if outcome in (*BAD, "lost"):
        told["error"] = {"type": run.cause, "message": f"{run.cause} broke {run_id}"}
    known = started or (at if outcome == "running" else 0)
    run.tell("events", told, Telling(outcome, at, known))


def _run(chance: random.Random, engine: str, number: int) -> TrueRun:
    return TrueRun(engine, f"{engine}-{chance.randrange(2)}", chance.choice(ERRORS))


def events(chance: random.Random, number: int) -> list[TrueRun]:
    """Up to three tellings of one run, of which the last counts; one that only began is lost in the end."""
    run = _run(chance, "event", number)
    at, took = begin(chance)
    tellings = [chance.choice(["running", *ENDS]) for _ in range(chance.choice([1, 1, 2, 3]))]
    for index, outcome in enumerate(tellings):
        event_of(run, f"r{number}", outcome, at + took + index * MINUTE, chance.choice([at, at, 0]))
    return [run]


def timeless(chance: random.Random, number: int) -> list[TrueRun]:
    """Without any time: it was when it was heard of. The shell's receipt is all there is, so it is sent at once."""
    run = TrueRun("event", "timeless", "Boom", at_once=True)
    event_of(run, f"r{number}", chance.choice(ENDS), 0, 0)
    return [run]


def nameless(chance: random.Random, number: int) -> list[TrueRun]:
    """Without an id of the run: what it says is its identity."""
    run, (at, _) = _run(chance, "event", number), begin(chance)
    event_of(run, "", chance.choice(ENDS), at, at - SECOND, labels={"number": str(number)})
    return [run]


def missed(chance: random.Random, number: int) -> list[TrueRun]:
    run = TrueRun("event", "nightly")
    event_of(run, f"r{number}", "missed", begin(chance)[0], 0)
    return [run]


def no_runs(chance: random.Random, number: int) -> list[TrueRun]:
    """A drill, and what raises alerts and is no run of a workflow."""
    at = begin(chance)[0]
    drill = TrueRun("event", "drilled", "Boom", counts=False)
    event_of(drill, f"d{number}", "failed", at, at - SECOND, labels={"tocsin.drill": "true"})
    raised = TrueRun("sentry", "raised", "Boom", counts=False)
    event_of(raised, f"s{number}", "failed", at, at - SECOND)
    return [drill, raised]


def family(chance: random.Random, number: int) -> list[TrueRun]:
    """A run that failed only because one that it started did: the fault is counted once, with the child."""
    at, took = begin(chance)
    cause = chance.choice(ERRORS)
    parent, child = TrueRun("event", "parent", cause), TrueRun("event", "child", cause)
    child.parent = parent
    event_of(child, f"c{number}", "failed", at + took, at + 1_000, parent_run_id=f"p{number}")
    event_of(parent, f"p{number}", "failed", at + took + 5_000, at)
    parent.items[0].what["error"] = child.items[0].what["error"]
    return [parent, child]


def open_ends(chance: random.Random, number: int) -> list[TrueRun]:
    """Begun, and of an engine whose runs may sleep for weeks."""
    run = TrueRun("temporal", "sleeper", at_once=True, in_time=True)
    at = END - DAY + chance.randrange(HOUR)
    event_of(run, f"r{number}", "running", at, at)
    return [run]


def otel(chance: random.Random, number: int) -> list[TrueRun]:
    """One try or two, each a root with steps; a failed step, healthy ones, one that was tried again."""
    run, (at, took) = _run(chance, "otel", number), begin(chance)
    for attempt in range(1, chance.choice([1, 1, 2]) + 1):
        failed = chance.random() < 0.5
        end = at + took + attempt * MINUTE
        root = span_of(run.workflow, number, 10 * attempt, 0, at, end, run.cause if failed else "",
                     workflow__run__id=f"o{number}", job__attempt=str(attempt))  # fmt: skip
        for step in range(chance.randrange(3)):
            broke = failed and step == 0
            tried = {"retry__attempt": "2"} if chance.random() < 0.3 else {}
            cause = run.cause if broke else ""
            place = 10 * attempt
            told = span_of(f"step{step}", number, place + 1 + step, place, at, end - 1_000, cause, **tried)
            run.tell("traces", told, tried=Tried(f"step{step}", at, end - 1_000, cause, 2 if tried else 0))
        run.tell("traces", root, Telling("failed" if failed else "succeeded", end, at, attempt))
    return [run]


def silent(chance: random.Random, number: int) -> list[TrueRun]:
    """A root that failed and says nothing of why; a log record may say it later."""
    run, (at, took) = _run(chance, "otel", number), begin(chance)
    logged = chance.random() < 0.6
    end = at + took
    root = span_of(run.workflow, number, 1, 0, at, end, "")
    root.status.CopyFrom(Status(code=2))
    run.tell("traces", root, Telling("failed", end, at, 1))
    if logged:
        run.tell("logs", _log(run.cause, number, end - 1_000))
    else:
        run.cause = ""
    return [run]


def pipeline(chance: random.Random, number: int) -> list[TrueRun]:
    run, (at, took) = _run(chance, "cicd", number), begin(chance)
    result, outcome = chance.choice([
        ("success", "succeeded"), ("success", "succeeded"), ("failure", "failed"), ("error", "crashed"),
        ("timeout", "timed_out"), ("cancellation", "cancelled"), ("skip", "skipped"),
    ])  # fmt: skip
    bad = outcome in BAD
    said = {"cicd__pipeline__run__id": f"p{number}", "cicd__pipeline__name": run.workflow}
    root = span_of("pipe", number, 1, 0, at, at + took, run.cause if bad else "", **said, cicd__pipeline__result=result)
    task = span_of("build", number, 2, 1, at, at + took, run.cause if bad else "", cicd__pipeline__task__name="build")
    run.tell("traces", task, tried=Tried("build", at, at + took, run.cause) if bad else None)
    run.tell("traces", root, Telling(outcome, at + took, at, 1))
    return [run]


def celery(chance: random.Random, number: int) -> list[TrueRun]:
    """Sent, tried again once or twice, and then well, or not, or never heard of again."""
    run, (at, took) = _run(chance, "celery", number), begin(chance)
    scope = "opentelemetry.instrumentation.celery"
    said = {"messaging__message__id": f"t{number}", "celery__task_name": run.workflow}
    sent = span_of(
        f"apply_async/{run.workflow}", number, 1, 0, at - 5_000, at, "", **said, celery__action="apply_async"
    )
    run.tell("traces", sent, Telling("running", at), scope)
    states = [*["RETRY"] * chance.randrange(3), *chance.choice([["SUCCESS"], ["FAILURE"], []])]
    for index, state in enumerate(states):
        begun = at + index * (took + SECOND)
        cause = run.cause if state == "FAILURE" else ""
        outcome = {"RETRY": "running", "SUCCESS": "succeeded", "FAILURE": "failed"}[state]
        tried = {"celery__state": state, "celery__retries": str(index), "celery__action": "run"}
        name = f"run/{run.workflow}"
        span = span_of(name, number, 2 + index, 1, begun, begun + took, cause, **{**said, **tried})
        run.tell("traces", span, Telling(outcome, begun + took, begun, index + 1), scope)
    return [run]


def temporal(chance: random.Random, number: int) -> list[TrueRun]:
    """Its beginning and its end are spans without duration."""
    run, (at, took) = _run(chance, "temporal", number), begin(chance)
    failed = chance.random() < 0.5
    said = {"temporalRunID": f"w{number}", "temporalWorkflowID": "w"}
    begun = span_of(f"RunWorkflow:{run.workflow}", number, 1, 0, at, at, "", **said)
    end, cause, scope = at + took, run.cause if failed else "", "temporalio.contrib.opentelemetry"
    ended = span_of(f"CompleteWorkflow:{run.workflow}", number, 2, 1, end, end, cause, **said)
    ended.status.Clear()
    run.tell("traces", begun, Telling("running", at, at, 1), scope)
    run.tell("traces", ended, Telling("failed" if failed else "succeeded", end, 0, 1), scope)
    return [run]


def dbos(chance: random.Random, number: int) -> list[TrueRun]:
    """Spans tell the message of an error, a log record its type."""
    run, (at, took) = _run(chance, "dbos", number), begin(chance)
    failed = chance.random() < 0.5
    said = {"operationType": "workflow", "operationUUID": f"d{number}"}
    span = span_of(run.workflow, number, 1, 0, at, at + took, "", **said)
    if failed:
        span.status.CopyFrom(Status(code=2, message=f"{run.cause} broke {number}"))
        record = _log(run.cause, number, at + took, operationUUID=f"d{number}")
        run.tell("logs", record, scope="dbos")
    run.tell("traces", span, Telling("failed" if failed else "succeeded", at + took, at, 1), "dbos-tracer")
    return [run]


def noise(chance: random.Random, number: int) -> list[TrueRun]:
    """Requests, what Tocsin says of itself, and steps whose run never comes."""
    nothing, (at, took) = TrueRun("", "", counts=False), begin(chance)
    served = span_of("GET /", number, 1, 0, at, at + took, "Boom", http__request__method="GET")
    served.kind = Span.SPAN_KIND_SERVER
    nothing.tell("traces", served)
    nothing.tell("traces", span_of("work", number, 2, 0, at, at + took, "Boom"), scope="tocsin")
    nothing.tell("traces", span_of("step", number, 3, 99, at, at + took, "Boom"))
    return [nothing]


Shape = Callable[[random.Random, int], list[TrueRun]]
SHAPES: tuple[Shape, ...] = (
    events, events, events, timeless, nameless, missed, no_runs, family, open_ends, otel, otel, silent, pipeline,
    celery, temporal, dbos, noise,
)  # fmt: skip


def span_of(name: str, number: int, span: int, parent: int, at: int, end: int, cause: str, **said: str) -> Span:
    """In a trace of ``number``'s own; it failed if there is a ``cause``."""
    message = f"{cause} broke {number}"
    exception = Span.Event(name="exception", attributes=attributes(exception__type=cause, exception__message=message))
    return Span(
        trace_id=(number + 1).to_bytes(16, "big"), span_id=((number + 1) * 1_000 + span).to_bytes(8, "big"),
        parent_span_id=((number + 1) * 1_000 + parent).to_bytes(8, "big") if parent else b"", name=name, kind=1,
        start_time_unix_nano=at * 1_000, end_time_unix_nano=end * 1_000, events=[exception] if cause else [],
        status=Status(code=2, message=f"{cause}: {message}") if cause else Status(), attributes=attributes(**said),
    )  # fmt: skip


def _log(cause: str, number: int, at: int, **said: str) -> LogRecord:
    error = attributes(exception__type=cause, exception__message=f"{cause} broke {number}", **said)
    return LogRecord(
        time_unix_nano=at * 1_000, severity_number=17, trace_id=(number + 1).to_bytes(16, "big"), attributes=error
    )

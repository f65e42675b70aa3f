"""Which spans tell of a run? Its root, each try of the step that failed or was tried again, and healthy ones: calls, as
many as are wanted, or all its steps."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import takewhile

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from alerting.demo.history.world import PlayedRun
from rules.instants import Instant
from rules.vocabulary import Outcome

_RESULTS = {
    Outcome.SUCCEEDED: "success",
    Outcome.FAILED: "failure",
    Outcome.CRASHED: "error",
    Outcome.TIMED_OUT: "timeout",
    Outcome.CANCELLED: "cancellation",
    Outcome.SKIPPED: "skip",
}
_SAY_IT_ALL = {"otel": frozenset({Outcome.SUCCEEDED, Outcome.FAILED}), "cicd": frozenset(_RESULTS)}


def tells_by_spans(run: PlayedRun) -> bool:
    return run.outcome in _SAY_IT_ALL.get(run.workflow.engine, ())


def spans_of(run: PlayedRun, most: int) -> Iterator[Span]:
    """Children first, as an SDK sends them. More than ``most`` only where tries have to be told."""
    trace = _trace(run)
    tries = list(_tries(run, trace))
    yield from tries
    begin, end = (tries[-1].start_time_unix_nano // 1_000, run.ended_at) if tries else (run.started_at, run.ended_at)
    for number in range(most - 1 - len(tries)):
        yield _span(trace, 100 + number, b"", f"call-{number}", begin, end, {}, Span.SPAN_KIND_CLIENT)
    yield _root(run, trace)


def steps_of(run: PlayedRun) -> Iterator[Span]:
    """Every step that the run came to, one after another, then its root."""
    trace = _trace(run)
    tries = list(_tries(run, trace))
    yield from _good_steps(run, trace, tries[0].start_time_unix_nano // 1_000 if tries else run.ended_at)
    yield from tries
    yield _root(run, trace)


def _good_steps(run: PlayedRun, trace: bytes, until: Instant) -> Iterator[Span]:
    """Those before the one that was tried, up to its first try, each as long as its share of the run says."""
    steps = list(takewhile(lambda step: step[0] != run.step, run.workflow.steps))
    begin, left = run.started_at, until - run.started_at
    whole = sum(share for _, share in steps)
    for number, (name, share) in enumerate(steps):
        end = begin + int(left * share / whole)
        yield _span(trace, 100 + number, b"", name, begin, end, {})
        begin = end


def _trace(run: PlayedRun) -> bytes:
    return hashlib.sha256(run.run_id.encode()).digest()[:16]


def _root(run: PlayedRun, trace: bytes) -> Span:
    root = _span(trace, 0, None, run.workflow.name, run.started_at, run.ended_at, {**run.attributes, **_about(run)})
    if run.fault is not None:
        _fail(root, run)
    return root


def _about(run: PlayedRun) -> dict[str, str | int]:
    if run.workflow.engine == "otel":
        return {"workflow.run.id": run.run_id}
    return {
        "cicd.pipeline.run.id": run.run_id, "cicd.pipeline.name": run.workflow.name,
        "cicd.pipeline.result": _RESULTS[run.outcome],
    }  # fmt: skip


def tried(run: PlayedRun) -> Iterator[tuple[Instant, Instant]]:
    """When each try of the step that failed or was tried again began and ended: after the steps before it, up to the
    end of the run."""
    shares = dict(run.workflow.steps)
    before = sum(share for _, share in takewhile(lambda step: step[0] != run.step, run.workflow.steps))
    own = shares[run.step] / (before + shares[run.step])
    length = int((run.ended_at - run.started_at) * own) // run.tries
    for number in range(1, run.tries + 1):
        end = run.ended_at - (run.tries - number) * length
        yield end - length, end


def reason(run: PlayedRun) -> tuple[str, str, str]:
    """Type, message and stack of each try that failed: one followed by a good one failed for no reason of its own."""
    if run.fault is None:
        return "ConnectionResetError", "connection reset by peer", ""
    return run.fault.error, run.message, run.stack


def _tries(run: PlayedRun, trace: bytes) -> Iterator[Span]:
    """Each as long as the others, one after another up to the end of the run; all but the last failed, and the last of
    a run that failed."""
    if not run.step:
        return
    for number, (start, end) in enumerate(tried(run), 1):
        span = _span(trace, number, b"", run.step, start, end, _about_try(run, number))
        if number < run.tries or run.fault is not None:
            _fail(span, run)
        yield span


def _about_try(run: PlayedRun, number: int) -> dict[str, str | int]:
    if run.workflow.engine == "otel":
        return {"retry.attempt": number} if run.tries > 1 else {}
    return {"cicd.pipeline.task.name": run.step, "cicd.pipeline.task.run.result": "failure"}


def _fail(span: Span, run: PlayedRun) -> None:
    kind, message, stack = reason(run)
    said = {"exception.type": kind, "exception.message": message, "exception.stacktrace": stack}
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=f"{kind}: {message}"))
    span.events.append(
        Span.Event(name="exception", time_unix_nano=span.end_time_unix_nano, attributes=attributes(said))
    )


def _span(
    trace: bytes,
    number: int,
    parent: bytes | None,
    name: str,
    start: Instant,
    end: Instant,
    said: dict[str, str | int],
    kind: Span.SpanKind.ValueType = Span.SPAN_KIND_INTERNAL,
) -> Span:
    """``parent`` is None for the root, and b"" for what is right below it."""
    return Span(
        trace_id=trace, span_id=trace[:6] + number.to_bytes(2, "big"),
        parent_span_id=b"" if parent is None else trace[:6] + b"\0\0", name=name, kind=kind,
        start_time_unix_nano=start * 1_000, end_time_unix_nano=end * 1_000, attributes=attributes(said),
    )  # fmt: skip


def attributes(values: Mapping[str, str | int]) -> list[KeyValue]:
    return [
        KeyValue(key=name, value=AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value))
        for name, value in values.items()
        if value != ""
    ]

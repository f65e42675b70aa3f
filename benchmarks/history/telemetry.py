"""How is the history told? OTLP bodies where an engine's spans say it all, Tocsin's own events elsewhere.

A copy of a run's telemetry comes half a minute after the first, and what was told late comes late.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from alerting.database.statements import chunks
from alerting.demo.history.spans import spans_of, tells_by_spans
from alerting.demo.history.telemetry import traces
from alerting.demo.history.world import PlayedRun
from rules.instants import SECOND, Instant, format_instant

_COPY_AFTER = 30 * SECOND


@dataclass(frozen=True, slots=True)
class Body:
    """What came through a door (``kind``: "traces" or "events") at one moment."""

    kind: str
    body: bytes
    media: str
    received_at: Instant


def bodies(runs: Iterable[PlayedRun], spans: int = 2, at_once: int = 200) -> Iterator[Body]:
    """``spans`` for each run that spans tell of; so many tellings in a body. All runs are held in memory."""
    told = [(run.received_at + copy * _COPY_AFTER, run.run_id, run) for run in runs for copy in range(run.copies)]
    told.sort(key=lambda each: each[:2])
    for piece in chunks(told, at_once):
        received_at = piece[-1][0]
        traced = [run for _, _, run in piece if tells_by_spans(run)]
        others = [run for _, _, run in piece if not tells_by_spans(run)]
        if traced:
            yield Body("traces", traces(traced, partial(spans_of, most=spans)), "application/x-protobuf", received_at)
        if others:
            yield Body("events", msgspec.json.encode([event(run) for run in others]), "application/json", received_at)


def event(run: PlayedRun) -> dict[str, Any]:
    """Tocsin's own event of the run's end."""
    told: dict[str, Any] = {
        "workflow": run.workflow.name, "engine": run.workflow.engine, "run_id": run.run_id,
        "outcome": run.outcome.value, "occurred_at": format_instant(run.ended_at), "attempt": run.tries,
        "environment": run.workflow.environment, "version": run.version, "labels": run.attributes,
    }  # fmt: skip
    if run.started_at:
        told["started_at"] = format_instant(run.started_at)
    if run.fault is not None:
        told["step"] = run.step
        told["error"] = {"type": run.fault.error, "message": run.message, "stack": run.stack}
    return told

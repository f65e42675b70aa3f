"""A bad run beside the nearest good one, as JSON."""

from typing import Any

from fastapi import APIRouter, Request

from alerting import wire
from alerting.api.context import ApiContext, context_of
from alerting.api.reading import find_run
from alerting.storage.runs import record_of
from alerting.traces.beside import Beside, beside
from reports.traces.alignment import Alignment, Row
from reports.traces.differing import Difference
from reports.traces.steps import Step
from rules.instants import MILLISECOND, Instant

router = APIRouter(prefix="/api/v1")
MOST_ROWS = 500


@router.get("/runs/{run}/beside")
def run_beside(request: Request, run: str) -> dict[str, Any]:
    """By Tocsin's id or the engine's run id: what it did otherwise than the nearest good run, step by step."""
    context = context_of(request)
    row = find_run(context, run)
    return _wire(row, compared(context, row))


def compared(context: ApiContext, row: dict[str, Any]) -> Beside:
    raw_since = context.clock.now() - context.active().configuration.retention.raw
    return beside(context.store, context.spans_of_run, record_of(row), raw_since)


def starts_of(found: Alignment) -> tuple[Instant, Instant]:
    """When the first step of each run began."""
    bad = min((row.bad.start for row in found.rows if row.bad), default=0)
    return bad, min((row.good.start for row in found.rows if row.good), default=0)


def _wire(row: dict[str, Any], found: Beside) -> dict[str, Any]:
    good = found.good.stored if found.good else None
    return {
        "run": wire.run_wire(row),
        "good": wire.run_wire(good) if good else None,
        "same_version": found.same_version,
        "why": found.why or None,
        "finding": found.finding,
        "attributes": _differences(found.differing),
        **_aligned(found.alignment),
    }


def _aligned(found: Alignment | None) -> dict[str, Any]:
    if found is None:
        return {"first_divergence": None, "missing": 0, "extra": 0, "steps": [], "left_out": 0}
    starts, differing = starts_of(found), found.differing()
    rows = found.rows[:MOST_ROWS]
    return {
        "first_divergence": found.first,
        "missing": found.missing,
        "extra": found.extra,
        "steps": [_row(row, starts, differing[place]) for place, row in enumerate(rows)],
        "left_out": len(found.rows) - len(rows),
    }


def _row(row: Row, starts: tuple[Instant, Instant], differing: tuple[Difference, ...]) -> dict[str, Any]:
    return {
        "name": row.name,
        "depth": row.depth,
        "divergence": row.divergence.value if row.divergence else None,
        "bad": _step(row.bad, starts[0]),
        "good": _step(row.good, starts[1]),
        "ratio": round(row.ratio, 3) if row.ratio is not None else None,
        "attributes": _differences(differing),
    }


def _step(step: Step | None, start: Instant) -> dict[str, Any] | None:
    if step is None:
        return None
    return {
        "start_ms": (step.start - start) / MILLISECOND,
        "took_ms": step.took / MILLISECOND,
        "failed": step.failed,
        "attempts": step.tries,
        "message": step.last.message or None,
    }


def _differences(found: tuple[Difference, ...]) -> list[dict[str, str | None]]:
    return [{"name": each.name, "bad": each.bad or None, "good": each.good or None} for each in found]

"""The page of a bad run beside a good one: two waterfalls on one scale, step by step."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from alerting.api.beside import MOST_ROWS, compared, starts_of
from alerting.api.context import context_of
from alerting.api.reading import find_run
from alerting.pages.rendering import render
from reports.traces.alignment import Alignment
from reports.traces.steps import Step
from rules.instants import Instant

router = APIRouter(include_in_schema=False)
_DEEPEST = 12  # that the style sheet knows
_SAID = {"missing": "not reached", "extra": "only here", "outcome": "ended otherwise", "tries": "tried otherwise"}


@router.get("/runs/{run}/beside")
def run_beside(request: Request, run: str) -> HTMLResponse:
    context = context_of(request)
    row = find_run(context, run)
    found = compared(context, row)
    return render(
        request,
        "beside.html",
        run=row,
        found=found,
        good=found.good.stored if found.good else None,
        rows=_rows(found.alignment) if found.alignment else [],
        left_out=max(0, len(found.alignment.rows) - MOST_ROWS) if found.alignment else 0,
    )


def _rows(found: Alignment) -> list[dict[str, Any]]:
    bad, good = starts_of(found)
    ends = [row.bad.end - bad for row in found.rows if row.bad] + [
        row.good.end - good for row in found.rows if row.good
    ]
    whole = max(1, *ends)
    return [
        {
            "row": row,
            "depth": min(row.depth, _DEEPEST),
            "first": place == found.first,
            "said": _SAID[row.divergence.value] if row.divergence else "",
            "bad": _bar(row.bad, bad, whole),
            "good": _bar(row.good, good, whole),
            "differing": differing,
        }
        for place, (row, differing) in enumerate(zip(found.rows[:MOST_ROWS], found.differing(), strict=False))
    ]


def _bar(step: Step | None, start: Instant, whole: int) -> dict[str, Any] | None:
    """A step's place in the longer of the two runs, in hundredths."""
    if step is None:
        return None
    left = round(min(99.2, 100 * (step.start - start) / whole), 2)
    width = round(max(0.8, 100 * step.took / whole), 2)
    return {"step": step, "left": left, "width": min(width, round(100 - left, 2))}

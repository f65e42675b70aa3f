"""How is something tried again? A step by numbers, a step in many places at once, a run as a whole."""

import random

from rules.instants import MINUTE, SECOND, format_instant
from support.shapes import ERRORS, Shape, Telling, Tried, TrueRun, begin, span_of


def retried(chance: random.Random, number: int) -> list[TrueRun]:
    """A step that failed up to four times, each time for a reason of its own, and in half of the runs passed then."""
    (at, _), healed = begin(chance), chance.random() < 0.5
    run = TrueRun("otel", f"retried-{chance.randrange(2)}")
    causes = [chance.choice(ERRORS) for _ in range(chance.randrange(1, 5))] + [""] * healed
    for attempt, cause in enumerate(causes, 1):
        start = at + attempt * 10 * SECOND
        tried = Tried("load", start, start + attempt * SECOND, cause, attempt)
        told = span_of("load", number, 1 + attempt, 1, start, tried.at, cause, retry__attempt=str(attempt))
        run.tell("traces", told, tried=tried)
    run.cause, end = causes[-1], at + 2 * MINUTE
    root = span_of(run.workflow, number, 1, 0, at, end, run.cause, workflow__run__id=f"t{number}")
    run.tell("traces", root, Telling("failed" if run.cause else "succeeded", end, at, 1))
    return [run]


def mapped(chance: random.Random, number: int) -> list[TrueRun]:
    """One step over many things, side by side or one after the other; in half of the runs its failures are handled."""
    (at, _), cause, handled = begin(chance), chance.choice(ERRORS), chance.random() < 0.5
    run = TrueRun("otel", "mapped", "" if handled else cause)
    apart, numbers = chance.choice([0, SECOND, 5 * SECOND]), chance.choice([{}, {"retry__attempt": "1"}])
    for place in range(chance.randrange(1, 6)):
        start = at + SECOND + place * apart
        tried = Tried("each", start, start + 3 * SECOND + place, cause, len(numbers))
        run.tell("traces", span_of("each", number, 2 + place, 1, start, tried.at, cause, **numbers), tried=tried)
    end = at + MINUTE
    root = span_of(run.workflow, number, 1, 0, at, end, run.cause, workflow__run__id=f"m{number}")
    run.tell("traces", root, Telling("succeeded" if handled else "failed", end, at, 1))
    return [run]


def again(chance: random.Random, number: int) -> list[TrueRun]:
    """A run that is tried as a whole up to three times, each failing for a reason of its own."""
    (at, took), run = begin(chance), TrueRun("event", "again")
    causes = [chance.choice(ERRORS) for _ in range(chance.randrange(1, 4))]
    causes[-1] = chance.choice(["", causes[-1]])
    for attempt, cause in enumerate(causes, 1):
        end = at + took + attempt * MINUTE
        told = {"engine": "event", "workflow": "again", "run_id": f"a{number}", "attempt": attempt,
                "outcome": "failed" if cause else "succeeded", "occurred_at": format_instant(end),
                "started_at": format_instant(at)}  # fmt: skip
        if cause:
            told["error"] = {"type": cause, "message": f"{cause} broke a{number}"}
        run.tell("events", told, Telling(str(told["outcome"]), end, at, attempt, cause))
    return [run]


SHAPES: tuple[Shape, ...] = (retried, retried, mapped, again)

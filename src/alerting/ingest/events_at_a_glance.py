"""Is a body of own events plainly right? Most are, and to see that takes a quarter of what reading them takes.

What is not plainly right may be right all the same: it is read as the worker will read it, and its faults are told.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from alerting.ingest.events import is_outcome
from rules.instants import parse_instant

_Text = str | None
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class _Error(msgspec.Struct):
    type: _Text = None
    message: _Text = None
    stack: _Text = None


class _Event(msgspec.Struct):
    """Of unknown members nothing is asked: they are labels."""

    workflow: Annotated[str, msgspec.Meta(min_length=1)]
    outcome: str
    engine: _Text = None
    run_id: _Text = None
    trace_id: _Text = None
    occurred_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    error: _Error | str | None = None
    step: _Text = None
    attempt: _Count = 0
    max_attempts: _Count = 0
    environment: _Text = None
    version: _Text = None
    parent_run_id: _Text = None
    url: _Text = None
    severity: Literal["low", "medium", "high", "critical"] | None = None
    labels: dict[str, Any] | None = None
    notify: bool = True
    id: _Text = None
    silent_after: UnsetType | None = UNSET


_decoder = msgspec.json.Decoder(_Event | list[_Event])


def plainly_right(body: bytes) -> int:
    """How many events it holds; 0 where a closer look is needed."""
    try:
        told = _decoder.decode(body)
        events = told if isinstance(told, list) else [told]
        return len(events) if all(map(_is_right, events)) else 0
    except (ValueError, RecursionError):
        return 0


def _is_right(event: _Event) -> bool:
    """Raises ValueError for a time that is none."""
    for time in (event.occurred_at, event.started_at, event.ended_at):
        if time is not None:
            parse_instant(time)
    return is_outcome(event.outcome)

"""What comes through the door of own events? Events, and what the client's hooks for an engine saw, as they saw it.

A hook's body travels as ``{"webhook": "dagster", "body": {…}}``, so that it is kept and sent again like any event.
"""

from typing import Any

from alerting.ingest import events
from alerting.ingest.events import EventsCheck
from alerting.ingest.events_at_a_glance import plainly_right
from alerting.ingest.facts import Fact
from alerting.ingest.webhooks import SENDERS
from rules.instants import Instant, parse_instant

CARRIED = ("airflow", "dagster")
ENVELOPE = "webhook"


def check_events(body: bytes) -> EventsCheck:
    """How many are accepted, and what is wrong with the others. Raises BadBody."""
    if plain := plainly_right(body):
        return EventsCheck(plain, [])
    return events.check(body, lambda event: _opened(event, 0) if _is_envelope(event) else events.read(event))


def facts(body: bytes, received_at: Instant) -> tuple[list[Fact], int]:
    """The facts of what was accepted, and of how many things those tell."""
    found: list[Fact] = []
    accepted = 0
    for index, event in enumerate(events.events_in(body)):
        try:
            told = _opened(event, received_at) if _is_envelope(event) else [events.fact(event, index, received_at)]
        except ValueError:
            continue  # told to the sender at the door
        found.extend(told)
        accepted += 1
    return found, accepted


def _is_envelope(event: Any) -> bool:
    return isinstance(event, dict) and ENVELOPE in event and "workflow" not in event


def _opened(event: dict[str, Any], received_at: Instant) -> list[Fact]:
    """What the hook saw happened when it saw it, however late it comes. Raises ValueError."""
    name, body = event[ENVELOPE], event.get("body")
    if name not in CARRIED:
        raise ValueError(f"{ENVELOPE}: {name!r} is not sent so; use one of {', '.join(CARRIED)}")
    if not isinstance(body, dict):
        raise ValueError("body must be an object")
    seen_at = parse_instant(event["occurred_at"]) if event.get("occurred_at") else received_at
    return SENDERS[str(name)].read(body, seen_at)

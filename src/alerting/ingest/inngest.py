"""Inngest's own events, forwarded as they are: ``function.failed``, ``.finished`` and ``.cancelled`` are one run.

``data.run_id`` is the run, ``data.function_id`` the workflow. The payload holds neither attempt nor step. The class of
an error is ``error.name``; the v3 SDK loses it, and only the first line of the stack still has it.
"""

import re
from typing import Any

import msgspec

from alerting.ingest.events import EventsCheck, check, events_in
from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.text import MESSAGE, NAME, STACK, bare_type, clean
from rules.instants import Instant, parse_instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

FAILED, FINISHED, CANCELLED = "inngest/function.failed", "inngest/function.finished", "inngest/function.cancelled"
OWN_APP, OWN_FUNCTION = "tocsin", "forward"  # what hands us the events is not the user's workflow
_OUTCOMES = {"Failed": Outcome.FAILED, "Completed": Outcome.SUCCEEDED, "Cancelled": Outcome.CANCELLED}
_FIRST_LINE = re.compile(r"([A-Za-z_$][\w$.]*)(?: \[\w+\])?(?::|$)", re.MULTILINE)
_PLAIN_NAMES = frozenset({"", "Error", "DOMException"})
_DEEPEST = 5


def check_inngest(body: bytes) -> EventsCheck:
    return check(body, _fact)


def facts(body: bytes) -> tuple[list[Fact], int]:
    found: list[Fact] = []
    items = 0
    for event in events_in(body):
        try:
            fact = _fact(event)
        except ValueError:
            continue  # told to the sender at the door
        items += 1
        if fact is not None:
            found.append(fact)
    return found, items


def _fact(event: Any) -> RunFact | None:
    """None for an event that is accepted and tells of no run of the user's. Raises ValueError."""
    if not isinstance(event, dict) or not isinstance(event.get("name"), str):
        raise ValueError("an Inngest event is a JSON object with a name and data")
    if event["name"] not in {FAILED, FINISHED, CANCELLED}:
        return None
    data = event.get("data")
    if not isinstance(data, dict):
        raise ValueError("data is missing; forward the event as Inngest delivered it")
    return _seed(event, data) if "functionId" in data else _run(event, data)


def _run(event: dict[str, Any], data: dict[str, Any]) -> RunFact | None:
    workflow = _required(data, "function_id")
    if _is_handler(data) or workflow == f"{OWN_APP}-{OWN_FUNCTION}":
        return None
    outcome = _outcome(event, data)
    return RunFact(
        engine="inngest",
        workflow=workflow,
        run_id=_required(data, "run_id"),
        outcome=outcome,
        ended_at=_time(event.get("ts"), "ts"),
        error=_error(data.get("error")) if outcome is Outcome.FAILED else None,
        parent_run_id=_parent(data),
        told_by_event=True,
    )


def _is_handler(data: dict[str, Any]) -> bool:
    """A run that Inngest started because another one failed."""
    trigger = data.get("event")
    return isinstance(trigger, dict) and trigger.get("name") in {FAILED, FINISHED}


def _outcome(event: dict[str, Any], data: dict[str, Any]) -> Outcome:
    told = data.get("_inngest")
    status = told.get("status") if isinstance(told, dict) else None
    if isinstance(status, str) and status in _OUTCOMES:
        return _OUTCOMES[status]
    by_name = {FAILED: Outcome.FAILED, CANCELLED: Outcome.CANCELLED}
    return by_name.get(event["name"], Outcome.FAILED if data.get("error") else Outcome.SUCCEEDED)


def _parent(data: dict[str, Any]) -> str:
    """``correlation_id`` is ``<parent run>.<step>`` on the event of an invoked child."""
    told = data.get("correlation_id")
    return clean(told.partition(".")[0], NAME) if isinstance(told, str) else ""


def _seed(event: dict[str, Any], data: dict[str, Any]) -> RunFact:
    """The camelCase form that some failure handlers send on: with attempt and retries, which Inngest's own lacks."""
    retries = data.get("maxRetries")
    attempt = data.get("attempt")
    return RunFact(
        engine="inngest",
        workflow=_required(data, "functionId"),
        run_id=_text(data, "executionId") or _text(data, "runId"),
        outcome=Outcome.FAILED,
        ended_at=_time(data.get("timestamp") or event.get("ts"), "data.timestamp"),
        error=_error(data.get("error")),
        attempts=attempt if isinstance(attempt, int) and 0 <= attempt < 10_000 else 0,
        max_attempts=retries + 1 if isinstance(retries, int) and 0 <= retries < 10_000 else 0,
        told_by_event=True,
        event_id=_text(event, "id"),
    )


def _required(data: dict[str, Any], name: str) -> str:
    value = _text(data, name)
    if not value:
        raise ValueError(f"data.{name} is missing; forward the event as Inngest delivered it")
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return clean(value, NAME) if isinstance(value, str) else ""


def _time(told: Any, name: str) -> Instant:
    if told is None:
        return 0
    try:
        return parse_instant(told)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _error(told: Any) -> ErrorInfo | None:
    if isinstance(told, str):
        return ErrorInfo("", clean(told, MESSAGE))
    if not isinstance(told, dict):
        return None
    told = _unwrapped(told)
    stack = _string(told, "stack")
    return ErrorInfo(_type(told, stack), clean(_string(told, "message"), MESSAGE), clean(_stacks(told), STACK))


def _unwrapped(told: dict[str, Any]) -> dict[str, Any]:
    """An unreachable SDK's error comes as JSON text inside ``message``: ``{"error": {"name", "message", …}}``."""
    message = _string(told, "message")
    if not message.startswith("{"):
        return told
    try:
        inner = msgspec.json.decode(message)
    except msgspec.DecodeError:
        return told
    inner = inner.get("error", inner) if isinstance(inner, dict) else inner
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        return {**told, **{name: inner[name] for name in ("name", "message", "stack") if inner.get(name)}}
    return told


def _type(told: dict[str, Any], stack: str) -> str:
    name = _string(told, "name")
    if name in _PLAIN_NAMES and (found := _FIRST_LINE.match(stack)) and _is_class(found[1]):
        return bare_type(found[1])
    return bare_type(name)


def _is_class(name: str) -> bool:
    return name.rsplit(".", 1)[-1][:1].isupper()


def _stacks(told: dict[str, Any]) -> str:
    """The stack and those of its causes, in the form that JavaScript prints."""
    parts = [_string(told, "stack")]
    cause = told.get("cause")
    for _ in range(_DEEPEST):
        if isinstance(cause, str) and cause:
            parts.append(f"[cause]: {cause}")
        if not isinstance(cause, dict):
            break
        name, message = _string(cause, "name"), _string(cause, "message")
        if name or message:
            parts.append(f"[cause]: {_string(cause, 'stack') or f'{name}: {message}'}")
        cause = cause.get("cause")
    return "\n".join(part for part in parts if part)


def _string(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""

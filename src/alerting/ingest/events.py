"""Tocsin's own event: one thing that happened to a run, told by whoever saw it."""

import difflib
from dataclasses import dataclass
from typing import Any

import msgspec

from alerting.ingest import jsontext, members
from alerting.ingest.encoding import BadBody
from alerting.ingest.facts import RunFact
from alerting.ingest.text import LABEL, LABELS, MESSAGE, NAME, STACK, bare_type, clean
from rules.identity import digest
from rules.instants import Duration, Instant, parse_duration
from rules.model import ErrorInfo
from rules.vocabulary import Outcome, Severity

_WORDS: dict[str, Outcome] = {
    **{outcome.value: outcome for outcome in Outcome},
    **dict.fromkeys(("success", "completed", "ok"), Outcome.SUCCEEDED),
    **dict.fromkeys(("failure", "error"), Outcome.FAILED),
    **dict.fromkeys(("timeout", "timedout"), Outcome.TIMED_OUT),
    **dict.fromkeys(("killed", "workerlost"), Outcome.CRASHED),
    **dict.fromkeys(("cancellation", "canceled", "terminated", "revoked", "aborted"), Outcome.CANCELLED),
    **dict.fromkeys(("skip", "ignored", "expired"), Outcome.SKIPPED),
    **dict.fromkeys(("queued", "enqueued"), Outcome.RUNNING),
}
_KNOWN = frozenset((
    "workflow", "run_id", "outcome", "occurred_at", "started_at", "ended_at", "engine", "environment", "version",
    "step", "attempt", "max_attempts", "error", "severity", "url", "labels", "id", "notify", "trace_id",
    "parent_run_id", "silent_after",
))  # fmt: skip


@dataclass(slots=True)
class EventsCheck:
    """``rejected`` holds ``{"index", "error"}`` for each event that was not accepted."""

    accepted: int
    rejected: list[dict[str, Any]]


def check(body: bytes, reader: Any) -> EventsCheck:
    """How many of the body's events ``reader`` takes, and what is wrong with the others. Raises BadBody."""
    accepted, rejected = 0, []
    for index, event in enumerate(events_in(body)):
        try:
            reader(event)
            accepted += 1
        except ValueError as error:
            rejected.append({"index": index, "error": str(error)})
    return EventsCheck(accepted, rejected)


def fact(event: Any, index: int, received_at: Instant) -> RunFact:
    """The event at ``index`` of a body. Raises ValueError."""
    found = read(event)
    if not (found.event_id or found.run_id or found.trace_id):
        found.event_id = _content_id(event, found, f"{received_at}/{index}")
    return found


def events_in(body: bytes) -> list[Any]:
    """One event or an array of them. Raises BadBody."""
    found = jsontext.read(body, "send one event or an array of events")
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list):
        return found
    raise BadBody("the body is neither an event nor an array of events; send a JSON object or an array of objects")


def read(event: Any) -> RunFact:
    """One event. Raises ValueError, which says which member is wrong."""
    if not isinstance(event, dict):
        raise ValueError("an event must be a JSON object")
    at = members.time(event, "occurred_at")
    return RunFact(
        engine=members.text(event, "engine", NAME) or "event",
        workflow=_required(event, "workflow"),
        run_id=members.text(event, "run_id", NAME),
        outcome=_outcome(event),
        trace_id=members.text(event, "trace_id", 32).lower(),
        started_at=members.time(event, "started_at"),
        ended_at=members.time(event, "ended_at") or at,
        error=_error(event.get("error")),
        failing_step=members.text(event, "step", NAME),
        attempts=_number(event, "attempt"),
        max_attempts=_number(event, "max_attempts"),
        environment=members.text(event, "environment", NAME),
        version=members.text(event, "version", NAME),
        parent_run_id=members.text(event, "parent_run_id", NAME),
        url=members.text(event, "url", LABEL),
        severity=_severity(event),
        labels=_labels(event),
        told_by_event=True,
        notify=_flag(event, "notify"),
        event_id=members.text(event, "id", NAME),
        silent_after=_duration(event, "silent_after"),
    )


def _content_id(event: dict[str, Any], fact: RunFact, receipt: str) -> str:
    """Without any id the content is the identity: the same event twice is one occurrence. If it does not even tell a
    time, then each receipt is one: a job that reports every night the same few words failed every night."""
    content = msgspec.json.encode(event, order="deterministic").decode()
    return "content-" + digest(content, "" if fact.ended_at or fact.started_at else receipt)


def _required(event: dict[str, Any], name: str) -> str:
    value = members.text(event, name, NAME)
    if not value:
        raise ValueError(f"{name} is missing; every event needs workflow and outcome")
    return value


def _number(event: dict[str, Any], name: str) -> int:
    value = event.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"{name} must be a whole number from 0")
    return value


def _flag(event: dict[str, Any], name: str) -> bool:
    value = event.get(name, True)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")
    return value


def _duration(event: dict[str, Any], name: str) -> Duration:
    value = event.get(name)
    if value is None:
        return 0
    try:
        return parse_duration(value)
    except (ValueError, TypeError):
        raise ValueError(f"{name}: {value!r} is not a duration; write it like 30s, 10m or 1h30m") from None


def is_outcome(word: str) -> bool:
    """Whether it is one of the words for how a run stands, as they are usually written."""
    return word.lower() in _WORDS


def _outcome(event: dict[str, Any]) -> Outcome:
    word = _required(event, "outcome").lower().replace("-", "_")
    if word == "error" and event.get("engine") == "cicd":
        return Outcome.CRASHED  # by the CICD conventions an error is the system's, a failure the pipeline's own
    found = _WORDS.get(word) or _WORDS.get(word.replace("_", ""))
    if found is None:
        near = difflib.get_close_matches(word, _WORDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(Outcome)}"
        raise ValueError(f"outcome: {word!r} is not known; {hint}")
    return found


def _severity(event: dict[str, Any]) -> Severity | None:
    word = members.text(event, "severity", NAME).lower()
    if not word:
        return None
    try:
        return Severity(word)
    except ValueError:
        raise ValueError(f"severity: {word!r} is not known; use low, medium, high or critical") from None


def _error(told: Any) -> ErrorInfo | None:
    if told is None:
        return None
    if isinstance(told, str):
        return ErrorInfo(message=clean(told, MESSAGE))
    if not isinstance(told, dict):
        raise ValueError('error must be an object such as {"type": "…", "message": "…", "stack": "…"}')
    kind, message = members.text(told, "type", NAME), members.text(told, "message", MESSAGE)
    return ErrorInfo(bare_type(kind), message, members.text(told, "stack", STACK))


def _labels(event: dict[str, Any]) -> dict[str, str]:
    """The event's labels, and its unknown fields as they are."""
    told = event.get("labels") or {}
    if not isinstance(told, dict):
        raise ValueError('labels must be an object of texts, such as {"team": "shop"}')
    unknown = {name: value for name, value in event.items() if name not in _KNOWN and name not in told}
    pairs = list({**told, **unknown}.items())[:LABELS]
    return {clean(str(name), NAME): clean(_plain(value), LABEL) for name, value in pairs}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

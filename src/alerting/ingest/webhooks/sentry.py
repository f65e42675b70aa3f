"""Sentry's integration platform: issue alerts and errors, each event a failure of the project."""

from typing import Any

from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.text import LABEL, MESSAGE, STACK, bare_type
from alerting.ingest.webhooks.reading import at, items, labels, moment, text
from alerting.ingest.webhooks.sender import Sender, by_hmac
from rules.identity import digest
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome


def _read(body: Any, received_at: Instant) -> list[Fact]:
    if not text(body, "action") or not isinstance(at(body, "data"), dict):
        raise ValueError("action or data is missing; is this a webhook of Sentry's?")
    told = at(body, "data.event") or at(body, "data.error")
    return [_event(told, received_at)] if isinstance(told, dict) else []


def _event(told: Any, received_at: Instant) -> RunFact:
    run_id = text(told, "event_id")
    workflow = _tag(told, "workflow") or text(told, "project_name", "project_slug") or _project(told)
    if not run_id or not workflow:
        raise ValueError("data.event.event_id or its project is missing")
    return RunFact(
        engine="sentry",
        workflow=workflow,
        run_id=_tag(told, "run_id") or run_id,
        outcome=Outcome.FAILED,
        ended_at=moment(told, "datetime") or received_at,
        error=_error(told),
        environment=text(told, "environment") or _tag(told, "environment"),
        version=text(told, "release"),
        url=text(told, "web_url", "issue_url", most=LABEL),
        labels=labels(issue=text(told, "issue_id"), level=text(told, "level")),
        told_by_event=True,
        event_id=digest("sentry", run_id),
    )


def _project(told: Any) -> str:
    """``…/projects/<organisation>/<project>/events/…``: the only place where the project's name stands."""
    parts = text(told, "url", most=LABEL).split("/")
    index = parts.index("projects") + 2 if "projects" in parts else len(parts)
    return parts[index] if index < len(parts) else text(told, "project")


def _tag(told: Any, name: str) -> str:
    pairs = (pair for pair in items(told, "tags") if isinstance(pair, list) and len(pair) == 2)
    return next((str(value) for key, value in pairs if key == name and isinstance(value, str)), "")


def _error(told: Any) -> ErrorInfo:
    """The last exception is the outermost; its frames are listed from the oldest call to the newest."""
    last = next((each for each in reversed(items(told, "exception.values")) if isinstance(each, dict)), told)
    kind = text(last, "type", "metadata.type") if last is not told else text(told, "metadata.type")
    message = text(last, "value", "metadata.value", "title", most=MESSAGE)
    frames = [frame for frame in items(last, "stacktrace.frames") if isinstance(frame, dict)]
    lines = [f"    at {text(f, 'function') or '?'} ({text(f, 'filename', 'module')}:{text(f, 'lineno') or 0}:0)"
             for f in reversed(frames)]  # fmt: skip
    return ErrorInfo(bare_type(kind), message, "\n".join(lines)[:STACK])


SENDER = Sender("sentry", _read, by_hmac("sentry-hook-signature"), "Sentry-Hook-Signature")

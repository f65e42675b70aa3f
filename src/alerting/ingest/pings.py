"""What does a ping say? The part of its address behind the key, and the last lines of its body, as an event."""

from dataclasses import dataclass
from typing import Any

from alerting.ingest.text import STACK
from rules.instants import Instant, format_instant, to_datetime
from rules.vocabulary import Outcome
from tocsin_client.errors import error_of_code, exception_in, last_of
from tocsin_client.tail import lines_of

LOG = "log"
_HIGHEST_CODE = 255
_WORDS = {"": Outcome.SUCCEEDED, "start": Outcome.RUNNING, LOG: Outcome.RUNNING, "fail": Outcome.FAILED}


@dataclass(slots=True, frozen=True)
class Said:
    """``code``: the exit code, 0 where none was told."""

    word: str
    outcome: Outcome
    code: int = 0


def said(word: str) -> Said:
    """Raises ValueError."""
    if word in _WORDS:
        return Said(word, _WORDS[word])
    if not (word.isascii() and word.isdigit() and len(word) <= 3 and int(word) <= _HIGHEST_CODE):
        raise ValueError(f"after the key stands start, fail, log, an exit code from 0 to {_HIGHEST_CODE}, or nothing")
    return Said(word, Outcome.FAILED if int(word) else Outcome.SUCCEEDED, int(word))


def run_id_at(now: Instant) -> str:
    """Of a run whose pings name none: the moment of its first."""
    return to_datetime(now).isoformat(timespec="microseconds").replace("+00:00", "Z")


def event_of(ping: Said, workflow: str, environment: str, run_id: str, body: bytes, now: Instant) -> dict[str, Any]:
    event: dict[str, Any] = {
        "engine": "ping",
        "workflow": workflow,
        "environment": environment,
        "run_id": run_id,
        "outcome": ping.outcome.value,
        "occurred_at": format_instant(now),
    }
    if ping.outcome is Outcome.FAILED:
        event["error"] = _error(ping.code, lines_of(body.decode("utf-8", "replace")))
    return event


def _error(code: int, lines: list[str]) -> dict[str, str]:
    if code:
        kind, message = error_of_code(code, lines, [])
    else:
        kind, message = exception_in(lines) or ("ReportedFailure", last_of(lines) or "the job says that it failed")
    return {"type": kind, "message": message, "stack": "\n".join(lines)[-STACK:]}

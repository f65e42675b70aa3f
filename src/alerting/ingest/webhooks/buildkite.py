"""Buildkite: build and job events, as webhooks and through EventBridge (buildkite.com/docs/apis/webhooks)."""

import hmac
from typing import Any

from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.ingest.webhooks.reading import at, labels, moment, number, text
from alerting.ingest.webhooks.sender import Headers, Sender, hex_hmac, same
from rules.instants import MINUTE, SECOND, Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_STATES = {
    "passed": Outcome.SUCCEEDED,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
    "skipped": Outcome.SKIPPED,
    "not_run": Outcome.SKIPPED,
}
_REPLAY_WINDOW = 5 * MINUTE


def _read(body: Any, received_at: Instant) -> list[Fact]:
    told = body["detail"] if isinstance(at(body, "detail"), dict) else body
    if not isinstance(at(told, "build"), dict):
        if not text(body, "event", "detail-type"):
            raise ValueError("neither event nor detail-type is in it; is this an event of Buildkite's?")
        return []
    build, pipeline = told["build"], text(told, "pipeline.slug")
    run_id = text(build, "uuid", "id")
    if not run_id or not pipeline:
        return []  # some notices name neither
    run = RunFact(
        engine="buildkite",
        workflow=pipeline,
        run_id=run_id,
        outcome=_STATES.get(text(build, "state"), Outcome.RUNNING),
        started_at=moment(build, "started_at"),
        ended_at=moment(build, "finished_at") or moment(body, "time") or received_at,
        version=text(build, "commit"),
        url=text(build, "web_url", most=1024),
        labels=labels(branch=text(build, "branch"), source=text(build, "source")),
        told_by_event=True,
    )
    return [run, *_failed_job(told.get("job"), run_id, received_at)]


def _failed_job(job: Any, run_id: str, received_at: Instant) -> list[Fact]:
    exit_status = at(job, "exit_status")
    ended = text(job, "state") in {"finished", "failed", "timed_out", "broken"}
    well = exit_status in {0, "0"} or at(job, "passed") is True or at(job, "soft_failed") is True
    if not ended or well:
        return []
    error = ErrorInfo(message=f"exit status {exit_status}") if exit_status is not None else ErrorInfo()
    return [
        StepFact(
            engine="buildkite",
            step=text(job, "step_key", "name", "label"),
            run_id=run_id,
            started_at=moment(job, "started_at"),
            ended_at=moment(job, "finished_at") or received_at,
            failed=True,
            error=error,
            attempts=number(job, "retries_count") + 1,
        )
    ]


def _signed(secret: str, headers: Headers, body: bytes, now: Instant) -> bool:
    """The token itself, or ``timestamp=…,signature=…`` over ``timestamp.body``, not older than five minutes."""
    if "x-buildkite-signature" not in headers:
        return same(headers.get("x-buildkite-token", ""), secret)
    parts = dict(part.partition("=")[::2] for part in headers["x-buildkite-signature"].split(","))
    stamp = parts.get("timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    fresh = abs(now - int(stamp) * SECOND) <= _REPLAY_WINDOW
    right = hex_hmac(secret, stamp.encode() + b"." + body)
    return hmac.compare_digest(parts.get("signature", "").encode(), right.encode()) and fresh


SENDER = Sender("buildkite", _read, _signed, "X-Buildkite-Token or X-Buildkite-Signature")

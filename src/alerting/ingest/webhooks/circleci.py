"""CircleCI: ``workflow-completed`` and ``job-completed`` (circleci.com/docs, "Outbound webhooks")."""

from typing import Any

from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.ingest.webhooks.reading import at, labels, moment, text
from alerting.ingest.webhooks.sender import Headers, Sender, hex_hmac, same
from rules.instants import Instant
from rules.vocabulary import Outcome

_STATUSES = {
    "success": Outcome.SUCCEEDED,
    "failed": Outcome.FAILED,
    "error": Outcome.CRASHED,
    "canceled": Outcome.CANCELLED,
    "unauthorized": Outcome.FAILED,
}


def _read(body: Any, received_at: Instant) -> list[Fact]:
    if not text(body, "type"):
        raise ValueError("type is missing; is this an event of CircleCI's?")
    workflow, job = at(body, "workflow"), at(body, "job")
    run_id, name = text(workflow, "id"), text(workflow, "name")
    if not run_id or not name:
        return []
    if isinstance(job, dict):
        return _job(body, job, name, run_id, received_at)
    return [_run(body, workflow, received_at, text(workflow, "status"), part=False)]


def _run(body: Any, told: Any, received_at: Instant, status: str, part: bool) -> RunFact:
    return RunFact(
        engine="circleci",
        workflow=text(body, "workflow.name"),
        run_id=text(body, "workflow.id"),
        outcome=_STATUSES.get(status, Outcome.RUNNING),
        part=part,
        started_at=moment(told, "started_at", "created_at"),
        ended_at=moment(told, "stopped_at") or moment(body, "happened_at") or received_at,
        version=text(body, "pipeline.vcs.revision"),
        url=text(body, "workflow.url", most=1024),
        labels=labels(project=text(body, "project.slug"), branch=text(body, "pipeline.vcs.branch")),
        told_by_event=True,
    )


def _job(body: Any, job: Any, name: str, run_id: str, received_at: Instant) -> list[Fact]:
    run = _run(body, job, received_at, text(job, "status"), part=True)
    if run.outcome not in {Outcome.FAILED, Outcome.CRASHED}:
        return [run]
    step = StepFact("circleci", text(job, "name"), name, run_id, ended_at=run.ended_at, failed=True)
    return [run, step]


def _signed(secret: str, headers: Headers, body: bytes, _now: Instant) -> bool:
    """``v1=<hex>`` among others, separated by commas."""
    given = [part.strip() for part in headers.get("circleci-signature", "").split(",")]
    return any(same(each, f"v1={hex_hmac(secret, body)}") for each in given)


SENDER = Sender("circleci", _read, _signed, "circleci-signature")

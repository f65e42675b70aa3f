"""GitHub: ``workflow_run``, ``workflow_job``, ``deployment_status`` (docs.github.com, "Webhook events and payloads").

No event tells an error; the failing step is in the job's. A job that succeeded says nothing of the run's end. A
deployment is a change once its status is success; that it was asked for says nothing yet.
"""

import re
from typing import Any

from alerting.ingest.changes import Change, deployed
from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.ingest.webhooks.reading import at, items, labels, moment, number, text
from alerting.ingest.webhooks.sender import Sender, by_hmac
from rules.instants import Instant
from rules.vocabulary import Outcome

_CONCLUSIONS = {
    "success": Outcome.SUCCEEDED,
    "neutral": Outcome.SUCCEEDED,
    "failure": Outcome.FAILED,
    "startup_failure": Outcome.FAILED,
    "timed_out": Outcome.TIMED_OUT,
    "cancelled": Outcome.CANCELLED,
    "stale": Outcome.CANCELLED,
    "skipped": Outcome.SKIPPED,
}
_SHA = re.compile(r"[0-9a-f]{40}")
_SHORT = 7


def _read(body: Any, received_at: Instant) -> list[Fact]:
    if isinstance(at(body, "deployment"), dict):
        return []  # it names the run that deployed, and is not about it
    if isinstance(at(body, "workflow_run"), dict):
        return [_run(body, received_at)]
    if isinstance(at(body, "workflow_job"), dict):
        return _job(body, received_at)
    if not isinstance(at(body, "repository"), dict) and not text(body, "zen"):
        raise ValueError("neither workflow_run, workflow_job nor repository is in it; is this an event of GitHub's?")
    return []


def _run(body: Any, received_at: Instant) -> RunFact:
    run = body["workflow_run"]
    return RunFact(
        engine="github-actions",
        workflow=_required(text(run, "name") or text(body, "workflow.name"), "workflow_run.name"),
        run_id=_required(text(run, "id"), "workflow_run.id"),
        outcome=_outcome(run),
        started_at=moment(run, "run_started_at", "created_at"),
        ended_at=moment(run, "updated_at") or received_at,
        attempts=max(1, number(run, "run_attempt")),
        version=text(run, "head_sha"),
        url=text(run, "html_url", most=1024),
        labels=labels(repository=text(body, "repository.full_name"), branch=text(run, "head_branch")),
        told_by_event=True,
    )


def _job(body: Any, received_at: Instant) -> list[Fact]:
    job = body["workflow_job"]
    outcome = _outcome(job)
    run = RunFact(
        engine="github-actions",
        workflow=_required(text(job, "workflow_name", "name"), "workflow_job.workflow_name"),
        run_id=_required(text(job, "run_id"), "workflow_job.run_id"),
        outcome=outcome,
        part=True,
        started_at=moment(job, "started_at"),
        ended_at=moment(job, "completed_at") or received_at,
        attempts=number(job, "run_attempt"),
        version=text(job, "head_sha"),
        url=text(job, "html_url", most=1024),
        labels=labels(repository=text(body, "repository.full_name"), branch=text(job, "head_branch")),
        told_by_event=True,
    )
    return [run, _failed_step(job, run)] if outcome in {Outcome.FAILED, Outcome.TIMED_OUT} else [run]


def _failed_step(job: Any, run: RunFact) -> StepFact:
    """The job itself, where none of its steps is to blame."""
    failed = (step for step in items(job, "steps") if text(step, "conclusion") in {"failure", "timed_out"})
    step = text(next(failed, job), "name")
    return StepFact(run.engine, step, run.workflow, run.run_id, ended_at=run.ended_at, failed=True)


def _outcome(told: Any) -> Outcome:
    """Only what is completed has ended, whatever else it says."""
    if text(told, "status") != "completed":
        return Outcome.RUNNING
    return _CONCLUSIONS.get(text(told, "conclusion"), Outcome.RUNNING)


def _changes(body: Any, received_at: Instant) -> list[Change]:
    """A deployment that succeeded; one that says so twice is one."""
    if text(body, "deployment_status.state") != "success":
        return []
    deployment = _required(text(body, "deployment.id"), "deployment.id")
    repository, ref = text(body, "repository.full_name"), text(body, "deployment.ref")
    status = "deployment_status."
    return [
        deployed(
            f"github:{repository}:{deployment}",
            min(moment(body, f"{status}created_at") or received_at, received_at),
            f"{repository} {ref[:_SHORT] if _SHA.fullmatch(ref) else ref}",
            text(body, f"{status}environment", "deployment.environment"),
            about=text(body, "deployment.description"),
            version=text(body, "deployment.sha") or ref,
            url=text(body, f"{status}log_url", f"{status}target_url", f"{status}environment_url", most=1024),
        )
    ]


def _required(value: str, name: str) -> str:
    if not value:
        raise ValueError(f"{name} is missing; send the event as GitHub made it")
    return value


SENDER = Sender("github", _read, by_hmac("x-hub-signature-256", "sha256="), "X-Hub-Signature-256", _changes)

"""GitLab CI: pipeline, job and deployment events (docs.gitlab.com, "Webhook events"). Times have a space before their
zone.

``failure_reason`` has a text on jobs that did not fail, too: it counts only where the status is failed.
"""

from typing import Any
from urllib.parse import urlsplit

from alerting.ingest.changes import Change, deployed
from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.ingest.webhooks.reading import at, items, labels, moment, number, text
from alerting.ingest.webhooks.sender import Sender, by_token
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_STATUSES = {
    "success": Outcome.SUCCEEDED,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
    "skipped": Outcome.SKIPPED,
}


def _read(body: Any, received_at: Instant) -> list[Fact]:
    kind = text(body, "object_kind")
    if kind == "pipeline":
        return _pipeline(body, received_at)
    if kind == "build":
        return _job(body, received_at)
    if not kind:
        raise ValueError("object_kind is missing; is this an event of GitLab's?")
    return []


def _pipeline(body: Any, received_at: Instant) -> list[Fact]:
    told = body.get("object_attributes")
    run_id, workflow = text(told, "id"), text(body, "project.path_with_namespace", "project.name")
    if not run_id or not workflow:
        raise ValueError("object_attributes.id or project.path_with_namespace is missing")
    run = RunFact(
        engine="gitlab-ci",
        workflow=workflow,
        run_id=run_id,
        outcome=_STATUSES.get(text(told, "status"), Outcome.RUNNING),
        started_at=moment(told, "created_at"),
        ended_at=moment(told, "finished_at") or received_at,
        version=text(told, "sha"),
        url=text(told, "url", most=1024),
        labels=labels(branch=text(told, "ref"), source=text(told, "source")),
        told_by_event=True,
    )
    failed = [job for job in items(body, "builds") if text(job, "status") == "failed" and not at(job, "allow_failure")]
    return [run, *(_failed_job(job, run_id, received_at) for job in failed)]


def _failed_job(job: Any, run_id: str, received_at: Instant) -> StepFact:
    return StepFact(
        engine="gitlab-ci",
        step=text(job, "name", "build_name"),
        run_id=run_id,
        started_at=moment(job, "started_at", "build_started_at"),
        ended_at=moment(job, "finished_at", "build_finished_at") or received_at,
        failed=True,
        error=ErrorInfo(type=text(job, "failure_reason", "build_failure_reason")),
        attempts=number(job, "retries_count") + 1,
    )


def _job(body: Any, received_at: Instant) -> list[Fact]:
    """Of the run it tells only a part."""
    run_id, workflow = text(body, "pipeline_id"), _project(body)
    if not run_id or not workflow:
        raise ValueError("pipeline_id or project_name is missing")
    outcome = _STATUSES.get(text(body, "build_status"), Outcome.RUNNING)
    run = RunFact(
        engine="gitlab-ci",
        workflow=workflow,
        run_id=run_id,
        outcome=Outcome.RUNNING if outcome is Outcome.FAILED and at(body, "build_allow_failure") else outcome,
        part=True,
        started_at=moment(body, "build_started_at"),
        ended_at=moment(body, "build_finished_at") or received_at,
        attempts=number(body, "retries_count") + 1,
        version=text(body, "sha"),
        environment=text(body, "environment.name"),
        labels=labels(branch=text(body, "ref")),
        told_by_event=True,
    )
    return [run, *([_failed_job(body, run_id, received_at)] if run.outcome is Outcome.FAILED else [])]


def _project(body: Any) -> str:
    """The path that pipeline events call the project by; ``project_name`` is for people, and reads otherwise."""
    path = urlsplit(text(body, "repository.homepage", most=1024)).path.strip("/")
    return text(body, "project.path_with_namespace") or path or text(body, "project_name")


def _changes(body: Any, received_at: Instant) -> list[Change]:
    """A deployment that succeeded."""
    if text(body, "object_kind") != "deployment" or text(body, "status") != "success":
        return []
    project, deployment = text(body, "project.path_with_namespace", "project.name"), text(body, "deployment_id")
    if not deployment:
        raise ValueError("deployment_id is missing; send the event as GitLab made it")
    return [
        deployed(
            f"gitlab:{project}:{deployment}",
            min(moment(body, "status_changed_at") or received_at, received_at),
            f"{project} {text(body, 'ref', 'short_sha')}",
            text(body, "environment"),
            about=text(body, "commit_title"),
            version=_sha(body),
            url=text(body, "deployable_url", "environment_external_url", most=1024),
        )
    ]


def _sha(body: Any) -> str:
    """The whole of it, as pipelines tell it, stands only at the end of the commit's address."""
    short, last = text(body, "short_sha"), text(body, "commit_url", most=1024).rpartition("/")[2]
    return last if short and last.startswith(short) else short


SENDER = Sender("gitlab", _read, by_token("x-gitlab-token"), "X-Gitlab-Token", _changes)

"""dbt Cloud: ``job.run.*`` (docs.getdbt.com, "Create webhooks"). A run that completed may have failed."""

from typing import Any

from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.text import MESSAGE
from alerting.ingest.webhooks.reading import at, labels, moment, text
from alerting.ingest.webhooks.sender import Sender, by_hmac
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_STATUSES = {
    "success": Outcome.SUCCEEDED,
    "errored": Outcome.FAILED,
    "error": Outcome.FAILED,
    "cancelled": Outcome.CANCELLED,
    "canceled": Outcome.CANCELLED,
}


def _read(body: Any, received_at: Instant) -> list[Fact]:
    if not text(body, "eventType").startswith("job.run.") or not isinstance(at(body, "data"), dict):
        raise ValueError("eventType is not job.run.…, or data is missing; is this an event of dbt Cloud's?")
    data = body["data"]
    run_id, workflow = text(data, "runId"), text(data, "jobName", "jobId")
    if not run_id or not workflow:
        raise ValueError("data.runId or data.jobName is missing")
    outcome = _STATUSES.get(text(data, "runStatus").lower(), Outcome.RUNNING)
    said = text(data, "runStatusMessage", most=MESSAGE)
    return [
        RunFact(
            engine="dbt",
            workflow=workflow,
            run_id=run_id,
            outcome=outcome,
            started_at=moment(data, "runStartedAt"),
            ended_at=moment(data, "runErroredAt", "runFinishedAt") or moment(body, "timestamp") or received_at,
            error=ErrorInfo(message=said) if outcome is Outcome.FAILED and said not in {"", "None"} else None,
            environment=text(data, "environmentName"),
            labels=labels(project=text(data, "projectName"), dbt_version=text(data, "dbtVersion")),
            told_by_event=True,
        )
    ]


SENDER = Sender("dbt", _read, by_hmac("authorization"), "Authorization")

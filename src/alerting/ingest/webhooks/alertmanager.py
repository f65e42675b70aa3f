"""Alertmanager, version 4 (prometheus.io/docs/alerting, "webhook_config"): each of a group's alerts is a run.

A group stays firing while one of its alerts is resolved: each alert's own status counts.
"""

from typing import Any

from alerting.ingest.facts import Fact, RunFact
from alerting.ingest.text import LABEL, LABELS, MESSAGE, clean
from alerting.ingest.webhooks.reading import at, items, moment, text
from alerting.ingest.webhooks.sender import Sender, by_bearer
from rules.identity import digest
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome, Severity

_WORKFLOW = ("labels.workflow", "labels.job", "labels.alertname")
_SEVERITIES = {
    **{severity.value: severity for severity in Severity},
    "page": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.LOW,
}


def _read(body: Any, received_at: Instant) -> list[Fact]:
    if not isinstance(at(body, "alerts"), list):
        raise ValueError("alerts is missing; is this the webhook of Alertmanager, version 4?")
    return [_alert(each, received_at) for each in items(body, "alerts") if isinstance(each, dict)]


def _alert(alert: Any, received_at: Instant) -> RunFact:
    workflow = text(alert, *_WORKFLOW)
    if not workflow:
        raise ValueError("an alert has none of the labels workflow, job and alertname")
    began = moment(alert, "startsAt")
    resolved = text(alert, "status") == "resolved"
    told = at(alert, "labels")
    return RunFact(
        engine="alertmanager",
        workflow=workflow,
        run_id=text(alert, "labels.run_id") or digest(text(alert, "fingerprint"), str(began)),
        outcome=Outcome.SUCCEEDED if resolved else Outcome.FAILED,
        started_at=began,
        ended_at=(moment(alert, "endsAt") if resolved else began) or received_at,
        error=None if resolved else _error(alert),
        environment=text(alert, "labels.environment", "labels.env"),
        severity=None if resolved else _SEVERITIES.get(text(alert, "labels.severity").lower()),
        url=text(alert, "generatorURL", most=LABEL),
        labels={clean(str(name), LABEL): clean(str(value), LABEL) for name, value in list(told.items())[:LABELS]}
        if isinstance(told, dict)
        else {},
        told_by_event=True,
    )


def _error(alert: Any) -> ErrorInfo:
    message = text(alert, "annotations.description", "annotations.summary", "annotations.message", most=MESSAGE)
    return ErrorInfo(text(alert, "labels.alertname"), message)


SENDER = Sender("alertmanager", _read, by_bearer, "Authorization: Bearer")

"""Whose webhooks are understood without a mapping? One file for each sender."""

from alerting.ingest.webhooks import (
    airflow,
    alertmanager,
    buildkite,
    circleci,
    cloudevents,
    dagster,
    dbt,
    github,
    gitlab,
    sentry,
)
from alerting.ingest.webhooks.sender import Sender

SENDERS: dict[str, Sender] = {
    sender.name: sender
    for sender in (
        github.SENDER,
        gitlab.SENDER,
        buildkite.SENDER,
        circleci.SENDER,
        dbt.SENDER,
        alertmanager.SENDER,
        sentry.SENDER,
        cloudevents.SENDER,
        dagster.SENDER,
        airflow.SENDER,
    )
}

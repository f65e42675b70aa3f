"""Airflow's callbacks, as Tocsin's client sends them on: the errors that no span of Airflow tells."""

import re
from typing import Any

from alerting.ingest.facts import Fact, RunFact, StepFact
from alerting.ingest.text import LABEL, MESSAGE, STACK, bare_type
from alerting.ingest.webhooks.reading import moment, number, text
from alerting.ingest.webhooks.sender import Sender, by_bearer
from rules.instants import Instant
from rules.model import ErrorInfo
from rules.vocabulary import Outcome

_REPR = re.compile(r"[A-Za-z_][\w.]*\((['\"])(.*)\1\)$", re.DOTALL)
_STATES = {"success": Outcome.SUCCEEDED, "failed": Outcome.FAILED}


def _read(body: Any, received_at: Instant) -> list[Fact]:
    workflow, run_id = text(body, "dag_id"), text(body, "run_id", "dag_run.run_id")
    if not workflow or not run_id:
        raise ValueError("dag_id or run_id is missing; send what tocsin_client.airflow makes of a context")
    if text(body, "exception_type", "exception_repr"):
        return [_step(body, workflow, run_id, received_at)]
    outcome = _STATES.get(text(body, "dag_run.state"))
    return [_run(body, workflow, run_id, outcome, received_at)] if outcome and text(body, "reason") else []


def _step(body: Any, workflow: str, run_id: str, received_at: Instant) -> StepFact:
    """Of a try that will be repeated, too: it is a fault of the run only if the run fails."""
    told = text(body, "exception_repr", most=MESSAGE)
    found = _REPR.match(told)
    message = text(body, "exception_message", most=MESSAGE) or (found[2] if found else told)
    return StepFact(
        engine="airflow",
        step=text(body, "task_id"),
        workflow=workflow,
        run_id=run_id,
        ended_at=moment(body, "ended_at") or received_at,
        failed=True,
        error=ErrorInfo(bare_type(text(body, "exception_type")), message, text(body, "stack", most=STACK)),
        attempts=number(body, "try_number"),
    )


def _run(body: Any, workflow: str, run_id: str, outcome: Outcome, received_at: Instant) -> RunFact:
    """A DAG run that timed out sends no span: the callback is all that is heard of it."""
    reason = text(body, "reason")
    timed_out = outcome is Outcome.FAILED and reason == "timed_out"
    return RunFact(
        engine="airflow",
        workflow=workflow,
        run_id=run_id,
        outcome=Outcome.TIMED_OUT if timed_out else outcome,
        started_at=moment(body, "dag_run.start_date"),
        ended_at=moment(body, "dag_run.end_date") or received_at,
        error=ErrorInfo("DagRunTimeout", "the DAG run took longer than dagrun_timeout") if timed_out else None,
        attempts=1,
        url=text(body, "log_url", most=LABEL),
        told_by_event=True,
    )


SENDER = Sender("airflow", _read, by_bearer, "Authorization: Bearer")

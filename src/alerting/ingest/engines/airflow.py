"""Airflow 3 (``[traces] otel_on``). A run is a span ``dag_run.<dag>``, a try of a step a span ``task_run.<task>``.

A run id is unique only with its DAG; all tries of a task share one span id. No span tells an error: its type, message
and stack come by ``on_failure_callback``. A DAG run that timed out sends no span at all.
"""

from alerting.ingest.engines.adapter import NOTHING, Adapter, Facts
from alerting.ingest.facts import RunFact, StepFact
from alerting.ingest.spans import OK, SpanView
from alerting.ingest.text import LABEL, NAME, clean
from rules.vocabulary import Outcome

_DAG, _RUN_ID, _TASK = "airflow.dag_id", "airflow.dag_run.run_id", "airflow.task_id"
_TRY, _STATE = "airflow.task_instance.try_number", "airflow.task_instance.state"
_BAD_STATES = frozenset({"failed", "up_for_retry"})
_LABELS = {"airflow.dag_run.run_type": "run_type"}


def _span(view: SpanView) -> Facts:
    name = view.raw.name
    if name.startswith("dag_run.") and {_DAG, _RUN_ID} <= view.attributes.keys():
        return [_run(view)]
    if name.startswith("task_run.") and {_DAG, _RUN_ID, _TASK} <= view.attributes.keys():
        return _step(view)
    return NOTHING


def _run(view: SpanView) -> RunFact:
    found = view.attributes
    return RunFact(
        engine="airflow",
        workflow=clean(found[_DAG], NAME),
        run_id=clean(found[_RUN_ID], NAME),
        outcome=_outcome(view),
        trace_id=view.trace_id,
        span_id=view.span_id,
        started_at=view.started_at,
        ended_at=view.ended_at,
        attempts=1,
        environment=view.resource.environment,
        version=view.resource.version,
        labels={label: clean(found[name], LABEL) for name, label in _LABELS.items() if name in found},
    )


def _outcome(view: SpanView) -> Outcome:
    if view.failed:
        return Outcome.FAILED
    return Outcome.SUCCEEDED if view.raw.status.code == OK else Outcome.RUNNING


def _step(view: SpanView) -> Facts:
    found = view.attributes
    tries = found.get(_TRY, "")
    attempt = int(tries) if tries.isascii() and tries.isdigit() and len(tries) < 6 else 0
    failed = found.get(_STATE, "") in _BAD_STATES or view.failed
    if not failed and attempt < 2:
        return NOTHING
    return [
        StepFact(
            engine="airflow",
            step=clean(found[_TASK], NAME),
            workflow=clean(found[_DAG], NAME),
            run_id=clean(found[_RUN_ID], NAME),
            trace_id=view.trace_id,
            span_id=view.span_id,
            started_at=view.started_at,
            ended_at=view.ended_at,
            failed=failed,
            attempts=attempt,
        )
    ]


ADAPTER = Adapter("airflow", _span, scopes=frozenset({"airflow.*"}))

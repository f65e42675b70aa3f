"""Dagster has no OpenTelemetry. Its sensors see how runs end:

    defs = Definitions(jobs=[…], sensors=tocsin_sensors())

Imports Dagster, which the code location that it goes into has.
"""

from __future__ import annotations

from typing import Any

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunStatusSensorContext,
    SensorDefinition,
    run_failure_sensor,
    run_status_sensor,
)

from tocsin_client.sending import tell

_DEEPEST = 8
_SEEN = {"default_status": DefaultSensorStatus.RUNNING, "monitor_all_code_locations": True}


def tocsin_sensors() -> list[SensorDefinition]:
    """For runs that failed, succeeded, began and were cancelled, of every code location; they are on by default."""
    return [_failures(), *(_ends(name, status) for name, status in _STATUSES.items())]


_STATUSES = {
    "tocsin_started": DagsterRunStatus.STARTED,
    "tocsin_succeeded": DagsterRunStatus.SUCCESS,
    "tocsin_cancelled": DagsterRunStatus.CANCELED,
}


def _failures() -> SensorDefinition:
    @run_failure_sensor(name="tocsin_failed", **_SEEN)
    def failed(context: RunFailureSensorContext) -> None:
        steps = [
            {"step_key": event.step_key, "error": _error(getattr(event.event_specific_data, "error", None))}
            for event in context.get_step_failure_events()
        ]
        _tell(context, message=context.failure_event.message, step_failures=steps)

    return failed


def _ends(name: str, status: DagsterRunStatus) -> SensorDefinition:
    @run_status_sensor(name=name, run_status=status, **_SEEN)
    def ended(context: RunStatusSensorContext) -> None:
        _tell(context)

    return ended


def _tell(context: RunStatusSensorContext, **more: Any) -> None:
    """A sensor that raises is tried again with every tick: ``tell`` keeps what it cannot send."""
    run = context.dagster_run
    body = {
        "run_id": run.run_id,
        "job_name": run.job_name,
        "status": run.status.value,
        "tags": dict(run.tags),
        "parent_run_id": run.parent_run_id,
        **_times(context),
        **more,
    }
    tell({"webhook": "dagster", "body": body})


def _times(context: RunStatusSensorContext) -> dict[str, int]:
    """Of the run's own record, as Unix milliseconds."""
    record = context.instance.get_run_record_by_id(context.dagster_run.run_id)
    told = {"started_at": getattr(record, "start_time", None), "ended_at": getattr(record, "end_time", None)}
    return {name: int(seconds * 1_000) for name, seconds in told.items() if seconds}


def _error(error: Any, depth: int = 0) -> dict[str, Any] | None:
    if error is None or depth > _DEEPEST:
        return None
    return {
        "cls_name": error.cls_name,
        "message": error.message,
        "stack": list(error.stack),
        "cause": _error(error.cause, depth + 1),
    }

"""Airflow writes no error on any span, and nothing at all of a DAG run that timed out: callbacks know both.

    default_args = {"on_failure_callback": tell_tocsin, "on_retry_callback": tell_tocsin}

and the same for ``DAG(on_failure_callback=…)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin_client.sending import tell
from tocsin_client.tracebacks import stack_of

_OF_RUN = ("dag_id", "run_id", "state", "start_date", "end_date")


def tell_tocsin(context: Mapping[str, Any]) -> None:
    """A callback of a task or of a DAG. Never raises, takes five seconds at most."""
    tell({"webhook": "airflow", "body": seen(context)})


def seen(context: Mapping[str, Any]) -> dict[str, Any]:
    """What ``context`` tells, as Tocsin reads it."""
    task, run = context.get("ti") or context.get("task_instance"), context.get("dag_run")
    told = {
        "dag_id": getattr(task, "dag_id", None) or getattr(run, "dag_id", None),
        "run_id": context.get("run_id") or getattr(run, "run_id", None),
        "task_id": getattr(task, "task_id", None),
        "try_number": getattr(task, "try_number", None),
        "log_url": getattr(task, "log_url", None),
        "reason": context.get("reason"),
        "dag_run": {name: str(getattr(run, name, None) or "") for name in _OF_RUN},
        **_error(context.get("exception")),
    }
    return {name: value for name, value in told.items() if value is not None}


def _error(error: Any) -> dict[str, Any]:
    """Some of Airflow's own processes know no exception, only its text."""
    if error is None:
        return {}
    if not isinstance(error, BaseException):
        return {"exception_repr": str(error)}
    return {"exception_type": type(error).__name__, "exception_message": str(error), "stack": stack_of(error)}

"""What Celery's spans cannot tell: a task whose worker is killed, that is over its hard time limit, revoked or expired.

    import tocsin_client.celery
    tocsin_client.celery.connect()

in the module of the app. Imports Celery, which the app that it goes into has.
"""

from __future__ import annotations

import traceback
from typing import Any

from celery import signals
from celery.exceptions import TimeLimitExceeded, WorkerLostError

from tocsin_client.sending import tell

_ID = "messaging.message.id"
_NAME = "celery.task_name"


def connect() -> None:
    """Once in each process; again does no harm."""
    signals.task_prerun.connect(_begun, weak=False, dispatch_uid="tocsin-begun")
    signals.task_failure.connect(_failed, weak=False, dispatch_uid="tocsin-failed")
    signals.task_revoked.connect(_revoked, weak=False, dispatch_uid="tocsin-revoked")


def _begun(task_id: str, task: Any, **_: Any) -> None:
    """Instrumentation names a task on its span only when it has ended; a span that is told before needs it, too."""
    try:
        from opentelemetry.trace import get_current_span
    except ImportError:
        return
    span = get_current_span()
    if str(getattr(span, "name", "")).startswith("run/"):
        span.set_attributes({_ID: task_id, _NAME: task.name})


def _failed(sender: Any, task_id: str, exception: BaseException, **_: Any) -> None:
    """Of what happened inside the task, its span tells; this is what the worker saw from outside."""
    if isinstance(exception, TimeLimitExceeded):
        _tell(sender, task_id, "timed_out", exception)
    elif isinstance(exception, WorkerLostError):
        _tell(sender, task_id, "crashed", exception)


def _revoked(sender: Any, request: Any, expired: bool = False, **_: Any) -> None:
    _tell(sender, request.id, "skipped" if expired else "cancelled")


def _tell(task: Any, task_id: str, outcome: str, error: BaseException | None = None) -> None:
    event = {"engine": "celery", "workflow": task.name, "run_id": task_id, "outcome": outcome}
    if error is not None:
        message = " ".join(traceback.format_exception_only(type(error), error)[-1].split())
        event["error"] = {"type": type(error).__name__, "message": message.partition(": ")[2] or message}
    tell(event)

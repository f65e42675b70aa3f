"""Prefect's hooks know a flow's name and its last state, where no logs are sent, and where a runner saw it crash:

hooks = [tell_tocsin]
@flow(on_failure=hooks, on_crashed=hooks, on_cancellation=hooks, on_completion=hooks)
"""

from __future__ import annotations

from typing import Any

from tocsin_client.sending import tell
from tocsin_client.tracebacks import error_of

_OUTCOMES = {"COMPLETED": "succeeded", "FAILED": "failed", "CRASHED": "crashed", "CANCELLED": "cancelled"}


def tell_tocsin(flow: Any, flow_run: Any, state: Any) -> None:
    """A hook for the end of a flow. Never raises, takes five seconds at most."""
    event = seen(flow, flow_run, state)
    if event:
        tell(event)


def seen(flow: Any, flow_run: Any, state: Any) -> dict[str, Any]:
    """What the hook was given, as an event; {} for a state that is no end."""
    kind = str(getattr(state.type, "value", state.type))
    outcome = "timed_out" if state.name == "TimedOut" else _OUTCOMES.get(kind)
    if outcome is None:
        return {}
    told = {
        "engine": "prefect",
        "workflow": flow.name,
        "run_id": str(flow_run.id),
        "outcome": outcome,
        "started_at": _time(flow_run.start_time),
        "occurred_at": _time(state.timestamp),
        "attempt": getattr(flow_run, "run_count", None),
        "version": getattr(flow, "version", None),
        "labels": {"run": str(flow_run.name)},
        "error": _error(state) if outcome not in ("succeeded", "cancelled") else None,
    }
    return {name: value for name, value in told.items() if value}


def _error(state: Any) -> dict[str, str]:
    """The exception itself where the hook runs in the flow's process; else the state's message."""
    data = getattr(state.data, "result", state.data)
    if isinstance(data, BaseException):
        return error_of(data)
    return {"message": str(state.message or "")}


def _time(moment: Any) -> str:
    return str(moment.isoformat()) if moment else ""

"""What a message shows beside its alerts: failures of the last hours, the version that went well."""

from collections.abc import Iterable

from sqlalchemy import func, select

from alerting.database.port import Connection
from alerting.storage.schema import FailureRow, RunRow, table
from rules.instants import HOUR, Instant

HOURS = 24
_MOST_GROUPS = 50
_failure = table(FailureRow)
_run = table(RunRow)


def failures_by_hour(connection: Connection, groups: Iterable[str], now: Instant) -> tuple[int, ...]:
    """In each of the 24 hours up to ``now``, oldest first; () without groups."""
    wanted = sorted(set(groups) - {""})[:_MOST_GROUPS]
    if not wanted:
        return ()
    ago = (now - _failure.c.occurred_at) // HOUR
    recent = _failure.c.occurred_at > now - HOURS * HOUR
    statement = select(ago, func.count()).where(_failure.c.error_group.in_(wanted), recent).group_by(ago)
    counts = dict.fromkeys(range(HOURS), 0)
    for hours, count in connection.execute(statement):
        counts[max(0, int(hours))] += count
    return tuple(counts[hour] for hour in reversed(range(HOURS)))


def version_that_went_well(connection: Connection, workflow: str, environment: str) -> str:
    """Of the latest run that succeeded and said its version; "" where none did."""
    good = (_run.c.version != "", _run.c.outcome == "succeeded")
    statement = select(_run.c.version).where(_run.c.workflow == workflow, _run.c.environment == environment, *good)
    return connection.execute(statement.order_by(_run.c.ended_at.desc()).limit(1)).scalar() or ""


def has_trace(connection: Connection, run: str) -> bool:
    """Whether spans were sent of it."""
    return bool(connection.execute(select(_run.c.trace_id).where(_run.c.id == run)).scalar())

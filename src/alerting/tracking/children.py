"""Did a run fail only because a run that it started did?"""

from collections.abc import Iterable

from alerting.tracking.fold import agree
from alerting.tracking.record import RunRecord


def child_to_blame(record: RunRecord, others: Iterable[RunRecord]) -> RunRecord | None:
    """A failed run below this one with the very same error; of several the one that began last, the innermost."""
    below = (other for other in others if other.bad and _is_below(record, other) and _same_error(record, other))
    return max(below, key=lambda run: (run.started_at, run.id), default=None)


def _is_below(record: RunRecord, other: RunRecord) -> bool:
    """Told by the engine; or, in one trace, within the time of the other, be it by a moment."""
    if other is record or other.engine != record.engine or other.id == record.id:
        return False
    if other.parent_run_id and other.parent_run_id == record.run_id:
        return True
    within = record.started_at <= other.started_at and other.ended_at <= record.ended_at
    shorter = other.ended_at - other.started_at < record.ended_at - record.started_at
    return bool(other.trace_id) and other.trace_id == record.trace_id and within and shorter


def _same_error(record: RunRecord, other: RunRecord) -> bool:
    one, two = record.error, other.error
    if not one.type or not two.type:
        return bool(one.message) and one.message == two.message
    return one.type == two.type and agree(one, two)

"""What does a run's record come to, as a row of failures, as an error group, and as the rules see it? Pure."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from alerting.consumer.versions import order
from alerting.database.statements import Row
from alerting.tracking.record import RunRecord
from rules.identity import occurrence_id
from rules.inputs import Failed, Finished
from rules.instants import Instant
from rules.model import Fingerprint, Run
from rules.vocabulary import Severity


def failure_row(record: RunRecord, cause: str, now: Instant) -> Row:
    return {
        "id": record.detail.occurrence,
        "run": record.id,
        "engine": record.engine,
        "workflow": record.workflow,
        "run_id": record.run_id,
        "environment": record.environment,
        "version": record.version,
        "step": record.failing_step,
        "outcome": record.outcome.value,
        "severity": record.severity,
        "error_type": record.error.type,
        "error_message": record.error.message,
        "error_group": record.error_group,
        "cause": cause,
        "occurred_at": record.ended_at or record.received_at,
        "received_at": now,
        "novelty": record.detail.novelty,
    }


def regresses(group: Row, at: Instant, version: str, failed_before: Callable[[Row, str], bool]) -> bool:
    """Whether a failure at ``at`` is one that a person, or a release, had made an end to. One in an earlier version
    than the one that mends it says nothing against that. Of versions that have no order, those that ``failed_before``
    it was resolved are the earlier ones; a version that is not known is not."""
    if group["state"] != "resolved" or at <= group["resolved_at"]:
        return False
    fixed = group["resolved_version"]
    if not fixed or not version:
        return True
    found = order(version, fixed)
    return not failed_before(group, version) if found is None else found >= 0


def occurrence_of(record: RunRecord) -> str:
    """One failure of one run; the engine's own event id would differ between the events that tell of it."""
    return occurrence_id("", record.engine, record.id, "", 0, "bad")


def described(record: RunRecord, print_: Fingerprint) -> Row:
    return {
        "engine": record.engine,
        "workflow": record.workflow,
        "step": record.failing_step,
        "error_type": record.error.type,
        "error_message": record.error.message,
        "stack": record.error.stack,
        "components": msgspec.json.encode(print_.components).decode(),
    }


def is_blank(group: Row) -> bool:
    return not (group["error_type"] or group["error_message"] or group["stack"])


def is_later_try(record: RunRecord) -> bool:
    """Whether the run ended once more, in a later try, since it was put into its error group."""
    attempt, ended_at = record.detail.grouped
    return 0 < attempt < record.detail.attempts and ended_at < record.ended_at


def failed_of(
    record: RunRecord,
    run: Run,
    print_: Fingerprint,
    group: str,
    now: Instant,
    consequence_of: str = "",
    novelty: str = "",
) -> Failed:
    """``run`` is the record's, as rules see it."""
    known_as = print_ if print_.group == group else replace(print_, group=group)
    severity, at = Severity(record.severity), record.ended_at or now
    return Failed(run, known_as, severity, record.detail.occurrence, at, consequence_of, novelty)


def success_of(record: RunRecord) -> Finished:
    """A run that had failed before and was tried again under its own id began, for the rules, at its end; so did one
    that had been lost."""
    started_at = 0 if record.evaluated or record.detail.lost else record.started_at
    return Finished(record.run(), started_at, record.ended_at)

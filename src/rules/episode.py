"""What is one episode of an alert? Opening, counting, success, quiet, resolution, re-opening: state in, state out."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from rules.config import Resolve
from rules.decisions import Wake
from rules.identity import dedup_key, digest
from rules.inputs import Failed, Finished
from rules.instants import DAY, HOUR, MINUTE, Duration, Instant
from rules.kinds import QUIET
from rules.model import Fingerprint, Run
from rules.ruleset import CompiledRule
from rules.state import AlertState, Example
from rules.vocabulary import AlertStatus, Severity

EXPIRES_AFTER: Duration = DAY  # an alert that no success can end
INTERMITTENT_QUIET: Duration = HOUR  # one that failed and succeeded by turns
REOPEN_WINDOW: Duration = 15 * MINUTE
LATE_AFTER: Duration = 15 * MINUTE
EXAMPLES = 5


class Cause(msgspec.Struct, frozen=True):
    """What made a condition hold: a failed run, a run that is open for too long, or one that did not come.
    ``occurrence`` names it for ever."""

    occurrence: str
    at: Instant
    severity: Severity
    example: Example


def opened(rule: CompiledRule, state: AlertState, cause: Cause, window: Sequence[Instant], now: Instant) -> AlertState:
    """A new episode, pending. Its id comes from the occurrence that opened it, so that a replay gives the same.

    ``window`` are the times of the failures that made the condition hold; those counted by the episode before are
    not counted again."""
    members = [at for at in window if at > state.last_at] or [cause.at]
    newest = window[-1] if window else cause.at
    return AlertState(
        key=state.key,
        rule=state.rule,
        values=state.values,
        level=state.level,
        memory=state.memory,
        holds_until=state.holds_until,
        evidence=state.evidence,
        alert_id=digest("alert", state.key, cause.occurrence),
        status=AlertStatus.PENDING,
        severity=rule.config.severity or cause.severity,
        count=len(members),
        first_at=members[0],
        last_at=members[-1],
        seen_at=now,
        pending_since=cause.at,
        late=now - newest > LATE_AFTER,
        spent=state.spent,
        lanes=state.lanes if state.flapping else {},
        changes=state.changes,
        flapping=state.flapping,
        dedup_key=dedup_key(rule.name, state.key, cause.occurrence),
        examples=(cause.example,),
    )


def counted(rule: CompiledRule, state: AlertState, cause: Cause, now: Instant) -> AlertState:
    """One more failure of the episode. A rise in severity takes the acknowledgement away: it was for less."""
    first, last = min(state.first_at, cause.at), max(state.last_at, cause.at)
    told = rule.config.severity or cause.severity
    severity = max(state.severity, told, key=lambda severity: severity.rank)
    same = severity is state.severity
    return replace(
        state,
        count=state.count + 1,
        first_at=first,
        last_at=last,
        seen_at=now,
        severity=severity,
        acknowledged_by=state.acknowledged_by if same else "",
        acknowledged_until=state.acknowledged_until if same else 0,
        successes=state.successes if last == state.last_at else 0,
        intermittent=state.intermittent or first < state.first_success_at < last,
        examples=(cause.example, *state.examples[: EXAMPLES - 1]),
    )


def reopens(state: AlertState, now: Instant) -> bool:
    return bool(state.fired_at) and not state.open and now - state.resolved_at <= REOPEN_WINDOW


def overtaken(state: AlertState, at: Instant) -> bool:
    """Whether this failure, though it arrived after the end, lies before the success that ended the episode."""
    return at < state.good_since


def reopened(rule: CompiledRule, state: AlertState, cause: Cause, now: Instant) -> AlertState:
    return replace(counted(rule, state, cause, now), status=AlertStatus.FIRING, resolved_at=0)


def success(rule: CompiledRule | None, state: AlertState, item: Finished) -> tuple[AlertState, bool]:
    """Take in a success; whether it ends the episode. Only runs that started after the last failure count, and only
    while no run succeeded between two failures: then it was never really down, and quiet has to end it."""
    intermittent = state.intermittent or state.first_at < item.ended_at < state.last_at
    began = item.started_at or item.ended_at
    after = began > state.last_at
    state = replace(
        state,
        intermittent=intermittent,
        first_success_at=_first_success(state, item.ended_at),
        good_since=max(state.good_since, began) if after else state.good_since,
        successes=state.successes + after,
    )
    needed = resolve_of(rule).on_success
    return state, bool(after and needed and state.successes >= needed and not intermittent)


def _first_success(state: AlertState, ended_at: Instant) -> Instant:
    if ended_at <= state.first_at:
        return state.first_success_at
    return min(state.first_success_at or ended_at, ended_at)


def resolved(state: AlertState, now: Instant) -> AlertState:
    return replace(state, status=AlertStatus.RESOLVED, resolved_at=now, successes=0, clears_at=0)


def quiet_deadline(rule: CompiledRule | None, state: AlertState, now: Instant) -> Wake | None:
    """When the episode ends by silence alone. Counted from the last failure's arrival, and never in the past."""
    quiet = quiet_for(rule, state)
    return None if quiet is None else Wake(QUIET, state.key, "", max(state.seen_at + quiet, now))


def quiet_for(rule: CompiledRule | None, state: AlertState) -> Duration | None:
    if rule is not None and rule.resolve is None:
        return None  # its condition ends it
    resolve = resolve_of(rule)
    if resolve.quiet_for is not None:
        return resolve.quiet_for
    if resolve.on_success is None:
        return None
    return INTERMITTENT_QUIET if state.intermittent else EXPIRES_AFTER


def resolve_of(rule: CompiledRule | None) -> Resolve:
    """A rule that is not there any more leaves its alerts to successes and quiet."""
    if rule is None:
        return _USUALLY
    return rule.resolve or _NEVER


_USUALLY = Resolve(on_success=1)
_NEVER = Resolve(manual=True)


def cause_of(item: Failed) -> Cause:
    return Cause(item.occurrence, item.occurred_at, item.severity, example_of(item))


def example_of_run(run: Run, at: Instant, print_: Fingerprint | None = None) -> Example:
    error = run.error
    return Example(
        run=run.id,
        run_id=run.run_id,
        engine=run.engine,
        workflow=run.workflow,
        environment=run.environment,
        version=run.version,
        step=run.failing_step,
        outcome=run.outcome.value,
        error_type=error.type if error else "",
        error_message=error.message[:2_000] if error else "",
        cause_type=error.cause_type if error else "",
        error_group=print_.group if print_ else "",
        cause=print_.cause if print_ else "",
        url=run.url,
        at=at,
        labels=run.labels,
    )


def example_of(item: Failed) -> Example:
    return example_of_run(item.run, item.occurred_at, item.fingerprint)

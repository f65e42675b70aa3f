"""What is one episode of an alert? Opening, counting, success, quiet, resolution, re-opening: state in, state out."""

from collections.abc import Sequence
from dataclasses import replace

from rules.config import Resolve
from rules.decisions import Wake
from rules.identity import dedup_key, digest
from rules.inputs import Failed, Succeeded
from rules.instants import DAY, HOUR, MINUTE, Duration, Instant
from rules.ruleset import CompiledRule
from rules.state import AlertState, Example
from rules.vocabulary import AlertStatus, Severity

QUIET = "quiet"
EXPIRES_AFTER: Duration = DAY  # an alert that no success can end
INTERMITTENT_QUIET: Duration = HOUR  # one that failed and succeeded by turns
REOPEN_WINDOW: Duration = 15 * MINUTE
LATE_AFTER: Duration = 15 * MINUTE
_EXAMPLES = 5


def opened(rule: CompiledRule, state: AlertState, item: Failed, window: Sequence[Instant], now: Instant) -> AlertState:
    """A new episode. Its id comes from the occurrence that opened it, so that a replay gives the same.

    ``window`` are the times of the failures that made the condition hold; those counted by the episode before are
    not counted again."""
    members = [at for at in window if at > state.last_at] or [item.occurred_at]
    return AlertState(
        key=state.key,
        rule=state.rule,
        values=state.values,
        level=state.level,
        recent=state.recent,
        alert_id=digest("alert", state.key, item.occurrence),
        status=AlertStatus.FIRING,
        severity=_severity(rule, item),
        count=len(members),
        first_at=members[0],
        last_at=members[-1],
        fired_at=now,
        seen_at=now,
        late=now - window[-1] > LATE_AFTER,
        dedup_key=dedup_key(rule.name, state.key, item.occurrence),
        examples=(_example(item),),
    )


def counted(rule: CompiledRule, state: AlertState, item: Failed, now: Instant) -> AlertState:
    """One more failure of the episode. A rise in severity takes the acknowledgement away: it was for less."""
    first, last = min(state.first_at, item.occurred_at), max(state.last_at, item.occurred_at)
    severity = max(state.severity, _severity(rule, item), key=lambda severity: severity.rank)
    return replace(
        state,
        count=state.count + 1,
        first_at=first,
        last_at=last,
        seen_at=now,
        severity=severity,
        acknowledged_by=state.acknowledged_by if severity is state.severity else "",
        successes=state.successes if last == state.last_at else 0,
        intermittent=state.intermittent or first < state.first_success_at < last,
        examples=(_example(item), *state.examples[: _EXAMPLES - 1]),
    )


def reopens(state: AlertState, now: Instant) -> bool:
    return bool(state.alert_id) and not state.open and now - state.resolved_at <= REOPEN_WINDOW


def overtaken(state: AlertState, item: Failed) -> bool:
    """Whether this failure, though it arrived after the end, lies before the success that ended the episode."""
    return item.occurred_at < state.good_since


def reopened(rule: CompiledRule, state: AlertState, item: Failed, now: Instant) -> AlertState:
    return replace(counted(rule, state, item, now), status=AlertStatus.FIRING, resolved_at=0)


def success(rule: CompiledRule | None, state: AlertState, item: Succeeded) -> tuple[AlertState, bool]:
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
    needed = _resolve(rule).on_success
    return state, bool(after and needed and state.successes >= needed and not intermittent)


def _first_success(state: AlertState, ended_at: Instant) -> Instant:
    if ended_at <= state.first_at:
        return state.first_success_at
    return min(state.first_success_at or ended_at, ended_at)


def resolved(state: AlertState, now: Instant) -> AlertState:
    return replace(state, status=AlertStatus.RESOLVED, resolved_at=now, successes=0)


def quiet_deadline(rule: CompiledRule | None, state: AlertState, now: Instant) -> Wake:
    """When the episode ends by silence alone. Counted from the last failure's arrival, and never in the past."""
    quiet = _resolve(rule).quiet_for
    if quiet is None:
        quiet = INTERMITTENT_QUIET if state.intermittent else EXPIRES_AFTER
    return Wake(QUIET, state.key, "", max(state.seen_at + quiet, now))


def _resolve(rule: CompiledRule | None) -> Resolve:
    return (rule.config.resolve if rule else None) or _USUALLY


_USUALLY = Resolve(on_success=1)


def _severity(rule: CompiledRule, item: Failed) -> Severity:
    return rule.config.severity or item.severity


def _example(item: Failed) -> Example:
    run, error = item.run, item.run.error
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
        error_group=item.fingerprint.group,
        cause=item.fingerprint.cause,
        url=run.url,
        at=item.occurred_at,
    )

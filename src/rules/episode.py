"""What is one episode of an alert? Opening, counting, success, quiet, resolution, re-opening: state in, state out."""

from dataclasses import replace

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


def opened(rule: CompiledRule, state: AlertState, item: Failed, now: Instant) -> AlertState:
    """A new episode. Its id comes from the occurrence that opened it, so that a replay gives the same."""
    members = _window(rule, state, item)
    return replace(
        state,
        alert_id=digest("alert", state.key, item.occurrence),
        status=AlertStatus.FIRING,
        severity=_severity(rule, item),
        count=len(members),
        first_at=members[0],
        last_at=members[-1],
        fired_at=now,
        seen_at=now,
        resolved_at=0,
        last_success_at=0,
        successes=0,
        intermittent=False,
        late=now - item.occurred_at > LATE_AFTER,
        acknowledged_by="",
        dedup_key=dedup_key(rule.name, state.key, item.occurrence),
        told={},
        examples=(_example(item),),
    )


def counted(rule: CompiledRule, state: AlertState, item: Failed, now: Instant) -> AlertState:
    first, last = min(state.first_at, item.occurred_at), max(state.last_at, item.occurred_at)
    severity = max(state.severity, _severity(rule, item), key=lambda severity: severity.rank)
    return replace(
        state,
        count=state.count + 1,
        first_at=first,
        last_at=last,
        seen_at=now,
        severity=severity,
        successes=0,
        intermittent=state.intermittent or first < state.last_success_at < last,
        examples=_newest(item, state.examples),
    )


def reopens(state: AlertState, now: Instant) -> bool:
    return bool(state.alert_id) and state.status is AlertStatus.RESOLVED and now - state.resolved_at <= REOPEN_WINDOW


def reopened(rule: CompiledRule, state: AlertState, item: Failed, now: Instant) -> AlertState:
    state = counted(rule, state, item, now)
    return replace(state, status=AlertStatus.FIRING, resolved_at=0)


def success(rule: CompiledRule | None, state: AlertState, item: Succeeded) -> tuple[AlertState, bool]:
    """Take in a success; whether it ends the episode. Only runs that started after the last failure count, and only
    while no run succeeded between two failures: then it was never really down, and quiet has to end it."""
    intermittent = state.intermittent or state.first_at < item.ended_at < state.last_at
    after = (item.started_at or item.ended_at) > state.last_at
    state = replace(
        state,
        intermittent=intermittent,
        last_success_at=max(state.last_success_at, item.ended_at),
        successes=state.successes + after,
    )
    needed = rule.config.resolve.on_success if rule else 1
    return state, bool(after and needed and state.successes >= needed and not intermittent)


def resolved(state: AlertState, now: Instant) -> AlertState:
    return replace(state, status=AlertStatus.RESOLVED, resolved_at=now, successes=0)


def quiet_deadline(rule: CompiledRule | None, state: AlertState) -> Wake:
    """When the episode ends by silence alone. Counted from the last failure's arrival."""
    quiet = rule.config.resolve.quiet_for if rule else None
    if quiet is None:
        quiet = INTERMITTENT_QUIET if state.intermittent else EXPIRES_AFTER
    return Wake(QUIET, state.key, "", state.seen_at + quiet)


def _severity(rule: CompiledRule, item: Failed) -> Severity:
    return rule.config.severity or item.severity


def _window(rule: CompiledRule, state: AlertState, item: Failed) -> list[Instant]:
    """The times of the failures that opened the episode, the newest being this one or later."""
    within = getattr(rule.condition, "within", 0)
    times = [at for at, _ in state.recent if item.occurred_at - within < at]
    return times or [item.occurred_at]


def _newest(item: Failed, examples: tuple[Example, ...]) -> tuple[Example, ...]:
    return (_example(item), *examples)[:_EXAMPLES]


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

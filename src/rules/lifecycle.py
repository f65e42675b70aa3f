"""How does an alert go on? A condition that begins or ends to hold, successes, deadlines and people: one alert each.

inactive → pending (``for``) → firing → recovering (``keep_firing_for``) → resolved, and back within the reopen window.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from rules import episode, telling
from rules.decisions import Forget, Judged, Silent, Wake
from rules.episode import Cause
from rules.identity import digest
from rules.inputs import Failed, Finished
from rules.instants import DAY, Duration, format_duration
from rules.keys import example_of_key
from rules.kinds import ACK, CALM, CLEAR, ESCALATE, FOR, LOOK, QUIET, RECHECK
from rules.memory import Holding, Kind, Seen
from rules.model import Run
from rules.policy import Escalation
from rules.ruleset import CompiledRule
from rules.state import AlertState, Example
from rules.suppression import alert_fields
from rules.telling import Around
from rules.vocabulary import AlertStatus, Outcome, Reason, Silence

TOO_LATE_AFTER: Duration = DAY


def failed(around: Around, rule: CompiledRule, before: AlertState, item: Failed) -> None:
    """A failure that the rule is about."""
    seen = Seen(
        Kind.FAILED, item.occurred_at, item.occurrence, item.run.id, item.run.started_at, item.novelty,
        item.attempt or item.run.attempts,
    )  # fmt: skip
    holding = rule.condition.observe(before.memory, seen, around.now)
    state = _remembering(around, rule, before, holding)
    cause = episode.cause_of(item)
    if state.open:
        state = _another(around, rule, state, cause, holding)
    elif holding.holds:
        state = _holds(around, rule, state, cause, holding)
    _put(around, rule, before, state, holding)


def watched(around: Around, rule: CompiledRule, before: AlertState, run: Run, seen: Seen) -> None:
    """Something other than a failure happened to a run that the rule watches."""
    holding = rule.condition.observe(before.memory, seen, around.now)
    state = _remembering(around, rule, before, holding)
    example = episode.example_of_run(run, seen.at)
    if not state.open and not holding.holds:
        state = replace(state, examples=(example,) if seen.kind is Kind.OPEN else state.examples)
    _judge(around, rule, before, state, holding, example if seen.kind is Kind.OPEN else None)


def looked(around: Around, rule: CompiledRule, before: AlertState) -> None:
    """Nothing happened, and that may be what the condition is about."""
    holding = rule.condition.look(before.memory, around.now)
    _judge(around, rule, before, _remembering(around, rule, before, holding), holding, None)


def _judge(
    around: Around, rule: CompiledRule, before: AlertState, state: AlertState, holding: Holding, example: Example | None
) -> None:
    if state.open and rule.condition.ends_with_it:
        state = _still(around, state) if holding.holds else _ends(around, rule, state)
    elif holding.holds and not state.open:
        example = example or (state.example if state.examples else example_of_key(rule, state.values))
        state = _holds(around, rule, state, _cause_of_key(around, state, example, holding), holding)
    _put(around, rule, before, state, holding)


def _cause_of_key(around: Around, state: AlertState, example: Example, holding: Holding) -> Cause:
    at = holding.times[-1] if holding.times else around.now
    run = Run("", example.engine, example.workflow, "", Outcome.MISSED, environment=example.environment)
    severity = around.ruleset.severity_of(run)
    return Cause(digest("look", state.key, str(around.now)), at, severity, replace(example, at=example.at or at))


def _remembering(around: Around, rule: CompiledRule, state: AlertState, holding: Holding) -> AlertState:
    """What the condition will remember, and when it is to be asked again."""
    wakes = [holding.wake] if holding.wake is not None else []
    if holding.until is not None and holding.holds and rule.condition.ends_with_it:
        wakes.append(holding.until)
    if wakes:
        around.result.deadlines.append(Wake(LOOK, state.key, "", max(min(wakes), around.now)))
    elif rule.condition.ends_with_it and (state.memory is not holding.memory):
        around.result.deadlines.append(Forget(LOOK, state.key, ""))
    if state.memory is holding.memory and not holding.evidence:
        return state
    until = (holding.until or 0) if holding.holds else state.holds_until
    return replace(state, memory=holding.memory, holds_until=until, evidence=holding.evidence or state.evidence)


def _put(around: Around, rule: CompiledRule, before: AlertState, state: AlertState, holding: Holding) -> None:
    judged = Judged(rule.name, state.alert_id, _word(before), _word(state), holding.evidence)
    around.result.judged.append(judged)
    around.result.over.extend(around.ruleset.suppressions.changed_by(before, state))
    around.states.put(state)


def _word(state: AlertState) -> str:
    if not state.alert_id:
        return "inactive"
    return f"{'recovering' if state.clears_at else state.status.value} ({state.count})"


def _another(around: Around, rule: CompiledRule, before: AlertState, cause: Cause, holding: Holding) -> AlertState:
    """One more failure of an open alert."""
    if around.now - cause.at > TOO_LATE_AFTER:
        return _too_late(around, before, "it happened more than a day ago")
    state = _still(around, episode.counted(rule, before, cause, around.now))
    if state.status is AlertStatus.PENDING:
        return _pending_still(around, rule, before, state, cause, holding)
    if state.intermittent and not before.intermittent:
        wake_quiet(around, rule, state)
    if state.severity.rank > before.severity.rank:
        if before.acknowledged_by:  # it was for less
            begin_escalations(around, state)
        return telling.tell(around, rule, state, Reason.SEVERITY_UP)
    if rule.condition.ends_with_it and not holding.holds:
        return _ends(around, rule, state)
    return telling.occurrence(around, rule, state)


def _pending_still(
    around: Around, rule: CompiledRule, before: AlertState, state: AlertState, cause: Cause, holding: Holding
) -> AlertState:
    """It must have held all the time; where it had stopped for a while, the wait begins again."""
    if holding.holds and before.holds_until and before.holds_until <= cause.at:
        state = replace(state, pending_since=cause.at)
        _wake_for(around, rule, state)
    return state


def _holds(around: Around, rule: CompiledRule, state: AlertState, cause: Cause, holding: Holding) -> AlertState:
    """The condition became true: a new episode, or the last one again if it ended just now."""
    newest = holding.times[-1] if holding.times else cause.at
    if around.now - newest > rule.condition.told_within:
        return _too_late(around, state, f"it was over {format_duration(around.now - newest)} ago")
    if not episode.reopens(state, around.now):
        state = episode.opened(rule, state, cause, holding.times, around.now)
        team, mention, _ = telling.owner_of(around.ruleset, alert_fields(state))
        state = replace(state, team=team, mention=mention)
        if rule.config.for_:
            _wake_for(around, rule, state)
            return state
        return fire(around, rule, state)
    if episode.overtaken(state, cause.at):
        return _too_late(around, episode.counted(rule, state, cause, around.now), "a later run has succeeded since")
    state = episode.reopened(rule, state, cause, around.now)
    wake_quiet(around, rule, state)
    begin_escalations(around, state)
    if state.acknowledged_by:
        around.result.deadlines.append(Wake(ACK, state.key, "", max(state.acknowledged_until, around.now)))
    return _changed(around, rule, state, lambda each: telling.tell(around, rule, each, Reason.REOPENED))


def fire(around: Around, rule: CompiledRule, state: AlertState) -> AlertState:
    state = replace(state, status=AlertStatus.FIRING, fired_at=around.now)
    wake_quiet(around, rule, state)
    state = arm_escalations(around, state, rule.terms.policy.escalate if rule.terms else ())
    reason = Reason.LATE if state.late else Reason.FIRST
    return _changed(around, rule, state, lambda each: telling.tell(around, rule, each, reason))


def arm_escalations(around: Around, state: AlertState, steps: Iterable[Escalation]) -> AlertState:
    state = replace(state, escalations=tuple((step.after, step.channels, step.unless) for step in steps))
    begin_escalations(around, state)
    return state


def begin_escalations(around: Around, state: AlertState) -> None:
    for index, (after, _, _) in enumerate(state.escalations):
        around.result.deadlines.append(Wake(ESCALATE, state.key, str(index), around.now + after))


def _changed(
    around: Around, rule: CompiledRule | None, state: AlertState, told: Callable[[AlertState], AlertState]
) -> AlertState:
    """It began or ended: told, unless it does so too often, which is told once."""
    flapping = rule.terms.policy.flapping if rule and rule.terms else None
    if flapping is None:
        return told(state)
    lately = (*(at for at in state.changes if at > around.now - flapping.within), around.now)[-flapping.changes :]
    state = replace(state, changes=lately)
    if state.flapping:
        _wake_calm(around, state, flapping.within)
        return telling.quietly(around, state)
    if len(lately) < flapping.changes or rule is None or not state.lanes:
        return told(state)
    state = replace(state, flapping=True)
    _wake_calm(around, state, flapping.within)
    return telling.tell(around, rule, state, Reason.FLAPPING)


def _wake_calm(around: Around, state: AlertState, within: Duration) -> None:
    """Calm again when fewer than two changes lie within the time."""
    at = state.changes[-2] + within if len(state.changes) > 1 else around.now
    around.result.deadlines.append(Wake(CALM, state.key, "", max(at, around.now)))


def calm(around: Around, rule: CompiledRule | None, state: AlertState) -> AlertState:
    around.result.deadlines.append(Forget(CALM, state.key, ""))
    return telling.summary(around, rule, replace(state, flapping=False))


def _still(around: Around, state: AlertState) -> AlertState:
    if not state.clears_at:
        return state
    around.result.deadlines.append(Forget(CLEAR, state.key, ""))
    return replace(state, clears_at=0)


def _ends(around: Around, rule: CompiledRule | None, state: AlertState) -> AlertState:
    """What was wrong is not so any more: over at once, or after ``keep_firing_for``."""
    if state.status is AlertStatus.PENDING:
        return drop(around, state)
    keep = rule.keep if rule else 0
    if not keep:
        return resolve(around, rule, state)
    if state.clears_at:
        return state
    around.result.deadlines.append(Wake(CLEAR, state.key, "", around.now + keep))
    return replace(state, clears_at=around.now + keep)


def drop(around: Around, state: AlertState) -> AlertState:
    """It did not last for as long as the rule asks: nobody is told."""
    around.result.deadlines.append(Forget(FOR, state.key, ""))
    return episode.resolved(state, around.now)


def resolve(around: Around, rule: CompiledRule | None, state: AlertState) -> AlertState:
    _forget(around, state)
    spent = around.ruleset.suppressions.spent_by(state) if around.ruleset.suppressions.any else ()
    state = replace(episode.resolved(state, around.now), spent=spent or state.spent)
    if around.ruleset.suppressions.inhibits:
        around.result.over.append(state.alert_id)
    return _changed(around, rule, state, lambda each: telling.resolution(around, each))


def _forget(around: Around, state: AlertState) -> None:
    kinds = [(QUIET, ""), (CLEAR, ""), (ACK, ""), (RECHECK, ""), (FOR, "")]
    kinds += [(ESCALATE, str(index)) for index in range(len(state.escalations))]
    around.result.deadlines.extend(Forget(kind, state.key, detail) for kind, detail in kinds)


def _too_late(around: Around, state: AlertState, because: str) -> AlertState:
    around.result.decisions.append(Silent("", Silence.TOO_LATE, state.rule, state.alert_id, because))
    return state


def wake_quiet(around: Around, rule: CompiledRule | None, state: AlertState) -> None:
    wake = episode.quiet_deadline(rule, state, around.now)
    if wake is not None:
        around.result.deadlines.append(wake)


def _wake_for(around: Around, rule: CompiledRule, state: AlertState) -> None:
    due_at = max(state.pending_since + rule.config.for_, around.now)
    around.result.deadlines.append(Wake(FOR, state.key, "", due_at))


def succeeded(around: Around, rule: CompiledRule | None, before: AlertState, item: Finished) -> None:
    """A run at the alert's level succeeded."""
    state, ends = episode.success(rule, before, item)
    upstream = episode.resolve_of(rule).upstream and any(e.run_id == item.run.run_id for e in state.examples)
    if ends or upstream:
        state = _ends(around, rule, state)
    elif state.intermittent and not before.intermittent:
        wake_quiet(around, rule, state)
    around.states.put(state)

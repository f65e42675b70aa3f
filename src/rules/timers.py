"""A deadline of an alert came, or a person did something to it: what becomes of the alert?"""

from collections.abc import Callable

from msgspec.structs import replace

from rules import episode, lifecycle, telling
from rules.decisions import Forget, Wake
from rules.inputs import Acted, Due
from rules.instants import DAY
from rules.kinds import ACK, CALM, CLEAR, ESCALATE, FOR, LOOK, QUIET, RECHECK
from rules.ruleset import CompiledRule
from rules.state import AlertState
from rules.telling import Around
from rules.vocabulary import AlertStatus


def due(around: Around, rule: CompiledRule | None, state: AlertState, item: Due) -> None:
    """A deadline of the alert came."""
    if item.kind == LOOK:
        if rule is not None:
            lifecycle.looked(around, rule, state)
        return
    if item.kind == CALM and state.flapping:
        around.states.put(lifecycle.calm(around, rule, state))
        return
    after = _DUE[item.kind](around, rule, state, item) if state.open and item.kind in _DUE else state
    if after is not state:
        around.result.over.extend(around.ruleset.suppressions.changed_by(state, after))
        around.states.put(after)


def _for_due(around: Around, rule: CompiledRule | None, state: AlertState, _item: Due) -> AlertState:
    if state.status is not AlertStatus.PENDING or rule is None:
        return state
    lasted = not state.holds_until or state.holds_until >= around.now
    return lifecycle.fire(around, rule, state) if lasted else lifecycle.drop(around, state)


def _clear_due(around: Around, rule: CompiledRule | None, state: AlertState, _item: Due) -> AlertState:
    return lifecycle.resolve(around, rule, state) if state.clears_at and state.clears_at <= around.now else state


def _quiet_due(around: Around, rule: CompiledRule | None, state: AlertState, _item: Due) -> AlertState:
    wake = episode.quiet_deadline(rule, state, around.now)
    if wake is not None and wake.due_at > around.now:
        around.result.deadlines.append(wake)
        return state
    return state if wake is None else lifecycle.resolve(around, rule, state)


def _escalate_due(around: Around, rule: CompiledRule | None, state: AlertState, item: Due) -> AlertState:
    index = int(item.detail)
    if not state.firing or rule is None or rule.terms is None or index >= len(state.escalations):
        return state
    _, channels, unless = state.escalations[index]
    if unless == "acknowledged" and state.acknowledged_by:
        return state
    return telling.escalate(around, state, channels, rule.terms)


def _ack_due(around: Around, _rule: CompiledRule | None, state: AlertState, _item: Due) -> AlertState:
    return _unacknowledged(around, state)


def _recheck_due(around: Around, rule: CompiledRule | None, state: AlertState, _item: Due) -> AlertState:
    return telling.recheck(around, rule, state) if state.firing else state


_DUE: dict[str, Callable[[Around, CompiledRule | None, AlertState, Due], AlertState]] = {
    FOR: _for_due,
    CLEAR: _clear_due,
    QUIET: _quiet_due,
    ESCALATE: _escalate_due,
    ACK: _ack_due,
    RECHECK: _recheck_due,
}


def acted(around: Around, rule: CompiledRule | None, state: AlertState, item: Acted) -> None:
    """A person did something to an open alert."""
    state = replace(state, acted_at=state.acted_at or around.now)
    if item.action == "acknowledge":
        timeout = rule.terms.policy.ack_timeout if rule and rule.terms else DAY
        until = item.until or around.now + timeout
        state = replace(state, acknowledged_by=item.by, acknowledged_until=until)
        around.result.deadlines.append(Wake(ACK, state.key, "", max(until, around.now)))
        telling.acknowledged(around, state)
    elif item.action == "unacknowledge":
        state = _unacknowledged(around, state)
    elif item.action == "resolve":
        state = (
            lifecycle.drop(around, state)
            if state.status is AlertStatus.PENDING
            else lifecycle.resolve(around, rule, state)
        )
    around.states.put(state)


def _unacknowledged(around: Around, state: AlertState) -> AlertState:
    """Nobody has it in hand any more: reminders go on, and escalation begins anew."""
    if not state.acknowledged_by:
        return state
    state = replace(state, acknowledged_by="", acknowledged_until=0)
    around.result.deadlines.append(Forget(ACK, state.key, ""))
    telling.acknowledged(around, state)
    lifecycle.begin_escalations(around, state)
    return state

"""Who hears of an alert now, and who does not? Timing by severity, then the dedup window of each channel.

The window of (channel, alert) opens when a message is decided and has a fixed length. Inside it failures are counted;
a rise in severity and a return after resolution break it; when it ends with failures uncounted, one message says "+N".
"""

from dataclasses import replace

from rules.config import Policy
from rules.decisions import Forget, Notify, Result, Silent, Wake
from rules.identity import digest
from rules.instants import Instant
from rules.ruleset import CompiledRule
from rules.state import AlertState, Told
from rules.vocabulary import Reason, Silence

DEDUP = "dedup"


def at_once(rule: CompiledRule, state: AlertState, reason: Reason, now: Instant, result: Result) -> AlertState:
    """Tell every channel of the policy, whatever its window says."""
    for channel in _listening(rule, state, result):
        told = state.told.get(channel)
        if told is None:
            state = _tell(rule, state, channel, _beginning(reason), now, result)
        else:
            state = _with(state, channel, replace(told, pending=told.pending + 1))
            state = _tell(rule, state, channel, reason, now, result)
    return state


def occurrence(rule: CompiledRule, state: AlertState, now: Instant, result: Result) -> AlertState:
    """One more failure of an open alert: counted where the channel's window is open, told where it is not."""
    for channel in _listening(rule, state, result):
        told = state.told.get(channel)
        if told is None:
            state = _tell(rule, state, channel, Reason.FIRST, now, result)
        elif told.until > now:
            state = _with(state, channel, replace(told, pending=told.pending + 1))
            result.decisions.append(Silent(channel, Silence.DEDUP, state.rule, state.alert_id))
        else:
            state = _with(state, channel, replace(told, pending=told.pending + 1))
            state = _tell(rule, state, channel, Reason.AGAIN, now, result)
    return state


def window_ended(
    rule: CompiledRule | None, state: AlertState, channel: str, now: Instant, result: Result
) -> AlertState:
    told = state.told.get(channel)
    if told is None or told.until > now:
        return state
    if told.pending and rule is not None:
        return _tell(rule, state, channel, Reason.AGAIN, now, result)
    return _with(state, channel, replace(told, until=0))


def resolution(rule: CompiledRule | None, state: AlertState, result: Result) -> AlertState:
    """Say that it is over to exactly those who were told; the next failure breaks every window."""
    for channel, told in state.told.items():
        told = replace(told, until=0, pending=0, messages=told.messages + 1)
        state = _with(state, channel, told)
        result.deadlines.append(Forget(DEDUP, state.key, channel))
        policy = rule.config.policy if rule else "default"
        result.decisions.append(_message(policy, state, channel, Reason.RESOLVED, told.messages, 0))
    return state


def _listening(rule: CompiledRule, state: AlertState, result: Result) -> tuple[str, ...]:
    policy = rule.policy
    silence = _silence(policy, state)
    if silence is None and policy is not None:
        return policy.channels
    if silence is not None:
        result.decisions.append(Silent("", silence, state.rule, state.alert_id))
    return ()


def _silence(policy: Policy | None, state: AlertState) -> Silence | None:
    if policy is None or not policy.channels:
        return Silence.NO_POLICY
    return Silence.LOW if policy.when(state.severity) == "never" else None


def _beginning(reason: Reason) -> Reason:
    """A channel that was never told hears of a beginning, not of a change."""
    return reason if reason is Reason.LATE else Reason.FIRST


def _tell(
    rule: CompiledRule, state: AlertState, channel: str, reason: Reason, now: Instant, result: Result
) -> AlertState:
    before = state.told.get(channel, Told())
    window = rule.policy.dedup_window if rule.policy else 0
    told = Told(until=now + window, pending=0, messages=before.messages + 1)
    state = _with(state, channel, told)
    result.deadlines.append(Wake(DEDUP, state.key, channel, told.until))
    result.decisions.append(_message(rule.config.policy, state, channel, reason, told.messages, before.pending))
    return state


def _message(policy: str, state: AlertState, channel: str, reason: Reason, number: int, since_last: int) -> Notify:
    workflow = state.examples[0].workflow if state.examples else ""
    return Notify(
        id=digest("notification", state.alert_id, channel, str(number)),
        channel=channel,
        policy=policy,
        reason=reason,
        alert_id=state.alert_id,
        alert_key=state.key,
        severity=state.severity,
        since_last=since_last,
        conversation=digest("conversation", policy, channel, workflow),
    )


def _with(state: AlertState, channel: str, told: Told) -> AlertState:
    return replace(state, told={**state.told, channel: told})

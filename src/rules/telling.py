"""Who hears of an alert now, and who does not? Timing by severity, then the dedup window of each channel.

The window of (channel, alert) opens when a message is decided and has a fixed length. Inside it failures are counted;
a rise in severity and a return after resolution break it; when it ends with failures uncounted, one message says "+N".
"""

from dataclasses import replace

from rules.decisions import Forget, Notify, Result, Silent, Wake
from rules.identity import digest
from rules.instants import Instant
from rules.ruleset import CompiledRule
from rules.state import AlertState, Told
from rules.vocabulary import Reason, Silence

DEDUP = "dedup"


def at_once(rule: CompiledRule, state: AlertState, reason: Reason, now: Instant, result: Result) -> AlertState:
    """Tell every channel of the policy, whatever its window says. A channel that was never told hears of a beginning,
    not of a change."""
    told = dict(state.told)
    for channel in _listening(rule, state, result):
        if channel in told:
            told[channel] = _tell(rule, state, channel, _counted(told[channel]), reason, now, result)
        else:
            beginning = reason if reason is Reason.LATE else Reason.FIRST
            told[channel] = _tell(rule, state, channel, Told(), beginning, now, result)
    return replace(state, told=told)


def occurrence(rule: CompiledRule, state: AlertState, now: Instant, result: Result) -> AlertState:
    """One more failure of an open alert: counted where the channel's window is open, told where it is not."""
    told = dict(state.told)
    for channel in _listening(rule, state, result):
        before = told.get(channel)
        if before is None:
            told[channel] = _tell(rule, state, channel, Told(), Reason.FIRST, now, result)
        elif before.until > now:
            told[channel] = _counted(before)
            result.decisions.append(Silent(channel, Silence.DEDUP, state.rule, state.alert_id))
        else:
            told[channel] = _tell(rule, state, channel, _counted(before), Reason.AGAIN, now, result)
    return replace(state, told=told)


def window_ended(
    rule: CompiledRule | None, state: AlertState, channel: str, now: Instant, result: Result
) -> AlertState:
    """Say "+N" of what was counted. A rule that is no longer there, or no longer tells this channel, says nothing."""
    before = state.told.get(channel)
    if before is None or before.until > now or not before.pending:
        return state
    if rule is None or channel not in _listening(rule, state, result):
        return state
    return replace(state, told={**state.told, channel: _tell(rule, state, channel, before, Reason.AGAIN, now, result)})


def resolution(state: AlertState, result: Result) -> AlertState:
    """Say that it is over to exactly those who were told; the next failure breaks every window."""
    told = {}
    for channel, before in state.told.items():
        told[channel] = replace(before, until=0, pending=0, messages=before.messages + 1)
        result.deadlines.append(Forget(DEDUP, state.key, channel))
        result.decisions.append(_message(state, channel, told[channel], Reason.RESOLVED, before.pending))
    return replace(state, told=told)


def _listening(rule: CompiledRule, state: AlertState, result: Result) -> tuple[str, ...]:
    """The channels to tell; where there are none, the reason for it."""
    policy = rule.policy
    if policy is None or not policy.channels:
        because = f"policy {rule.config.policy} names no channel"
        result.decisions.append(Silent("", Silence.NO_POLICY, state.rule, state.alert_id, because))
        return ()
    if policy.when(state.severity) == "never":
        because = f"{state.severity.value} alerts are recorded only"
        result.decisions.append(Silent("", Silence.LOW, state.rule, state.alert_id, because))
        return ()
    return policy.channels


def _counted(told: Told) -> Told:
    return Told(told.until, told.pending + 1, told.messages, told.policy, told.conversation)


def _tell(
    rule: CompiledRule, state: AlertState, channel: str, before: Told, reason: Reason, now: Instant, result: Result
) -> Told:
    """Decide one message and open the channel's window."""
    window = rule.policy.dedup_window if rule.policy else 0
    conversation = before.conversation or _conversation(rule.config.policy, channel, state)
    told = Told(now + window, 0, before.messages + 1, rule.config.policy, conversation)
    result.deadlines.append(Wake(DEDUP, state.key, channel, told.until))
    result.decisions.append(_message(state, channel, told, reason, before.pending))
    return told


def _conversation(policy: str, channel: str, state: AlertState) -> str:
    """One conversation for each workflow: that of the failure told first, where an alert has several."""
    return digest("conversation", policy, channel, state.examples[0].workflow)


def _message(state: AlertState, channel: str, told: Told, reason: Reason, since_last: int) -> Notify:
    """One message. Its id comes from its number within the episode."""
    return Notify(
        id=digest("notification", state.alert_id, channel, str(told.messages)),
        channel=channel,
        policy=told.policy,
        reason=reason,
        alert_id=state.alert_id,
        alert_key=state.key,
        severity=state.severity,
        since_last=since_last,
        conversation=told.conversation,
    )

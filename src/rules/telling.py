"""Who hears of an alert, and in which conversation? Policy, owners, severity, and what keeps it from being told.

In the order of the limiters: shadow, severity, suppression, flapping, then the conversation's own dedup and spacing.
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from rules.conversation import Conversation, Lane, Member, conversation_key
from rules.decisions import Result, Silent, Wake
from rules.instants import Instant
from rules.kinds import RECHECK
from rules.ruleset import CompiledRule, Ruleset
from rules.state import AlertState, Example, Slice
from rules.suppression import Suppressed
from rules.talking import count, has_to_wait, say, set_aside, settle, soon
from rules.terms import Terms
from rules.vocabulary import Reason, Severity, Silence

_BEGINS = frozenset({Reason.FIRST, Reason.LATE})
_COUNTED = frozenset({Reason.REOPENED, Reason.SEVERITY_UP})  # told because of one more failure


class Around(msgspec.Struct, frozen=True):
    """What one step works with."""

    ruleset: Ruleset
    states: Slice
    now: Instant
    result: Result


def tell(
    around: Around, rule: CompiledRule, state: AlertState, reason: Reason, only: tuple[str, ...] = ()
) -> AlertState:
    """Every channel that listens is to hear of it, or those of ``only``, whatever their dedup windows say. One that has
    not heard of the alert hears of a beginning, not of a change."""
    listening = only or _listening(around, rule, state)
    if not listening or rule.terms is None:
        return state
    suppressed = around.ruleset.suppressions.of(state, _inhibitors(around), around.now)
    state = _suppress(around, state, suppressed)
    lanes = dict(state.lanes)
    for channel in listening:
        conversation = _conversation(around, rule.terms, state, channel, lanes.get(channel, ""), reason)
        starts = reason if channel in lanes or reason in _BEGINS else Reason.FIRST
        lanes[channel] = conversation.key
        member = say(conversation, state, starts, around.now)
        member.pending += starts in _COUNTED
        _hold(around, member, conversation, suppressed)
        _settle(around, conversation, state)
    return replace(state, lanes=lanes)


def occurrence(around: Around, rule: CompiledRule, state: AlertState) -> AlertState:
    """One more failure of a firing alert: counted where the channel knows of it already, told where it does not."""
    if state.flapping:
        around.result.decisions.append(Silent("", Silence.FLAPPING, state.rule, state.alert_id))
        return state
    unheard = []
    suppressed = around.ruleset.suppressions.of(state, _inhibitors(around), around.now)
    for channel in _listening(around, rule, state):
        conversation = around.states.conversation(state.lanes.get(channel, ""))
        member = conversation.members.get(state.key) if conversation else None
        if conversation is None or member is None or member.alert_id != state.alert_id:
            unheard.append(channel)
            continue
        around.states.talk(conversation)
        silence = count(member, around.now)
        member.severity = state.severity
        if silence is not None and suppressed is None:
            silence = Silence.DIGEST_LATER if silence is Silence.GROUPED and _is_digest(conversation) else silence
            around.result.decisions.append(Silent(channel, silence, state.rule, state.alert_id))
        if suppressed is not None or member.held:
            _hold(around, member, conversation, suppressed)
        _settle(around, conversation, state, noted=silence is not None)
    if suppressed is not None or state.suppressed_by:
        state = _suppress(around, state, suppressed)
    return tell(around, rule, state, Reason.FIRST, tuple(unheard)) if unheard else state


def resolution(around: Around, state: AlertState) -> AlertState:
    """Say that it is over to exactly those who were told; who has not heard that it began hears of both at once."""
    for conversation, member in _lanes(around, state):
        member.open = False
        if not member.told and (member.held or not member.waiting or _is_muted(around, conversation, member)):
            del conversation.members[state.key]
            if _BEGINS & set(member.waiting):  # nothing was ever told here: if it comes back, it begins
                kept = {channel: key for channel, key in state.lanes.items() if channel != conversation.channel}
                state = replace(state, lanes=kept)
            continue
        member.held, member.until = False, 0
        say(conversation, state, Reason.RESOLVED, around.now)
        _settle(around, conversation, state)
    if state.suppressed_by:
        state = replace(state, suppressed_by="")
    return state


def _is_muted(around: Around, conversation: Conversation, member: Member) -> bool:
    """Came while the policy was muted, and still is."""
    terms = around.ruleset.terms.get(conversation.policy)
    return member.muted and terms is not None and terms.unmuted(around.now) != around.now


def quietly(around: Around, state: AlertState) -> AlertState:
    """It changes too often: the channels learn of this change only from the summary."""
    for _conversation, member in _lanes(around, state):
        member.alert_id, member.open, member.waiting = state.alert_id, state.open, ()
    around.result.decisions.append(Silent("", Silence.FLAPPING, state.rule, state.alert_id))
    return state


def summary(around: Around, rule: CompiledRule | None, state: AlertState) -> AlertState:
    """It has calmed down: say once how it stands."""
    if not state.firing:
        return resolution(around, state)
    return tell(around, rule, state, Reason.AGAIN) if rule else state


def acknowledged(around: Around, state: AlertState) -> None:
    """Reminders stop, or begin again; a taken back acknowledgement ends the dedup window."""
    by_somebody = bool(state.acknowledged_by)
    for conversation, member in _lanes(around, state):
        member.acknowledged = by_somebody
        if not by_somebody:
            member.until, member.reminded = 0, 0
        _settle(around, conversation, state)


def escalate(around: Around, state: AlertState, channels: Iterable[str], terms: Terms) -> AlertState:
    lanes = dict(state.lanes)
    suppressed = around.ruleset.suppressions.of(state, _inhibitors(around), around.now)
    for channel in channels:
        key = lanes.get(channel, "")
        known = around.states.conversation(key)
        group = conversation_key(Lane.GROUP, terms.name, channel, _values(terms, state))
        conversation = known or around.states.conversation(group)
        conversation = conversation or Conversation(group, Lane.GROUP, terms.name, channel, state.example.workflow)
        lanes[channel] = around.states.talk(conversation).key
        member = say(conversation, state, Reason.ESCALATION, around.now)
        _hold(around, member, conversation, suppressed)
        _settle(around, conversation, state)
    return replace(_suppress(around, state, suppressed), lanes=lanes)


def recheck(around: Around, rule: CompiledRule | None, state: AlertState) -> AlertState:
    """What kept it from being told may be over, or may have begun."""
    suppressed = around.ruleset.suppressions.of(state, _inhibitors(around), around.now)
    state = _suppress(around, state, suppressed)
    for conversation, member in _lanes(around, state):
        _hold(around, member, conversation, suppressed)
        if suppressed is None and member.pending and not member.waiting and member.until <= around.now:
            say(conversation, state, Reason.AGAIN, around.now)
        soon(conversation, around.now, around.result)
    unheard = rule is not None and not state.lanes and suppressed is None
    return tell(around, rule, state, Reason.FIRST) if unheard and rule else state


def lanes_needed(ruleset: Ruleset, rule: CompiledRule, example: Example) -> Iterator[str]:
    """The conversations that something about an alert with this latest failure may touch."""
    terms = rule.terms
    if terms is None:
        return
    severities = tuple(Severity) if "severity" in terms.policy.group_by else (Severity.HIGH,)
    escalated = {channel for each in terms.policy.escalate for channel in each.channels}
    owned = {channel for _, owner in ruleset.owners for channel in owner.channels}
    for channel in {*terms.policy.channels, *escalated, *owned}:
        yield conversation_key(Lane.DIGEST, terms.name, channel)
        yield conversation_key(Lane.STORM, terms.name, channel)
        for severity in severities:
            values = _group_values(terms, rule.name, severity, example)
            yield conversation_key(Lane.GROUP, terms.name, channel, values)


def _values(terms: Terms, state: AlertState) -> tuple[str, ...]:
    return _group_values(terms, state.rule, state.severity, state.example)


def _group_values(terms: Terms, rule: str, severity: Severity, example: Example) -> tuple[str, ...]:
    return tuple(group_value(name, rule, severity, example) for name in terms.policy.group_by)


def group_value(name: str, rule: str, severity: Severity, example: Example) -> str:
    """One of ``group_by``, of an alert with this latest failure."""
    if name.startswith("labels."):
        return example.labels.get(name.removeprefix("labels."), "")
    if name in ("severity", "rule"):
        return severity.value if name == "severity" else rule
    return str(getattr(example, name))


def owner_of(ruleset: Ruleset, fields: dict[str, str]) -> tuple[str, str, tuple[str, ...]]:
    """(team, mention, channels) of the first owner that matches."""
    for match, owner in ruleset.owners:
        if match.matches(fields):
            return owner.team, owner.mention, owner.channels
    return "", "", ()


def _listening(around: Around, rule: CompiledRule, state: AlertState) -> tuple[str, ...]:
    """The channels to tell; where there are none, the reason for it."""
    found, silence, because = _audience(around.ruleset, rule, state)
    if silence is not None:
        around.result.decisions.append(Silent("", silence, state.rule, state.alert_id, because))
    return found


def _audience(ruleset: Ruleset, rule: CompiledRule, state: AlertState) -> tuple[tuple[str, ...], Silence | None, str]:
    if rule.config.notify == "shadow":
        return (), Silence.SHADOW, f"rule {rule.name} is a shadow"
    own = _owner_channels(ruleset, state.team)
    channels = tuple(dict.fromkeys((*rule.terms.policy.channels, *own))) if rule.terms else ()
    if rule.terms is None or not channels:
        return (), Silence.NO_POLICY, f"policy {rule.config.policy} names no channel"
    if rule.terms.policy.when(state.severity) == "never":
        return (), Silence.LOW, f"{state.severity.value} alerts are recorded only"
    return channels, None, ""


def _owner_channels(ruleset: Ruleset, team: str) -> tuple[str, ...]:
    return next((owner.channels for _, owner in ruleset.owners if owner.team == team), ()) if team else ()


def _inhibitors(around: Around) -> list[AlertState]:
    return around.states.firing() if around.ruleset.suppressions.inhibits else []


def _suppress(around: Around, state: AlertState, suppressed: Suppressed | None) -> AlertState:
    by = suppressed.by if suppressed else ""
    until = suppressed.until if suppressed else 0
    at = until or around.ruleset.suppressions.next_start(around.now)
    if at:
        around.result.deadlines.append(Wake(RECHECK, state.key, "", at))
    return state if by == state.suppressed_by else replace(state, suppressed_by=by)


def _hold(around: Around, member: Member, conversation: Conversation, suppressed: Suppressed | None) -> None:
    member.held = suppressed is not None and member.waiting[-1:] != (Reason.RESOLVED,)
    if suppressed is not None and member.held:
        silent = Silent(conversation.channel, suppressed.reason, member.rule, member.alert_id, suppressed.because)
        around.result.decisions.append(silent)


def _lanes(around: Around, state: AlertState) -> list[tuple[Conversation, Member]]:
    found = []
    for key in dict.fromkeys(state.lanes.values()):
        conversation = around.states.conversation(key)
        member = conversation.members.get(state.key) if conversation else None
        if conversation is not None and member is not None and (member.alert_id == state.alert_id or state.flapping):
            found.append((around.states.talk(conversation), member))
    return found


def _conversation(
    around: Around, terms: Terms, state: AlertState, channel: str, known: str, reason: Reason
) -> Conversation:
    """The alert's conversation on the channel: the one it is in, unless severity has taken it out of the digest."""
    lane = Lane.DIGEST if terms.policy.when(state.severity) == "daily" else Lane.GROUP
    current = around.states.conversation(known) if known else None
    if current is not None and (current.lane is not Lane.DIGEST or lane is Lane.DIGEST):
        return around.states.talk(current)
    moved = around.states.talk(current).members.pop(state.key, None) if current is not None else None
    group = around.states.conversation(conversation_key(Lane.GROUP, terms.name, channel, _values(terms, state)))
    begins = lane is Lane.GROUP and reason in _BEGINS | {Reason.REOPENED}
    if begins and not has_to_wait(group, terms, state.severity, around.now) and _is_storm(around, terms, channel):
        lane = Lane.STORM
    values = _values(terms, state) if lane is Lane.GROUP else ()
    conversation = _open(around, lane, terms, channel, values, state.example.workflow)
    if moved is not None:
        set_aside(conversation, state.key)
        conversation.members[state.key] = moved
    return conversation


def _open(
    around: Around, lane: Lane, terms: Terms, channel: str, values: tuple[str, ...], subject: str
) -> Conversation:
    key = conversation_key(lane, terms.name, channel, values)
    found = around.states.conversation(key) or Conversation(key, lane, terms.name, channel, subject)
    return around.states.talk(found)


def _is_storm(around: Around, terms: Terms, channel: str) -> bool:
    """Whether too many alerts began on the channel just now; this one is counted."""
    storm, now = terms.policy.storm, around.now
    watch = _open(around, Lane.STORM, terms, channel, (), "")
    lately = tuple(at for at in watch.recent if at > now - storm.within)
    going_on = watch.stormy and bool(watch.recent) and now - watch.recent[-1] < storm.every
    watch.recent = (*lately[-storm.alerts :], now)
    watch.stormy = going_on or len(watch.recent) > storm.alerts
    return watch.stormy


def _is_digest(conversation: Conversation) -> bool:
    return conversation.lane is Lane.DIGEST


def _settle(around: Around, conversation: Conversation, state: AlertState, *, noted: bool = False) -> None:
    settle(conversation, around.ruleset.terms.get(conversation.policy), around.now, around.result, state.key)
    member = conversation.members.get(state.key)
    if noted or member is None or not member.waiting or member.held or member.muted:
        return
    silence = Silence.DIGEST_LATER if _is_digest(conversation) else Silence.GROUPED
    around.result.decisions.append(Silent(conversation.channel, silence, state.rule, state.alert_id))

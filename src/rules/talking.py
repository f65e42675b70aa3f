"""When does a conversation say something, and what? Waiting, spacing, dedup, reminders, digests, storms: one deadline.

Reasons come in by ``say`` and ``count``; ``settle`` says what is due and sets the deadline for the rest.
"""

from collections.abc import Iterable

from rules.conversation import Conversation, Lane, Member
from rules.decisions import About, Forget, Notify, Result, Silent, Wake
from rules.identity import digest
from rules.instants import MINUTE, Instant
from rules.kinds import TALK
from rules.merging import OPENING, heaviest, merged
from rules.policy import Policy
from rules.state import AlertState
from rules.terms import Terms
from rules.vocabulary import Reason, Severity, Silence

# These neither open the dedup window nor take part in it.
_APART = frozenset({Reason.REMINDER, Reason.ESCALATION, Reason.DIGEST})
# These are about a change that somebody waits for: no spacing holds them up.
_AT_ONCE = frozenset({Reason.ESCALATION, Reason.FLAPPING})
_BETWEEN_ENDS = 2 * MINUTE


def say(conversation: Conversation, state: AlertState, reason: Reason, now: Instant) -> Member:
    """Something about an alert is to be told."""
    member = conversation.members.get(state.key)
    if member is None or member.alert_id != state.alert_id:
        set_aside(conversation, state.key)
        member = conversation.members[state.key] = Member(state.alert_id, state.rule, state.severity)
    member.severity, member.open = state.severity, state.open
    member.acknowledged = bool(state.acknowledged_by)
    if not member.waiting:
        member.since = now
    if reason not in member.waiting[-1:]:
        member.waiting = (*member.waiting, reason)
    return member


def set_aside(conversation: Conversation, key: str) -> None:
    """Make room for another episode: what is still unsaid of the one before stays to be said."""
    member = conversation.members.get(key)
    if member is not None and member.waiting:
        conversation.members[f"{key}/{member.alert_id}"] = conversation.members.pop(key)


def has_to_wait(group: Conversation | None, terms: Terms, severity: Severity, now: Instant) -> bool:
    """Whether it spoke just now: who joins it then makes no message of its own, and no storm."""
    return group is not None and bool(group.last_at) and group.last_at + terms.policy.spacing(severity) > now


def count(member: Member, now: Instant) -> Silence | None:
    """One more failure of an alert that the channel knows. Why it is not told now; None if it is to be."""
    member.pending += 1
    if member.waiting:
        return Silence.GROUPED
    if member.until > now:
        return Silence.DEDUP
    member.waiting, member.since = (Reason.AGAIN,), now
    return None


def settle(conversation: Conversation, terms: Terms | None, now: Instant, result: Result, key: str = "") -> None:
    """Say what is due; be woken for the rest. With the ``key`` of a member, only that one was touched."""
    if terms is None:
        _without_policy(conversation, result)
        terms = _GONE
    member = conversation.members.get(key)
    if member is not None:
        at = _next_of(conversation, member, terms)
        if at is None or at > now:
            if at is not None and (not conversation.wakes_at or at < conversation.wakes_at):
                _wake(conversation, at, result)
            _note_mute(conversation, member, terms, now, result)
            return
    _advance(conversation, terms, now, result)


def soon(conversation: Conversation, now: Instant, result: Result) -> None:
    """Settle at this same moment, once everything that is due now was looked at."""
    _wake(conversation, now, result)


def _without_policy(conversation: Conversation, result: Result) -> None:
    """The policy is not there any more: who was told of a beginning is told of its end, and of nothing else."""
    for key, member in list(conversation.members.items()):
        member.pending = 0
        if member.waiting and member.waiting[-1] is not Reason.RESOLVED:
            silent = Silent(conversation.channel, Silence.NO_POLICY, member.rule, member.alert_id)
            result.decisions.append(silent)
            member.waiting = ()
        if not member.told:
            del conversation.members[key]


_GONE = Terms("", Policy(group_wait="0s", group_interval="0s", remind={}))


def _advance(conversation: Conversation, terms: Terms, now: Instant, result: Result) -> None:
    for member in conversation.members.values():
        _grow_due(conversation, member, terms, now)
    due = [_flush_at(conversation, member, terms) for member in conversation.members.values() if _speaks(member)]
    if any(at <= now for at in due):
        _flush(conversation, terms, now, result)
    upcoming = [_next_of(conversation, member, terms) for member in conversation.members.values()]
    at = min((each for each in upcoming if each is not None), default=None)
    _wake(conversation, at if at is None else terms.unmuted(max(at, now)), result)


def _wake(conversation: Conversation, at: Instant | None, result: Result) -> None:
    if at is None:
        if conversation.wakes_at:
            result.deadlines.append(Forget(TALK, conversation.key, ""))
        conversation.wakes_at = 0
    elif at != conversation.wakes_at:
        conversation.wakes_at = at
        result.deadlines.append(Wake(TALK, conversation.key, "", at))


def _speaks(member: Member) -> bool:
    return bool(member.waiting) and not member.held


def _next_of(conversation: Conversation, member: Member, terms: Terms) -> Instant | None:
    """When something is to be done for this member, if nothing more happens."""
    if member.held:
        return None
    if member.waiting:
        return _flush_at(conversation, member, terms)
    if not member.open or not member.told or conversation.lane is Lane.DIGEST:
        return None
    times = [member.until] if member.pending else []
    remind = _reminder_at(member, terms)
    return min([*times, *([] if remind is None else [remind])], default=None)


def _reminder_at(member: Member, terms: Terms) -> Instant | None:
    waits = terms.policy.remind.get(member.severity, ())
    if not waits or member.acknowledged:
        return None
    return member.said_at + waits[min(member.reminded, len(waits) - 1)]


def _grow_due(conversation: Conversation, member: Member, terms: Terms, now: Instant) -> None:
    """The end of a dedup window with failures uncounted, or the time for a reminder, are reasons of their own."""
    if member.waiting or member.held or not member.open or not member.told or conversation.lane is Lane.DIGEST:
        return
    remind = _reminder_at(member, terms)
    if member.pending and member.until <= now:
        member.waiting, member.since = (Reason.AGAIN,), member.until
    elif remind is not None and remind <= now:
        member.waiting, member.since = (Reason.REMINDER,), remind


def _flush_at(conversation: Conversation, member: Member, terms: Terms) -> Instant:
    if conversation.lane is Lane.DIGEST:
        return terms.digest_after(member.since)
    if conversation.lane is Lane.STORM:
        spacing = terms.policy.storm.every
        return terms.unmuted(max(member.since, conversation.last_at + spacing if conversation.last_at else 0))
    return terms.unmuted(_spaced(conversation, member, terms))


def _spaced(conversation: Conversation, member: Member, terms: Terms) -> Instant:
    """After the wait for others, and the least time since the last message.

    Where that time is the hour of ``hourly``, what ended is told at once, and what is back after its end was told, too:
    nobody is left for an hour with what is not true any more.
    """
    policy, severity = terms.policy, member.severity
    if _AT_ONCE & set(member.waiting):
        return member.since
    by_the_hour = policy.when(severity) == "hourly" and not policy.spaced_by_file(severity)
    over, back = member.waiting[-1] is Reason.RESOLVED, member.waiting[0] is Reason.REOPENED
    if by_the_hour and over and member.told:
        return _end_at(conversation, member)
    if by_the_hour and (back or member.waiting[-1] is Reason.REMINDER):
        return member.since
    last = conversation.fired_at if by_the_hour else conversation.last_at
    wait = 0 if member.told else policy.wait(severity)
    return max(member.since + wait, last + policy.spacing(severity) if last else 0)


def _end_at(conversation: Conversation, member: Member) -> Instant:
    """At once, but where ends alone were told a moment ago, together with those that come soon."""
    ended = conversation.ended_at
    return max(member.since, ended + _BETWEEN_ENDS) if ended and member.since > ended else member.since


def _note_mute(conversation: Conversation, member: Member, terms: Terms, now: Instant, result: Result) -> None:
    if terms.mutes and member.waiting and not member.held and not member.muted and terms.unmuted(now) != now:
        member.muted = True
        because = f"a mute timing of policy {terms.name}"
        result.decisions.append(Silent(conversation.channel, Silence.MUTED, member.rule, member.alert_id, because))


def _flush(conversation: Conversation, terms: Terms, now: Instant, result: Result) -> None:
    going = {key: member for key, member in conversation.members.items() if _speaks(member)}
    if terms.mutes and terms.unmuted(now) != now:
        return
    about = tuple(_about(key, member) for key, member in going.items())
    others = sum(1 for key, m in conversation.members.items() if key not in going and m.open and m.told)
    conversation.messages += 1
    notify = Notify(
        id=digest("notification", conversation.key, str(conversation.messages), str(now), about[0].alert_id),
        channel=conversation.channel,
        policy=conversation.policy,
        reason=_headline(conversation, about, others),
        severity=_worst(going.values()),
        conversation=conversation.key,
        about=about,
        others=others,
    )
    result.decisions.append(notify)
    _spoken(conversation, going, terms, now)


def _about(key: str, member: Member) -> About:
    reason = merged(member.waiting)
    if reason is Reason.RECOVERED and member.told:
        reason = Reason.RESOLVED
    return About(member.alert_id, key.partition("/")[0], reason, member.pending)


def _headline(conversation: Conversation, about: tuple[About, ...], others: int) -> Reason:
    reasons = {each.reason for each in about}
    if conversation.lane is Lane.DIGEST:
        return Reason.DIGEST
    if conversation.lane is Lane.STORM and reasons & OPENING:
        return Reason.STORM
    reason = heaviest(reasons)
    return Reason.NEW_MEMBERS if reason is Reason.FIRST and others else reason


def _worst(members: Iterable[Member]) -> Severity:
    return max((member.severity for member in members), key=lambda severity: severity.rank)


def _spoken(conversation: Conversation, going: dict[str, Member], terms: Terms, now: Instant) -> None:
    conversation.last_at = now
    if all(member.waiting[-1] is Reason.RESOLVED for member in going.values()):
        conversation.ended_at = now
    for key, member in going.items():
        reason = merged(member.waiting)
        if member.waiting[-1] is Reason.RESOLVED:
            del conversation.members[key]
            continue
        apart = reason in _APART or conversation.lane is Lane.DIGEST
        if not apart:
            conversation.fired_at = now
            member.until = now + terms.policy.dedup_window
        member.reminded += reason is Reason.REMINDER
        member.told += 1
        member.pending, member.waiting, member.said_at, member.muted = 0, (), now, False

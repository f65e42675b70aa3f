"""Who hears of what people did to an alert? Channels that show its state: an acknowledgement here is one there."""

from collections.abc import Iterable, Iterator

from rules.conversation import Conversation, Lane, Member
from rules.decisions import About, Notify, Result
from rules.identity import digest
from rules.inputs import Acted, Due, Input
from rules.instants import Instant
from rules.kinds import ACK
from rules.state import AlertState, Slice
from rules.vocabulary import Reason


def mirrored(item: Input, result: Result, now: Instant, states: Slice, mirrors: Iterable[str]) -> Iterator[Notify]:
    """Messages about an acknowledgement that was given, taken back or has run out, one for each of ``mirrors`` that was
    told of the alert, in the conversation in which it was."""
    state = states.get(_alert_of(item))
    if state is None or not state.firing or not any(each.kind == ACK for each in result.deadlines):
        return
    for channel in mirrors:
        conversation = states.conversation(state.lanes.get(channel, ""))
        member = conversation.members.get(state.key) if conversation else None
        if conversation is not None and member is not None and _shows(conversation, member, state):
            yield _notify(conversation, state, now)


def _alert_of(item: Input) -> str:
    if isinstance(item, Acted):
        return item.alert_key if item.action in ("acknowledge", "unacknowledge") else ""
    return item.owner if isinstance(item, Due) and item.kind == ACK else ""


def _shows(conversation: Conversation, member: Member, state: AlertState) -> bool:
    """Digests open nothing that could be acknowledged. What is taken back calls people again, and so is not told while
    something keeps the alert from being told."""
    told = member.told and member.alert_id == state.alert_id and conversation.lane is not Lane.DIGEST
    return bool(told and (state.acknowledged_by or not (state.suppressed_by or member.held)))


def _notify(conversation: Conversation, state: AlertState, now: Instant) -> Notify:
    others = sum(1 for key, each in conversation.members.items() if key != state.key and each.open and each.told)
    made_of = (conversation.key, state.alert_id, state.acknowledged_by, str(state.acknowledged_until), str(now))
    return Notify(
        id=digest("notification", "acknowledged", *made_of),
        channel=conversation.channel,
        policy=conversation.policy,
        reason=Reason.ACKNOWLEDGED,
        severity=state.severity,
        conversation=conversation.key,
        about=(About(state.alert_id, state.key, Reason.ACKNOWLEDGED, 0),),
        others=others,
    )

"""How does the first message of a conversation look now? As the alerts stand, whatever the news was."""

from dataclasses import replace

from notifiers.message import Message
from notifiers.rendering import worded

APART = frozenset({"digest"})  # a message of its own each time: yesterday's is no place for today's
IN_PLACE = frozenset({"storm"})  # one message that is kept up to date
_NEWS = frozenset({"again", "new_members", "severity_up", "reopened", "reminder", "escalation", "resolved"})


def standing(message: Message) -> Message | None:
    """None where it cannot be told: this message is not about all that is open in the conversation."""
    if message.others or not message.alerts:
        return None
    reason = _reason(message)
    return message if reason == message.reason else worded(replace(message, reason=reason))


def _reason(message: Message) -> str:
    if message.reason not in _NEWS:
        return message.reason
    if all(part.resolved_at for part in message.alerts):
        return "resolved"
    if all(part.acknowledged_by or part.resolved_at for part in message.alerts):
        return "acknowledged"
    return "first"

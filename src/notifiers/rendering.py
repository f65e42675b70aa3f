"""An outline in plain text: for the text part of a mail, for webhooks and for services without markup."""

from collections.abc import Iterator
from dataclasses import replace

from notifiers.message import Message
from notifiers.outline import Outline, outline, title_of
from notifiers.wording import by_hour, plain_block

_MOST_TEXT = 10_000


def worded(message: Message) -> Message:
    """With its title, where its alerts ask for one, and its plain text."""
    titled = replace(message, title=title_of(message.reason, message.alerts)) if message.alerts else message
    return replace(titled, text=as_text(outline(titled)))


def as_text(outline: Outline) -> str:
    """Everything but the title."""
    return plain_block("\n".join(_lines(outline)), _MOST_TEXT)


def _lines(outline: Outline) -> Iterator[str]:
    if outline.note:
        yield from (outline.note, "")
    yield outline.opening
    if outline.team or outline.mention:
        yield " ".join(text for text in (f"Owner: {outline.team}" if outline.team else "", outline.mention) if text)
    for text in (outline.error, f"Step: {outline.step}" if outline.error and outline.step else ""):
        if text:
            yield text
    if outline.counted:
        yield outline.counted
    if outline.changed:
        yield outline.changed
    if outline.facts:
        yield ", ".join(f"{name} {value}" for name, value in outline.facts)
    yield from (f"- {run.text} {run.url}".rstrip() for run in outline.runs)
    for section in outline.sections:
        yield f"- {section.heading}"
        yield from (f"    {line.text}  {line.url}".rstrip() for line in section.lines)
    if hours := by_hour(outline.hours):
        yield hours
    if outline.closing:
        yield outline.closing
    yield ""
    yield from (f"{action.text.lower()}: {action.url}" for action in outline.actions)

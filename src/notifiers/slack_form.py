"""What does Slack show? An outline in Block Kit within Slack's limits, or plain text where blocks were refused."""

import json
from collections.abc import Iterator
from typing import Any

from notifiers.markup import fitted, joined, web_address
from notifiers.message import Message
from notifiers.outline import Line, Outline, Section, Tone, closing, outline
from notifiers.wording import by_hour

Block = dict[str, Any]
_MOST_PLAIN = 12_000
_MOST_HEADER = 150
_MOST_TEXT = 2_500  # Slack takes 3,000
_MOST_ERROR = 2_000
_MOST_ADDRESS = 700
_MOST_FIELDS = 10
_MOST_SECTIONS = 36  # the other blocks are at most 13, and Slack takes 50
_MOST_ALL = 10_000  # Slack documents 40,000 and refuses blocks from about 13,000 on, their JSON counted
_UNSEEN = "\u200b"
_COLOURS = {Tone.CRITICAL: "#b3141d", Tone.BAD: "#d9731a", Tone.MILD: "#c9a227", Tone.GOOD: "#2a8a4a"}


def plain(message: Message) -> dict[str, Any]:
    title, text = (fitted(part, _MOST_PLAIN // 2, escaped) for part in (message.title, message.text))
    return {"text": f"*{title}*\n{text}", "unfurl_links": False, "unfurl_media": False}


def full(message: Message) -> dict[str, Any]:
    """The mention stands outside the coloured attachment: inside one it would call nobody. ``text`` is what a
    notification shows, and what a server shows that knows no blocks."""
    said = outline(message)
    below = _below(message, said)
    coloured = {"attachments": [{"color": _COLOURS[said.tone], "blocks": below}]} if below else {}
    return {
        "text": joined(_short(said), _MOST_TEXT),
        "blocks": list(_head(said)),
        **coloured,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """Slack's three control characters, so that error text calls nobody and links nowhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(said: Outline) -> Iterator[str]:
    yield fitted(said.title, 500, escaped)
    yield fitted(said.opening, 1_000, escaped)
    if said.mention:
        yield _mention(said)


def _head(said: Outline) -> Iterator[Block]:
    yield {"type": "header", "text": _exact(said.title or "Tocsin", _MOST_HEADER)}
    for text in (said.note, said.opening):
        if text:
            yield {"type": "section", "text": _exact(text, _MOST_TEXT)}
    team = f"Owner: {fitted(said.team, 300, escaped)}" if said.team else ""
    if owner := " ".join(text for text in (team, _mention(said)) if text):
        yield {"type": "section", "text": {"type": "mrkdwn", "text": owner}}


def _mention(said: Outline) -> str:
    """Raw: it comes from the configuration. Whole mentions only."""
    return joined(said.mention.split(), 500, " ")


def _below(message: Message, said: Outline) -> list[Block]:
    before, after = list(_details(said)), list(_rest(said))
    sections = list(_sections(said, _MOST_ALL - _room_of([*_head(said), *before, *after])))
    end = closing(message, len(sections)) if said.sections else said.closing
    return [*before, *sections, *([_context(end)] if end else []), *after]


def _details(said: Outline) -> Iterator[Block]:
    if said.error:
        yield _marked(f"```\n{fitted(said.error, _MOST_ERROR, _preformatted)}\n```")
    step = f"Step: {said.step}" if said.step else ""
    if lines := [text for text in (step, said.counted, said.changed) if text]:
        yield {"type": "section", "text": _exact("\n".join(lines), 800)}
    if said.facts:
        facts = [_exact(f"{name}: {value}", 200) for name, value in said.facts[:_MOST_FIELDS]]
        yield {"type": "section", "fields": facts}
    if runs := joined((f"• {_link(run)}" for run in said.runs), 1_200):
        yield _marked(runs)


def _rest(said: Outline) -> Iterator[Block]:
    if hours := by_hour(said.hours):
        yield _context(hours)
    if links := joined(
        (_link(action) for action in said.actions if web_address(action.url, _MOST_ADDRESS)), 1_500, "  ·  "
    ):
        yield _marked(links)  # no buttons: without an endpoint for clicks Slack puts a warning beside each


def _sections(said: Outline, room: int) -> Iterator[Block]:
    """Those that fit, whole."""
    for section in said.sections[:_MOST_SECTIONS]:
        block = _section(section)
        room -= _room_of([block])
        if room < 0:
            return
        yield block


def _section(section: Section) -> Block:
    lines = (f"• {_link(line)}" for line in section.lines)
    return _marked(joined((f"*{fitted(section.heading, 600, escaped)}*", *lines), _MOST_TEXT))


def _link(line: Line) -> str:
    url, text = escaped(web_address(line.url, _MOST_ADDRESS)), fitted(line.text, 300, escaped)
    return f"<{url}|{text}>" if url else text


def _preformatted(text: str) -> str:
    return escaped(text).replace("```", f"`{_UNSEEN}`{_UNSEEN}`")


def _exact(text: str, most: int) -> Block:
    """Nothing in it is markup, nor the name of an emoji."""
    return {"type": "plain_text", "text": fitted(text, most, escaped), "emoji": False}


def _marked(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_exact(text, 500)]}


def _room_of(blocks: list[Block]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False))

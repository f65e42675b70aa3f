"""What does Discord show? An outline as an embed within Discord's limits, or plain text where embeds were refused."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from notifiers.markup import fitted, joined, size, web_address
from notifiers.message import Message
from notifiers.outline import Line, Outline, Section, Tone, closing, outline
from notifiers.picture import in_words as hours_in_words
from notifiers.picture import picture
from notifiers.wording import by_hour

Field = dict[str, Any]
_MOST_PLAIN = 1_950
_MOST_TITLE = 256
_MOST_DESCRIPTION = 3_000  # Discord takes 4,096, but 6,000 in all
_MOST_NAME = 256
_MOST_VALUE = 1_024
_MOST_ADDRESS = 700
_MOST_FIELDS = 25
_MOST_ALL = 6_000
_MOST_CALLED = 100  # identifiers in each list of allowed_mentions
_UNSEEN = "\u200b"
_NOTHING = "–"  # Discord takes no empty field
_ADDRESS = re.compile(r"(https?://[^\s<>\[\]()@*`|]+)")
_SIGN = re.compile(r"[@*_`~|<>#\\]|\](?=\()")
_BRACKET = re.compile(r"(?<!\\)[\[\]]")
_CALLED = {"users": re.compile(r"<@!?(\d{1,20})>", re.ASCII), "roles": re.compile(r"<@&(\d{1,20})>", re.ASCII)}
_COLOURS = {Tone.CRITICAL: 0xB3141D, Tone.BAD: 0xD9731A, Tone.MILD: 0xC9A227, Tone.GOOD: 0x2A8A4A}


def plain(message: Message) -> dict[str, Any]:
    """Mentions are switched off by Discord's own means, and broken besides."""
    text = f"**{escaped(message.title)}**\n"
    rest = fitted(message.text, _MOST_PLAIN - size(text), escaped)
    return {"content": text + rest, "allowed_mentions": {"parse": []}}


def full(message: Message) -> dict[str, Any]:
    """The mention is the content: inside an embed it would call nobody."""
    said = outline(message)
    content = joined(said.mention.split(), 1_000, " ")
    return {"content": content, "embeds": [_embed(message, said)], "allowed_mentions": _allowed(content)}


def drawn(message: Message) -> bytes:
    """The hours, or the first chart of a report, as a PNG; b"" where there is nothing to see."""
    said = outline(message)
    charts = (section.picture for section in said.sections if section.picture)
    return picture(said.hours, said.tone) if any(said.hours) else next(charts, b"")


def in_words(message: Message) -> str:
    """What ``drawn`` shows."""
    charts = (section.alt for section in outline(message).sections if section.picture)
    return hours_in_words(message.hours) if any(message.hours) else next(charts, "")


def escaped(text: str) -> str:
    """Addresses stay whole, or links would break; all that could format, hide a link or call somebody is escaped."""
    pieces = _ADDRESS.split(text)
    return "".join(piece if _ADDRESS.fullmatch(piece) else _exact(piece) for piece in pieces)


def _exact(text: str) -> str:
    return _SIGN.sub(_broken, text)


def _label(text: str) -> str:
    return _BRACKET.sub(_broken, _exact(text))


def _broken(found: re.Match[str]) -> str:
    return f"@{_UNSEEN}" if found[0] == "@" else f"\\{found[0]}"


def _preformatted(text: str) -> str:
    return text.replace("`", f"`{_UNSEEN}").replace("@", f"@{_UNSEEN}")


def _allowed(content: str) -> dict[str, list[str]]:
    """Nobody but those that the configuration names by their identifier."""
    called = {kind: list(dict.fromkeys(form.findall(content)))[:_MOST_CALLED] for kind, form in _CALLED.items()}
    return {"parse": [], **{kind: found for kind, found in called.items() if found}}


def _embed(message: Message, said: Outline) -> dict[str, Any]:
    title, text = fitted(said.title or "Tocsin", _MOST_TITLE, _exact), joined(_description(said), _MOST_DESCRIPTION)
    ends = [*_runs(said), *_hours(said), *_links(said)]
    room = _MOST_ALL - size(title) - size(text) - sum(map(_size, ends)) - _MOST_NAME
    listed = list(_that_fit((*_facts(said), *map(_section, said.sections)), room, _MOST_FIELDS - len(ends)))
    footer = closing(message, max(0, len(listed) - len(said.facts))) if said.sections else said.closing
    return {
        "title": title,
        "description": text,
        "color": _COLOURS[said.tone],
        "fields": [*listed, *ends],
        "timestamp": message.sent_at,
        **({"footer": {"text": fitted(footer, _MOST_NAME, str)}} if footer else {}),
    }


def _description(said: Outline) -> Iterator[str]:
    for text, most in ((said.note, 300), (said.opening, 700 if said.error else 2_500)):
        if text:
            yield fitted(text, most, escaped)
    if said.team:
        yield f"Owner: {fitted(said.team, 200, _exact)}"
    if said.error:
        yield f"```\n{fitted(said.error, 1_200, _preformatted)}\n```"
    for text in (f"Step: {said.step}" if said.step else "", said.counted, said.changed):
        if text:
            yield fitted(text, 300, escaped)


def _facts(said: Outline) -> Iterator[Field]:
    for name, value in said.facts:
        yield {
            "name": fitted(name, 100, _exact) or _NOTHING,
            "value": fitted(value, 200, _exact) or _NOTHING,
            "inline": True,
        }


def _section(section: Section) -> Field:
    return _field(fitted(section.heading, _MOST_NAME, _exact), section.lines)


def _runs(said: Outline) -> Iterator[Field]:
    if said.runs:
        yield _field("Runs", said.runs)


def _hours(said: Outline) -> Iterator[Field]:
    """As text: the picture is an attachment, which not every client shows."""
    if hours := by_hour(said.hours):
        name, _, bars = hours.rpartition(": ")
        yield {"name": name, "value": bars, "inline": False}


def _links(said: Outline) -> Iterator[Field]:
    if links := joined(
        (_link(each) for each in said.actions if web_address(each.url, _MOST_ADDRESS)), _MOST_VALUE, " · "
    ):
        yield {"name": "Links", "value": links, "inline": False}


def _field(name: str, lines: Iterable[Line]) -> Field:
    return {"name": name, "value": joined(map(_link, lines), _MOST_VALUE) or _NOTHING, "inline": False}


def _link(line: Line) -> str:
    url, text = web_address(line.url, _MOST_ADDRESS), fitted(line.text, 300, _label)
    return f"[{text}]({url})" if url else text


def _that_fit(fields: Iterable[Field], room: int, most: int) -> Iterator[Field]:
    for number, field in enumerate(fields):
        room -= _size(field)
        if room < 0 or number >= most:
            return
        yield field


def _size(field: Field) -> int:
    return size(field["name"]) + size(field["value"])

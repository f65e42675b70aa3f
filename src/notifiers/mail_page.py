"""How does an outline look as the HTML of a mail? A Jinja2 template, its style written into every element."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import quote

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from notifiers.message import Message
from notifiers.outline import MOST_CAUSES, Line, Outline, Section, Tone, outline
from notifiers.picture import HEIGHT, WIDTH, in_words
from notifiers.wording import plain_block, plain_line

MOST_BYTES = 90_000  # Gmail hides what is beyond 102 KB
_FOLDER = Path(__file__).parent / "templates"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_NOT_IN_URL = re.compile(r"[^!#-;=?-~]+")
_MOST_FACTS = 20
_MOST_LINE = 400
_MOST_OPENING = 10_000
_MOST_URL = 1_000
_MOST_PREVIEW = 140  # what a list of mails shows behind the subject


def page(message: Message, picture: str = "", pictures: Sequence[str] = ()) -> str:
    """``picture`` is the Content-ID of one that the mail brings along, ``pictures`` those of its sections ("" for one
    without). As many causes are shown as there is room."""
    written = ""
    for most_causes in (MOST_CAUSES, 20, 10, 5, 2, 0):
        written = _styled(_filled(message, _bounded(outline(message, most_causes)), picture, pictures))
        if len(written.encode()) <= MOST_BYTES:
            break
    return written


def _bounded(outlined: Outline) -> Outline:
    """Without a link that leads to no page, and with an end to what has none."""
    return replace(
        outlined,
        opening=plain_block(outlined.opening, _MOST_OPENING),
        note=plain_line(outlined.note, _MOST_LINE),
        team=plain_line(outlined.team, _MOST_LINE),
        mention=plain_line(outlined.mention, _MOST_LINE),
        facts=outlined.facts[:_MOST_FACTS],
        runs=tuple(map(_safe, outlined.runs)),
        sections=tuple(map(_safe_section, outlined.sections)),
        actions=tuple(line for line in map(_safe, outlined.actions) if line.url),
    )


def _safe(line: Line) -> Line:
    """A link out of telemetry may be a script, or a megabyte, or hold what only a careless reader takes for the end."""
    url = _NOT_IN_URL.sub(lambda found: quote(found[0], errors="replace"), line.url[: _MOST_URL + 1])
    leads = url.startswith(("http://", "https://")) and len(escape(url)) <= _MOST_URL
    return Line(plain_line(line.text, _MOST_LINE), url if leads else "")


def _safe_section(section: Section) -> Section:
    heading, alt = plain_line(section.heading, _MOST_LINE), plain_line(section.alt, _MOST_LINE)
    return Section(heading, tuple(map(_safe, section.lines)), alt=alt)


def _filled(message: Message, outlined: Outline, picture: str, pictures: Sequence[str]) -> str:
    return (
        _environment()
        .get_template("mail.html")
        .render(
            message=message,
            outline=outlined,
            preview=plain_line(f"{outlined.error or outlined.opening} {outlined.counted}", _MOST_PREVIEW),
            how_bad=_how_bad(message, outlined.tone),
            heading=outlined.title.removeprefix(f"[{message.severity}] "),
            channel=plain_line(message.channel, _MOST_LINE),
            conversation=plain_line(message.conversation, _MOST_LINE),
            picture=picture,
            pictures=[*pictures, *[""] * len(outlined.sections)],
            alt=in_words(outlined.hours),
            width=WIDTH,
            height=HEIGHT,
        )
    )


def _how_bad(message: Message, tone: Tone) -> str:
    """The colour of the band in words."""
    if message.reason in {"test", "report"}:
        return message.reason.capitalize()
    return f"Over. Severity was {message.severity}" if tone is Tone.GOOD else f"Severity: {message.severity}"


def _styled(written: str) -> str:
    """Many programs drop a style block, others obey one: it holds only what cannot be written into an element."""
    inlined = css_inline.inline(written, extra_css=_style("mail.css"), load_remote_stylesheets=False)
    return inlined.replace("</head>", f"<style>\n{_style('queries.css')}</style>\n</head>", 1)


@cache
def _style(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["whole_times"] = _whole_times
    return made


def _whole_times(text: str) -> Markup:
    """A time is not broken at its hyphens."""
    return Markup(_TIME.sub(r'<span class="at">\g<0></span>', str(escape(text))))

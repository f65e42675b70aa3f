"""How is a page made? Jinja2 templates with every value escaped, and a few filters for times and numbers."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alerting.api.context import context_of
from rules.instants import Instant, format_duration, format_instant, to_datetime
from rules.vocabulary import BAD

FOLDER = Path(__file__).parent
_LONG = 600
_WHY = {
    "dedup": "counted, the window of the last message is open",
    "low": "its severity is recorded only",
    "no_policy": "no channel is named for it",
    "too_late": "too late",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(iso=_iso, day=_day, took=_took, words=_words, short=_short, why=_why)
    environment.tests["bad"] = lambda outcome: outcome in BAD
    environment.globals["LONG"] = _LONG
    return environment


def render(request: Request, template: str, status_code: int = 200, /, **values: Any) -> HTMLResponse:
    now = context_of(request).clock.now()
    page = _environment().get_template(template)
    said = page.render(now=now, ago=lambda instant: _ago(now, instant), path=request.url.path, **values)
    return HTMLResponse(said, status_code)


def _iso(instant: Instant) -> str:
    return format_instant(instant)


def _day(instant: Instant) -> str:
    return to_datetime(instant).strftime("%-d %b %Y, %H:%M:%S UTC")


def _took(start: Instant, end: Instant) -> str:
    return format_duration(max(0, end - start)) if start and end else "–"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _why(reason: str) -> str:
    """A reason of silence in words."""
    return _WHY.get(reason, _words(reason))


def _short(text: str, most: int = 120) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _ago(now: Instant, instant: Instant) -> str:
    if now - instant < 1_000_000:
        return "just now"
    return f"{format_duration(now - instant).split(' ')[0]} ago"

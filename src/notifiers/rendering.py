"""How is an alert said in plain words? A title, and a text that answers in order what the one on call asks."""

import re
from collections.abc import Mapping, Sequence

from notifiers.message import AlertPart

MOST_TITLE = 150
_MOST_ERROR = 1_000
_MOST_TEXT = 10_000
_MOST_RUNS = 3
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]"  # what a terminal obeys, then what nobody sees and half characters
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_LEADS = {
    "again": "again",
    "reopened": "back",
    "resolved": "resolved",
    "recovered": "recovered",
    "severity_up": "worse",
    "late": "late",
    "test": "test",
    "drill": "drill",
}
_ORDER = ("run", "alert", "group", "source")


def compose_text(reason: str, alerts: Sequence[AlertPart], links: Mapping[str, str]) -> tuple[str, str]:
    """(title, text) of a message about ``alerts``; for the first of them where there are several."""
    part = alerts[0]
    return plain_line(_title(reason, part), MOST_TITLE), plain_block(_text(reason, part, links), _MOST_TEXT)


def plain_line(text: str, most: int) -> str:
    """One line without control characters, terminal colours and marks that turn text around."""
    return cut(" ".join(_CONTROL.sub("", text.replace("\n", " ")).split()), most)


def plain_block(text: str, most: int) -> str:
    return cut(_CONTROL.sub("", text.replace("\r\n", "\n")), most).strip()


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _title(reason: str, part: AlertPart) -> str:
    lead = f"{_LEADS[reason]}: " if reason in _LEADS else ""
    more = f"+{part.since_last} " if reason == "again" and part.since_last else ""
    return f"[{part.severity}] {lead}{more}{part.workflow}: {_what(part)}"


def _what(part: AlertPart) -> str:
    kind = part.error_type or (part.outcome or "failed").replace("_", " ")
    return f"{kind} in step {part.step}" if part.step else kind


def _text(reason: str, part: AlertPart, links: Mapping[str, str]) -> str:
    lines = [
        _opening(reason, part),
        _error(part),
        _counted(reason, part),
        _where(part),
        *_runs(part),
        "",
        *(f"{name}: {links[name]}" for name in _ORDER if name in links),
    ]
    return "\n".join(line for line in lines if line is not None).strip()


def _opening(reason: str, part: AlertPart) -> str:
    workflow = plain_line(part.workflow, 200)
    if reason == "resolved":
        return f"{workflow} is well again."
    if reason == "recovered":
        return f"{workflow} failed and has recovered since, before anyone was told."
    return f"{workflow} {(part.outcome or 'failed').replace('_', ' ')}, severity {part.severity}."


def _error(part: AlertPart) -> str | None:
    said = ": ".join(
        text for text in (plain_line(part.error_type, 200), plain_block(part.error_message, _MOST_ERROR)) if text
    )
    return f"{said}\nStep: {plain_line(part.step, 200)}" if said and part.step else said or None


def _counted(reason: str, part: AlertPart) -> str:
    times = "once" if part.count == 1 else f"{part.count} times"
    since = f"Failed {times}, first at {part.first_at}"
    last = f", last at {part.last_at}" if part.count > 1 else ""
    more = f"; {part.since_last} more since the last message" if part.since_last and reason == "again" else ""
    ended = f"; over since {part.resolved_at}" if part.resolved_at and reason in {"resolved", "recovered"} else ""
    return f"{since}{last}{more}{ended}."


def _where(part: AlertPart) -> str | None:
    facts = (("environment", part.environment), ("version", part.version), ("engine", part.engine), ("rule", part.rule))
    said = ", ".join(f"{name} {plain_line(value, 100)}" for name, value in facts if value)
    return said or None


def _runs(part: AlertPart) -> list[str]:
    return [f"- {plain_line(run.run_id, 100)} ({run.outcome}) {run.at} {run.url}" for run in part.runs[:_MOST_RUNS]]

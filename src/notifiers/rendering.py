"""How is an alert said in plain words? A title, and a text that answers in order what the one on call asks."""

import re
from collections.abc import Iterator, Mapping, Sequence

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
    "reminder": "still failing",
    "escalation": "escalated",
    "flapping": "flapping",
    "test": "test",
    "drill": "drill",
}
_TOGETHER = frozenset({"digest", "storm"})
_MOST_LISTED = 40
_ORDER = ("run", "alert", "group", "source")


def compose_text(
    reason: str, alerts: Sequence[AlertPart], links: Mapping[str, str], others: int = 0
) -> tuple[str, str]:
    """(title, text) of a message about ``alerts``, the most important first. ``others``: how many more of the
    conversation are open and unchanged."""
    if len(alerts) == 1 and reason not in _TOGETHER:
        title, text = _title(reason, alerts[0]), _text(reason, alerts[0], links)
    else:
        title, text = _title_of_many(reason, alerts), _text_of_many(reason, alerts, links)
    more = f"\n{others} more of this conversation open and unchanged." if others else ""
    return plain_line(title, MOST_TITLE), plain_block(text, _MOST_TEXT - 100) + more


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


def _title_of_many(reason: str, alerts: Sequence[AlertPart]) -> str:
    lead = f"{reason}: " if reason in _TOGETHER else f"{_LEADS[reason]}: " if reason in _LEADS else ""
    names = list(dict.fromkeys(part.workflow for part in alerts))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"[{alerts[0].severity}] {lead}{_alerts(len(alerts))}: {shown}"


def _alerts(number: int) -> str:
    return "1 alert" if number == 1 else f"{number} alerts"


def _text_of_many(reason: str, alerts: Sequence[AlertPart], links: Mapping[str, str]) -> str:
    """One cause under another, each with its workflows."""
    lines = [f"Many alerts began at once: {_alerts(len(alerts))} so far." if reason == "storm" else ""]
    by_cause: dict[str, list[AlertPart]] = {}
    for part in alerts:
        by_cause.setdefault(part.cause or part.id, []).append(part)
    for parts in list(by_cause.values())[:_MOST_LISTED]:
        lines.extend(_of_one_cause(parts))
    left = len(by_cause) - _MOST_LISTED
    lines.append(f"… and {left} more causes" if left > 0 else "")
    lines.append(f"overview: {links['overview']}" if "overview" in links else "")
    return "\n".join(line for line in lines if line)


def _of_one_cause(parts: Sequence[AlertPart]) -> Iterator[str]:
    first = parts[0]
    what = ": ".join(text for text in (first.error_type, plain_line(first.error_message, 200)) if text)
    yield f"- [{first.severity}] {what or first.outcome or 'failed'}"
    for part in parts[:_MOST_RUNS]:
        yield f"    {plain_line(part.workflow, 100)}: {_state(part)}  {part.links.get('alert', '')}"
    if len(parts) > _MOST_RUNS:
        yield f"    … and {len(parts) - _MOST_RUNS} more"


def _state(part: AlertPart) -> str:
    times = "failed once" if part.count == 1 else f"failed {part.count} times"
    return f"{times}, {'over since ' + part.resolved_at if part.resolved_at else 'last at ' + part.last_at}"


def _opening(reason: str, part: AlertPart) -> str:
    workflow = plain_line(part.workflow, 200)
    if reason == "resolved":
        return f"{workflow} is well again."
    if reason == "recovered":
        return f"{workflow} failed and has recovered since, before anyone was told."
    if reason == "flapping":
        return f"{workflow} fails and recovers by turns. Nothing more is said until it has calmed down."
    if part.outcome == "running":
        return f"{workflow} is running for too long, severity {part.severity}."
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

"""What does a message say, before any channel's form? It answers in the order in which the one on call asks.

What failed and how bad; whose it is; the error and the failing step; new, back or ongoing, how many, since when; what
changed; example runs; where to go on; the failures of the last hours. Texts here are plain: free of control characters
and cut, but each channel still has to escape what it would take for markup.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from notifiers.message import AlertPart, Message, Passage
from notifiers.wording import alerts, plain_block, plain_line, times

MOST_TITLE = 150
MOST_ERROR = 1_000
MOST_RUNS = 3
MOST_CAUSES = 40
_LEADS = {
    "again": "again",
    "reopened": "back",
    "resolved": "resolved",
    "recovered": "recovered",
    "severity_up": "worse",
    "new_members": "more",
    "late": "late",
    "reminder": "still failing",
    "escalation": "escalated",
    "flapping": "flapping",
    "acknowledged": "acknowledged",
    "test": "test",
    "drill": "drill",
    "digest": "digest",
    "storm": "storm",
}
_TOGETHER = frozenset({"digest", "storm"})
_OVER = frozenset({"resolved", "recovered"})
_ACTIONS = (
    ("run", "Run"),
    ("trace", "Trace"),
    ("source", "In the engine"),
    ("alert", "Alert"),
    ("group", "Error group"),
    ("acknowledge", "Acknowledge"),
    ("silence", "Silence"),
    ("report", "The whole report"),
    ("overview", "Overview"),
)


class Tone(StrEnum):
    """How a channel may colour it. The words say the same without colour."""

    CRITICAL = "critical"
    BAD = "bad"
    MILD = "mild"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Alerts of one cause, where a message is about several; or a passage, which may have a picture (a PNG)."""

    heading: str
    lines: tuple[Line, ...]
    picture: bytes = b""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """``hours``: failures in each of the last hours, oldest first. ``mention`` is a channel's own markup, from the
    configuration. ``note``: what has to be known before anything else, such as for whom this was meant."""

    tone: Tone
    title: str
    opening: str
    note: str = ""
    team: str = ""
    mention: str = ""
    error: str = ""
    step: str = ""
    counted: str = ""
    changed: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    runs: tuple[Line, ...] = ()
    sections: tuple[Section, ...] = ()
    closing: str = ""
    hours: tuple[int, ...] = ()
    actions: tuple[Line, ...] = ()


def outline(message: Message, most_causes: int = MOST_CAUSES) -> Outline:
    """Of more causes than ``most_causes`` the rest is counted, for a channel that has no room for them."""
    single = len(message.alerts) == 1 and message.reason not in _TOGETHER
    if message.passages:
        return _of_passages(message)
    if not message.alerts:
        return Outline(Tone.MILD, message.title, message.text, note=message.note, actions=_actions(message))
    return _of_one(message, message.alerts[0]) if single else _of_many(message, most_causes)


def _of_passages(message: Message) -> Outline:
    opening = " ".join(passage.text for passage in message.passages if not passage.heading)
    sections = tuple(_passage(passage) for passage in message.passages if passage.heading)
    return Outline(Tone.MILD, message.title, opening, message.note, sections=sections, actions=_actions(message))


def _passage(passage: Passage) -> Section:
    line = Line(plain_line(passage.text, MOST_ERROR), passage.url)
    return Section(plain_line(passage.heading, 300), (line,), passage.picture, plain_line(passage.alt, 500))


def title_of(reason: str, parts: Sequence[AlertPart]) -> str:
    lead = f"{_LEADS[reason]}: " if reason in _LEADS else ""
    if reason == "acknowledged" and not any(part.acknowledged_by for part in parts):
        lead = "not acknowledged any more: "
    if reason != "drill" and parts and all(part.drill for part in parts):
        lead = f"{_LEADS['drill']}: {lead}"
    if len(parts) == 1 and reason not in _TOGETHER:
        part = parts[0]
        more = f"+{part.since_last} " if reason == "again" and part.since_last else ""
        said = f"[{part.severity}] {lead}{more}{part.workflow}: {_what(part)}"
    else:
        names = list(dict.fromkeys(part.workflow for part in parts))
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        said = f"[{parts[0].severity}] {lead}{alerts(len(parts))}: {shown}"
    return plain_line(said, MOST_TITLE)


def _of_one(message: Message, part: AlertPart) -> Outline:
    return Outline(
        tone=_tone(message),
        title=message.title,
        opening=_opening(message.reason, part),
        note=message.note,
        team=plain_line(part.team, 100),
        mention=part.mention,
        error=_error(part),
        step=plain_line(part.step, 200),
        counted=_counted(message.reason, part),
        changed=_changed(part),
        facts=tuple(_facts(part)),
        runs=tuple(_runs(part)),
        closing=_closing(message),
        hours=message.hours,
        actions=_actions(message),
    )


def _of_many(message: Message, most_causes: int) -> Outline:
    teams = dict.fromkeys(plain_line(part.team, 100) for part in message.alerts if part.team)
    mentions = dict.fromkeys(part.mention for part in message.alerts if part.mention)
    causes = _causes(message)
    shown = causes[:most_causes]
    return Outline(
        tone=_tone(message),
        title=message.title,
        opening=_opening_of_many(message, len(causes)),
        note=message.note,
        team=", ".join(teams),
        mention=" ".join(mentions),
        sections=tuple(_section(parts) for parts in shown),
        closing=closing(message, len(shown)),
        hours=message.hours,
        actions=_actions(message),
    )


def closing(message: Message, listed: int) -> str:
    """The end of a message about several alerts that has room for ``listed`` of its causes."""
    left = len(_causes(message)) - listed
    texts = (f"… and {left:,} more {'cause' if left == 1 else 'causes'}." if left else "", _closing(message))
    return " ".join(text for text in texts if text)


def _causes(message: Message) -> list[list[AlertPart]]:
    by_cause: dict[str, list[AlertPart]] = {}
    for part in message.alerts:
        by_cause.setdefault(part.cause or part.id, []).append(part)
    return list(by_cause.values())


def _tone(message: Message) -> Tone:
    if message.reason in _OVER or all(part.resolved_at for part in message.alerts):
        return Tone.GOOD
    return {"critical": Tone.CRITICAL, "high": Tone.BAD}.get(message.severity, Tone.MILD)


def _what(part: AlertPart) -> str:
    kind = part.error_type or (part.outcome or "failed").replace("_", " ")
    return f"{kind} in step {part.step}" if part.step else kind


def _opening(reason: str, part: AlertPart) -> str:
    workflow, ended = plain_line(part.workflow, 200), (part.outcome or "failed").replace("_", " ")
    said = {
        "resolved": f"The drill of {workflow} is over." if part.drill else f"{workflow} is well again.",
        "recovered": f"{workflow} failed and has recovered since, before anyone was told.",
        "flapping": f"{workflow} fails and recovers by turns. Nothing more is said until it has calmed down.",
        "reopened": f"{workflow} is failing again after it was over, severity {part.severity}.",
        "severity_up": f"{workflow} got worse, it is {part.severity} now.",
        "late": f"{workflow} {ended} a while ago, and word of it came only now, severity {part.severity}.",
        "reminder": f"{workflow} is still failing and nobody has acknowledged it, severity {part.severity}.",
        "escalation": f"{workflow} is failing and nobody has answered for it yet, severity {part.severity}.",
        "acknowledged": f"{workflow} was acknowledged by {plain_line(part.acknowledged_by, 100)}."
        if part.acknowledged_by
        else f"Nobody has {workflow} in hand any more, severity {part.severity}.",
        "drill": f"A drill: {workflow} did not really fail.",
    }
    usual = f"{workflow} {ended}, severity {part.severity}."
    if part.outcome == "running" and reason not in _OVER:
        return f"{workflow} is running for too long, severity {part.severity}."
    return said.get(reason, usual)


def _opening_of_many(message: Message, causes: int) -> str:
    number, of = alerts(len(message.alerts)), "one cause" if causes == 1 else f"{causes:,} causes"
    if message.reason == "storm":
        return f"Many alerts began at once: {number} so far, {of}."
    if message.reason == "digest":
        still = sum(not part.resolved_at for part in message.alerts)
        return f"{number} since the last digest, {of}; {still:,} still open."
    return f"{number}, {of}."


def _error(part: AlertPart) -> str:
    texts = (plain_line(part.error_type, 200), plain_block(part.error_message, MOST_ERROR))
    return ": ".join(text for text in texts if text)


def _counted(reason: str, part: AlertPart) -> str:
    last = f", last at {part.last_at}" if part.count > 1 else ""
    more = f"; {part.since_last:,} more since the last message" if part.since_last and reason == "again" else ""
    ended = f"; over since {part.resolved_at}" if part.resolved_at and reason in _OVER else ""
    return f"Failed {times(part.count)}, first at {part.first_at}{last}{more}{ended}."


def _changed(part: AlertPart) -> str:
    if not part.previous_version or part.previous_version == part.version:
        return ""
    before, now = plain_line(part.previous_version, 100), plain_line(part.version, 100)
    return f"Version {now} fails; {before} was the last that went well."


def _facts(part: AlertPart) -> Iterator[tuple[str, str]]:
    named = (("environment", part.environment), ("version", part.version), ("engine", part.engine), ("rule", part.rule))
    for name, value in (*named, *part.evidence):
        if value:
            yield plain_line(name, 50), plain_line(value, 100)


def _runs(part: AlertPart) -> Iterable[Line]:
    for run in part.runs[:MOST_RUNS]:
        yield Line(f"{plain_line(run.run_id, 100)} ({run.outcome.replace('_', ' ')}) {run.at}", run.url)


def _section(parts: Sequence[AlertPart]) -> Section:
    first = parts[0]
    what = ": ".join(text for text in (first.error_type, plain_line(first.error_message, 200)) if text)
    heading = f"[{first.severity}] {plain_line(what, 300) or first.outcome.replace('_', ' ') or 'failed'}"
    lines = [
        Line(f"{plain_line(part.workflow, 100)}: {_state(part)}", part.links.get("alert", ""))
        for part in parts[:MOST_RUNS]
    ]
    left = len(parts) - MOST_RUNS
    return Section(heading, (*lines, *([Line(f"… and {left} more")] if left > 0 else [])))


def _state(part: AlertPart) -> str:
    how = (
        f"acknowledged by {plain_line(part.acknowledged_by, 50)}" if part.acknowledged_by else f"last at {part.last_at}"
    )
    return f"failed {times(part.count)}, {'over since ' + part.resolved_at if part.resolved_at else how}"


def _closing(message: Message) -> str:
    return f"{message.others} more of this conversation open and unchanged." if message.others else ""


def _actions(message: Message) -> tuple[Line, ...]:
    return tuple(Line(label, message.links[name]) for name, label in _ACTIONS if name in message.links)

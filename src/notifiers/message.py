"""What is told, and what came of telling it: the message every channel renders, the receipt every channel returns."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class RunLine:
    """One example run in a message. ``at`` is RFC 3339."""

    id: str
    workflow: str
    run_id: str
    outcome: str
    at: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class AlertPart:
    """One alert inside a message. ``wire`` is the alert's public JSON form, as ``GET /api/v1/alerts`` gives it."""

    id: str
    rule: str
    severity: str
    state: str
    workflow: str
    engine: str = ""
    environment: str = ""
    version: str = ""
    previous_version: str = ""  # the last that went well, where it is known
    step: str = ""
    outcome: str = ""
    error_type: str = ""
    error_message: str = ""
    cause: str = ""
    reason: str = ""  # why this alert is in the message
    acknowledged_by: str = ""
    team: str = ""
    mention: str = ""
    evidence: tuple[tuple[str, str], ...] = ()  # the numbers behind the rule's answer
    count: int = 1
    since_last: int = 0  # failures counted since the last message
    first_at: str = ""
    last_at: str = ""
    resolved_at: str = ""
    runs: tuple[RunLine, ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    drill: bool = False  # a failure made to see whether word of it arrives
    dedup_key: str = ""  # the same for every message of one alert: mail threads and paging services key on it
    wire: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a message that is about no alert, such as one question of a report with its answer; one without
    a heading opens the message. ``picture`` is a PNG, which ``alt`` says in words; b"" for none."""

    heading: str
    text: str
    url: str = ""
    picture: bytes = b""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one channel. ``id`` is the notification's and stays the same on every retry.

    ``reason`` is one of the reasons of the API (first, again, resolved, recovered, test, …). ``sent_at`` is RFC 3339
    and given by the caller: channels read no clock to say it. ``others`` alerts of the conversation are open and
    unchanged; ``ends``: after this one none is. ``note``: what has to be known first. ``hours``: failures in each of
    the last 24 hours, oldest first; () where they are not known. ``thread``: what an earlier message of the
    conversation left as ``Receipt.handle``. ``passages`` stand in the place of ``alerts``. ``plain``: the receiver
    refused the full form, send the simplest.
    """

    id: str
    channel: str
    reason: str
    severity: str
    title: str
    text: str
    alerts: tuple[AlertPart, ...]
    links: dict[str, str]
    sent_at: str
    conversation: str = ""
    others: int = 0
    ends: bool = False
    note: str = ""
    hours: tuple[int, ...] = ()
    thread: str = ""
    passages: tuple[Passage, ...] = ()
    plain: bool = False


class Verdict(StrEnum):
    """``unsure``: it may have been heard (a time-out after sending). It and ``unreachable`` alone are tried again."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one try came to. ``detail`` is for people and holds no secret; ``retry_after`` is seconds or None.
    ``handle``: what later messages of the conversation need to answer this one, or to change it."""

    verdict: Verdict
    code: int | None = None
    detail: str = ""
    retry_after: float | None = None
    handle: str = ""

    @property
    def delivered(self) -> bool:
        return self.verdict is Verdict.DELIVERED

    @property
    def may_retry(self) -> bool:
        return self.verdict in {Verdict.UNREACHABLE, Verdict.UNSURE}

"""What did rules decide? Messages to send, silences with their reason, and deadlines to wake up at."""

from dataclasses import dataclass, field

from rules.instants import Instant
from rules.vocabulary import Reason, Severity, Silence


@dataclass(slots=True, frozen=True)
class Notify:
    """One message for one channel. ``id`` is a hash of what made it, so that a replay decides the same message."""

    id: str
    channel: str
    policy: str
    reason: Reason
    alert_id: str
    alert_key: str
    severity: Severity
    since_last: int
    conversation: str


@dataclass(slots=True, frozen=True)
class Silent:
    """Nothing is said on ``channel``, and why. ``channel`` is "" where no channel was asked."""

    channel: str
    reason: Silence
    rule: str
    alert_id: str
    because: str = ""


@dataclass(slots=True, frozen=True)
class Wake:
    """Be called back at ``due_at`` with a ``Due``; it replaces one of the same (kind, owner, detail)."""

    kind: str
    owner: str
    detail: str
    due_at: Instant


@dataclass(slots=True, frozen=True)
class Forget:
    """A deadline that is not wanted any more."""

    kind: str
    owner: str
    detail: str


Decision = Notify | Silent
Deadline = Wake | Forget


@dataclass(slots=True)
class Result:
    """What one ``step`` came to, beside the states it put into the slice."""

    decisions: list[Decision] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)

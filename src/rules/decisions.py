"""What did rules decide? Messages to send, silences with their reason, and deadlines to wake up at."""

import msgspec

from rules.instants import Instant
from rules.vocabulary import Reason, Severity, Silence


class About(msgspec.Struct, frozen=True):
    """One alert that a message is about: why, and how many failures were counted since the channel last heard of it."""

    alert_id: str
    alert_key: str
    reason: Reason
    since_last: int


class Notify(msgspec.Struct, frozen=True):
    """One message for one channel. ``id`` is a hash of what made it, so that a replay decides the same message.
    ``others``: how many further alerts of the conversation are open and unchanged."""

    id: str
    channel: str
    policy: str
    reason: Reason
    severity: Severity
    conversation: str
    about: tuple[About, ...]
    others: int = 0

    @property
    def since_last(self) -> int:
        return sum(each.since_last for each in self.about)

    @property
    def alert_id(self) -> str:
        return self.about[0].alert_id

    @property
    def alert_key(self) -> str:
        return self.about[0].alert_key


class Silent(msgspec.Struct, frozen=True):
    """Nothing is said on ``channel``, and why. ``channel`` is "" where no channel was asked."""

    channel: str
    reason: Silence
    rule: str
    alert_id: str
    because: str = ""


class Judged(msgspec.Struct, frozen=True):
    """What a rule came to for one input: the alert's state before and after, and the numbers behind it."""

    rule: str
    alert_id: str
    before: str
    after: str
    evidence: tuple[tuple[str, str], ...] = ()


class Trouble(msgspec.Struct, frozen=True):
    """A rule could not be evaluated: neither yes nor no."""

    rule: str
    error: str


class Wake(msgspec.Struct, frozen=True):
    """Be called back at ``due_at`` with a ``Due``; it replaces one of the same (kind, owner, detail)."""

    kind: str
    owner: str
    detail: str
    due_at: Instant


class Forget(msgspec.Struct, frozen=True):
    """A deadline that is not wanted any more."""

    kind: str
    owner: str
    detail: str


Decision = Notify | Silent
Deadline = Wake | Forget


class Result(msgspec.Struct):
    """What one ``step`` came to, beside the states it put into the slice. ``over``: alerts that inhibited others and
    have ended; those others are to be looked at again. An empty text in it stands for
    those that nothing keeps from being told."""

    decisions: list[Decision] = msgspec.field(default_factory=list)
    deadlines: list[Deadline] = msgspec.field(default_factory=list)
    judged: list[Judged] = msgspec.field(default_factory=list)
    troubles: list[Trouble] = msgspec.field(default_factory=list)
    over: list[str] = msgspec.field(default_factory=list)

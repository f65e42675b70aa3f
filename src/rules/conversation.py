"""What does a conversation remember? One for each (policy, channel, group): whom it is about, and what is unsaid."""

from enum import StrEnum
from functools import lru_cache

import msgspec

from rules.identity import digest
from rules.instants import Instant
from rules.vocabulary import Reason, Severity


class Lane(StrEnum):
    """``GROUP``: the alerts of one group. ``DIGEST``: what is told at set times. ``STORM``: what came all at once."""

    GROUP = "group"
    DIGEST = "digest"
    STORM = "storm"


class Member(msgspec.Struct):
    """One alert, as the channel knows it.

    The dedup window is open until ``until``; ``pending`` failures were counted since the last message that was about
    it, at ``said_at``; ``told`` such messages were decided. ``waiting`` has the reasons that are unsaid, since
    ``since``. ``held``: something keeps it from being told. ``over``: the last thing told was that it had ended.
    """

    alert_id: str
    rule: str
    severity: Severity
    open: bool = True
    acknowledged: bool = False
    told: int = 0
    until: Instant = 0
    pending: int = 0
    waiting: tuple[Reason, ...] = ()
    since: Instant = 0
    said_at: Instant = 0
    reminded: int = 0
    held: bool = False
    muted: bool = False


class Conversation(msgspec.Struct):
    """``last_at``: of the last message; ``fired_at``: of the last that said more than that something is over;
    ``ended_at``: of the last that said only that.
    ``recent``: when new alerts came, where storms are looked for. ``wakes_at``: its one deadline. Belongs to whoever
    holds the slice, and is changed in place."""

    key: str
    lane: Lane
    policy: str
    channel: str
    subject: str = ""
    members: dict[str, Member] = msgspec.field(default_factory=dict)
    last_at: Instant = 0
    fired_at: Instant = 0
    ended_at: Instant = 0
    messages: int = 0
    recent: tuple[Instant, ...] = ()
    stormy: bool = False
    wakes_at: Instant = 0

    @property
    def idle(self) -> bool:
        return not self.members and not self.wakes_at


@lru_cache(maxsize=4096)
def conversation_key(lane: Lane, policy: str, channel: str, values: tuple[str, ...] = ()) -> str:
    return digest("conversation", lane.value, policy, channel, *values)

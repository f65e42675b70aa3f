"""What was decided to be said, what is owed, and what came of each try."""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from alerting.storage.schema.columns import instant, long_text


class NotificationRow(SQLModel, table=True):
    """One message for one channel, decided. Written with the state that decided it; the id makes a replay harmless.

    ``about`` is JSON: (alert, reason, failures since the last message) of each alert; ``alert`` is the first.
    ``report``: the id of the report that it sends instead."""

    __tablename__ = "notification"
    id: str = Field(primary_key=True)
    channel: str
    policy: str = ""
    reason: str
    alert: str = Field(index=True)
    severity: str
    since_last: int = 0
    conversation: str
    status: str = Field(default="queued", index=True)
    title: str = ""
    number: int = Field(sa_type=BigInteger, index=True)
    created_at: int = instant(index=True)
    sent_at: int = instant()
    others: int = 0
    about: str = long_text()
    report: str = ""


class ToldRow(SQLModel, table=True):
    """Which messages were about which alert."""

    __tablename__ = "told"
    alert: str = Field(primary_key=True)
    notification: str = Field(primary_key=True)
    reason: str = ""
    since_last: int = 0
    __table_args__ = {"sqlite_with_rowid": False}


class OutboxRow(SQLModel, table=True):
    """One delivery still owed: a notification for one target of its channel. Gone when it is delivered or dead."""

    __tablename__ = "outbox"
    notification: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    conversation: str
    number: int = Field(sa_type=BigInteger)
    attempts: int = 0
    next_attempt_at: int = instant(index=True)
    leased_until: int = instant()
    leased_by: str = ""
    created_at: int = instant()
    __table_args__ = (
        Index("outbox_order", "conversation", "target", "number"),
        Index("outbox_by_channel", "channel", "number"),
    )


class DeliveryRow(SQLModel, table=True):
    """One try to hand a message over, with its receipt."""

    __tablename__ = "delivery"
    id: int | None = Field(default=None, primary_key=True)
    notification: str = Field(index=True)
    channel: str
    target: str
    at: int = instant(index=True)
    attempt: int
    receipt: str
    code: int | None = None
    detail: str = long_text()
    latency_ms: int = 0
    next_attempt_at: int = instant()


class ThreadRow(SQLModel, table=True):
    """What a receiver called the first message of a conversation, so that later ones answer it or change it."""

    __tablename__ = "thread"
    channel: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    conversation: str = Field(primary_key=True)
    handle: str = ""
    at: int = instant(index=True)
    __table_args__ = {"sqlite_with_rowid": False}


class ChannelHealthRow(SQLModel, table=True):
    __tablename__ = "channel_health"
    channel: str = Field(primary_key=True)
    healthy: bool = True
    detail: str = long_text()
    paused_until: int = instant()
    changed_at: int = instant()

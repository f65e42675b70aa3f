"""What is kept about runs, alerts and messages? Every table of the state. Instants are µs since the epoch.

The tables are made by the migrations; conditions of indexes for PostgreSQL stand there alone, since to name them here
would load its drivers.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import AutoString

metadata: MetaData = SQLModel.metadata


def table(model: type[SQLModel]) -> Table:
    return metadata.tables[str(model.__tablename__)]


def _instant(*, index: bool = False) -> Any:
    return Field(default=0, sa_type=BigInteger, index=index)


def _text() -> Any:
    return Field(default="", sa_type=Text)


class RunRow(SQLModel, table=True):
    """One row for each run. ``detail`` is JSON of what only some runs have: stack, candidates, labels, bodies."""

    __tablename__ = "run"
    id: str = Field(primary_key=True)
    engine: str
    workflow: str
    run_id: str
    outcome: str
    severity: str = ""
    error_type: str = ""
    error_message: str = _text()
    cause_type: str = ""
    error_group: str = ""
    failing_step: str = ""
    attempts: int = 0
    max_attempts: int = 0
    started_at: int = _instant()
    ended_at: int = _instant()
    received_at: int = _instant()
    heard_at: int = _instant()
    environment: str = ""
    version: str = ""
    parent_run_id: str = ""
    url: str = ""
    trace_id: str = ""
    told_by_event: bool = False
    evaluated: bool = False
    detail: str = _text()
    __table_args__ = (
        Index("run_by_run_id", "run_id", "engine"),
        Index("run_by_trace", "trace_id", sqlite_where=text("trace_id != ''")),
        Index(
            "run_by_parent",
            "parent_run_id",
            sqlite_where=text("parent_run_id != ''"),
            postgresql_where=text("parent_run_id != ''"),
        ),
        Index("run_by_end", "ended_at"),
        Index(
            "run_bad",
            "ended_at",
            sqlite_where=text("error_group != ''"),
        ),
        Index(
            "run_good_version",
            "workflow",
            "ended_at",
            sqlite_where=text("version != '' AND outcome = 'succeeded'"),
            postgresql_where=text("version != '' AND outcome = 'succeeded'"),
        ),
    )


class LooseRow(SQLModel, table=True):
    """Evidence whose run is not known yet: a failed step or a logged error that came before its root."""

    __tablename__ = "loose"
    id: str = Field(primary_key=True)
    key: str = Field(index=True)
    body: str = _text()
    received_at: int = _instant(index=True)
    look_at: int = _instant()  # when to look for its run once more; 0: when its run comes
    __table_args__ = (Index("loose_to_look_at", "look_at", sqlite_where=text("look_at > 0")),)


class FailureRow(SQLModel, table=True):
    __tablename__ = "failure"
    id: str = Field(primary_key=True)
    run: str = Field(index=True)
    engine: str
    workflow: str
    run_id: str
    environment: str = ""
    version: str = ""
    step: str = ""
    outcome: str
    severity: str
    error_type: str = ""
    error_message: str = _text()
    error_group: str
    cause: str
    occurred_at: int = _instant(index=True)
    received_at: int = _instant()
    novelty: str = ""
    __table_args__ = (Index("failure_by_group", "error_group", "occurred_at"),)


class ErrorGroupRow(SQLModel, table=True):
    """All failures that share a fingerprint. ``components`` is JSON of what made it: "why grouped"."""

    __tablename__ = "error_group"
    id: str = Field(primary_key=True)
    cause: str
    version: int
    engine: str = ""
    workflow: str
    step: str = ""
    error_type: str = ""
    error_message: str = _text()
    stack: str = _text()
    components: str = _text()
    count: int = 0
    first_seen: int = _instant()
    last_seen: int = _instant(index=True)
    state: str = "ongoing"
    resolved_at: int = _instant()
    resolved_version: str = ""


class GroupAliasRow(SQLModel, table=True):
    """A fingerprint known under another one since evidence came late: both are one error group."""

    __tablename__ = "group_alias"
    id: str = Field(primary_key=True)
    canonical: str = Field(index=True)


class AlertStateRow(SQLModel, table=True):
    """What the rule engine remembers of one (rule, key). ``body`` is the whole AlertState as JSON; ``idle_since``
    the day of the last change of one that is not open, else 0."""

    __tablename__ = "alert_state"
    key: str = Field(primary_key=True)
    rule: str
    level: str
    is_open: bool = False
    body: str = _text()
    idle_since: int = _instant()
    __table_args__ = (
        Index("alert_state_open", "level", sqlite_where=text("is_open = 1")),
        Index("alert_state_idle", "idle_since"),
    )


class AlertRow(SQLModel, table=True):
    """One episode. ``body`` is the AlertState as it was last, for messages and pages."""

    __tablename__ = "alert"
    id: str = Field(primary_key=True)
    key: str = Field(index=True)
    rule: str
    severity: str
    state: str = Field(index=True)
    engine: str = ""
    workflow: str
    environment: str = ""
    error_group: str = ""
    count: int = 0
    acknowledged_by: str = ""
    suppressed_by: str = ""
    first_at: int = _instant()
    last_at: int = _instant(index=True)
    fired_at: int = _instant()
    resolved_at: int = _instant()
    body: str = _text()


class ConversationRow(SQLModel, table=True):
    """What is said in one place: see ``rules.conversation``. ``body`` is "" for one that is only locked."""

    __tablename__ = "conversation"
    key: str = Field(primary_key=True)
    policy: str = ""
    channel: str = ""
    body: str = _text()
    idle_since: int = _instant()
    __table_args__ = (Index("conversation_idle", "idle_since"),)


class RuleErrorRow(SQLModel, table=True):
    """A rule that could not be evaluated: how often, and why the last time."""

    __tablename__ = "rule_error"
    rule: str = Field(primary_key=True)
    count: int = 0
    last_at: int = _instant()
    error: str = _text()


class DeadlineRow(SQLModel, table=True):
    __tablename__ = "deadline"
    kind: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    detail: str = Field(primary_key=True)
    due_at: int = _instant(index=True)
    partition: int = 0


class DecisionRow(SQLModel, table=True):
    """Why something was said or not. Equal silences of one batch share a row and its ``count``."""

    __tablename__ = "decision"
    id: int | None = Field(default=None, primary_key=True)
    at: int = _instant(index=True)
    alert: str = Field(default="", index=True)
    rule: str = ""
    channel: str = ""
    kind: str = ""
    reason: str = ""
    because: str = ""
    run: str = Field(default="", index=True)
    count: int = 1


class NotificationRow(SQLModel, table=True):
    """One message for one channel, decided. Written with the state that decided it; the id makes a replay harmless.

    ``about`` is JSON: (alert, reason, failures since the last message) of each alert; ``alert`` is the first."""

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
    created_at: int = _instant(index=True)
    sent_at: int = _instant()
    others: int = 0
    about: str = _text()


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
    next_attempt_at: int = _instant(index=True)
    leased_until: int = _instant()
    leased_by: str = ""
    created_at: int = _instant()
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
    at: int = _instant(index=True)
    attempt: int
    receipt: str
    code: int | None = None
    detail: str = _text()
    latency_ms: int = 0
    next_attempt_at: int = _instant()


class ThreadRow(SQLModel, table=True):
    """What a receiver called the first message of a conversation, so that later ones answer it or change it."""

    __tablename__ = "thread"
    channel: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    conversation: str = Field(primary_key=True)
    handle: str = ""
    at: int = _instant(index=True)
    __table_args__ = {"sqlite_with_rowid": False}


class ChannelHealthRow(SQLModel, table=True):
    __tablename__ = "channel_health"
    channel: str = Field(primary_key=True)
    healthy: bool = True
    detail: str = _text()
    paused_until: int = _instant()
    changed_at: int = _instant()


class RollupRunRow(SQLModel, table=True):
    """Ended runs in 15-minute buckets of their end."""

    __tablename__ = "rollup_run"
    bucket: int = Field(primary_key=True, sa_type=BigInteger)
    engine: str = Field(primary_key=True)
    workflow: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)
    severity: str = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    n: int = 0
    __table_args__ = {"sqlite_with_rowid": False}


class RollupDurationRow(SQLModel, table=True):
    """Bucket counts of the durations' sketch; ``bin`` is ``reports.sketch.duration_bin``."""

    __tablename__ = "rollup_duration"
    bucket: int = Field(primary_key=True, sa_type=BigInteger)
    engine: str = Field(primary_key=True)
    workflow: str = Field(primary_key=True)
    good: bool = Field(primary_key=True)
    bin: int = Field(primary_key=True)
    n: int = 0
    __table_args__ = {"sqlite_with_rowid": False}


class RollupGroupRow(SQLModel, table=True):
    __tablename__ = "rollup_group"
    bucket: int = Field(primary_key=True, sa_type=BigInteger)
    error_group: str = Field(primary_key=True)
    workflow: str = Field(primary_key=True)
    n: int = 0
    __table_args__ = {"sqlite_with_rowid": False}


class TraceRow(SQLModel, table=True):
    """The scrubbed spans of a bad run, kept longer than the raw bodies: the first and the latest of each group."""

    __tablename__ = "trace"
    run: str = Field(primary_key=True)
    error_group: str = Field(index=True)
    at: int = _instant()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SourceRow(SQLModel, table=True):
    """What came through one door from one service, by the engine that wrote it; the counts are those of ``Seen``."""

    __tablename__ = "source"
    door: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    engine: str = Field(primary_key=True)
    items: int = 0
    running: int = 0
    ended: int = 0
    failed: int = 0
    untyped: int = 0
    first_at: int = _instant()
    last_at: int = _instant()
    note: str = _text()
    note_at: int = _instant()


class ProgressRow(SQLModel, table=True):
    """How far the worker came in the inbox, committed with what it made of it. One row."""

    __tablename__ = "progress"
    id: int = Field(default=1, primary_key=True)
    segment: str = ""
    row: int = _instant()
    items: int = _instant()
    engine_now: int = _instant()
    beat_at: int = _instant()


class QuarantineRow(SQLModel, table=True):
    """A body that could not be worked on, kept aside with the reason."""

    __tablename__ = "quarantine"
    id: int | None = Field(default=None, primary_key=True)
    segment: str
    row: int = _instant()
    kind: str
    at: int = _instant()
    reason: str = _text()


class ConfigurationRow(SQLModel, table=True):
    """Each configuration that was activated, as text with its ``${NAME}`` unresolved. The last one holds."""

    __tablename__ = "configuration"
    id: int | None = Field(default=None, primary_key=True)
    at: int = _instant()
    body: str = _text()


class AuditRow(SQLModel, table=True):
    """What somebody changed. ``before`` and ``after`` are JSON without secrets, "" for nothing."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: int = _instant(index=True)
    by: str
    action: str
    object: str
    before: str = _text()
    after: str = _text()


class MetaRow(SQLModel, table=True):
    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str = _text()


def _fit_postgresql() -> None:
    """Numbers as wide and text sorted as SQLite does it: 64 bits, and byte by byte."""
    for each in metadata.tables.values():
        for column in each.columns:
            if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger):
                column.type = column.type.with_variant(BigInteger(), "postgresql")
            elif isinstance(column.type, AutoString):
                column.type = String().with_variant(Text(collation="C"), "postgresql")


_fit_postgresql()

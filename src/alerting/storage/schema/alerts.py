"""What the rules remember, decided and wait for."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from alerting.storage.schema.columns import instant, long_text


class AlertStateRow(SQLModel, table=True):
    """What the rule engine remembers of one (rule, key). ``body`` is the whole AlertState as JSON; ``idle_since``
    the day of the last change of one that is not open, else 0."""

    __tablename__ = "alert_state"
    key: str = Field(primary_key=True)
    rule: str
    level: str
    is_open: bool = False
    body: str = long_text()
    idle_since: int = instant()
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
    first_at: int = instant()
    last_at: int = instant(index=True)
    fired_at: int = instant()
    resolved_at: int = instant()
    body: str = long_text()


class ConversationRow(SQLModel, table=True):
    """What is said in one place: see ``rules.conversation``. ``body`` is "" for one that is only locked."""

    __tablename__ = "conversation"
    key: str = Field(primary_key=True)
    policy: str = ""
    channel: str = ""
    body: str = long_text()
    idle_since: int = instant()
    __table_args__ = (Index("conversation_idle", "idle_since"),)


class RuleErrorRow(SQLModel, table=True):
    """A rule that could not be evaluated: how often, and why the last time."""

    __tablename__ = "rule_error"
    rule: str = Field(primary_key=True)
    count: int = 0
    last_at: int = instant()
    error: str = long_text()


class DeadlineRow(SQLModel, table=True):
    __tablename__ = "deadline"
    kind: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    detail: str = Field(primary_key=True)
    due_at: int = instant(index=True)
    partition: int = 0


class DecisionRow(SQLModel, table=True):
    """Why something was said or not. Equal silences of one batch share a row and its ``count``."""

    __tablename__ = "decision"
    id: int | None = Field(default=None, primary_key=True)
    at: int = instant(index=True)
    alert: str = Field(default="", index=True)
    rule: str = ""
    channel: str = ""
    kind: str = ""
    reason: str = ""
    because: str = ""
    run: str = Field(default="", index=True)
    count: int = 1

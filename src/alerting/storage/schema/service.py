"""How far the work is, what is in force, who sends, what people changed."""

from sqlmodel import Field, SQLModel

from alerting.storage.schema.columns import instant, long_text


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
    first_at: int = instant()
    last_at: int = instant()
    note: str = long_text()
    note_at: int = instant()


class ProgressRow(SQLModel, table=True):
    """How far the worker came in the inbox, committed with what it made of it. One row."""

    __tablename__ = "progress"
    id: int = Field(default=1, primary_key=True)
    segment: str = ""
    row: int = instant()
    items: int = instant()
    engine_now: int = instant()
    beat_at: int = instant()


class QuarantineRow(SQLModel, table=True):
    """A body that could not be worked on, kept aside with the reason."""

    __tablename__ = "quarantine"
    id: int | None = Field(default=None, primary_key=True)
    segment: str
    row: int = instant()
    kind: str
    at: int = instant()
    reason: str = long_text()


class ConfigurationRow(SQLModel, table=True):
    """Each configuration that was activated, as text with its ``${NAME}`` unresolved. The last one holds."""

    __tablename__ = "configuration"
    id: int | None = Field(default=None, primary_key=True)
    at: int = instant()
    body: str = long_text()


class AuditRow(SQLModel, table=True):
    """What somebody changed. ``before`` and ``after`` are JSON without secrets, "" for nothing."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: int = instant(index=True)
    by: str
    action: str
    object: str
    before: str = long_text()
    after: str = long_text()


class MetaRow(SQLModel, table=True):
    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str = long_text()

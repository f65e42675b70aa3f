"""Runs, what failed in them, and the error groups that failures make."""

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from alerting.storage.schema.columns import instant, long_text

_APART = text("trace_id != '' AND trace_id != run_id")  # others are found by their run id


class RunRow(SQLModel, table=True):
    """One row for each run. ``detail`` is JSON of what only some runs have: stack, candidates, labels, bodies.
    ``counted``: 1 once it is in the rollups as they are now, 0 if it was counted by an earlier version."""

    __tablename__ = "run"
    id: str = Field(primary_key=True)
    engine: str
    workflow: str
    run_id: str
    outcome: str
    severity: str = ""
    error_type: str = ""
    error_message: str = long_text()
    cause_type: str = ""
    error_group: str = ""
    failing_step: str = ""
    attempts: int = 0
    max_attempts: int = 0
    started_at: int = instant()
    ended_at: int = instant()
    received_at: int = instant()
    heard_at: int = instant()
    environment: str = ""
    version: str = ""
    parent_run_id: str = ""
    url: str = ""
    trace_id: str = ""
    told_by_event: bool = False
    evaluated: bool = False
    counted: int = instant()
    detail: str = long_text()
    __table_args__ = (
        Index("run_by_run_id", "run_id", "engine"),
        Index("run_by_trace", "trace_id", sqlite_where=_APART, postgresql_where=_APART),
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
        Index("run_by_workflow", "workflow", "environment", "ended_at", "outcome"),
    )


class LooseRow(SQLModel, table=True):
    """Evidence whose run is not known yet: a failed step or a logged error that came before its root."""

    __tablename__ = "loose"
    id: str = Field(primary_key=True)
    key: str = Field(index=True)
    body: str = long_text()
    received_at: int = instant(index=True)
    look_at: int = instant()  # when to look for its run once more; 0: when its run comes
    __table_args__ = (Index("loose_to_look_at", "look_at", sqlite_where=text("look_at > 0")),)


class FailureRow(SQLModel, table=True):
    __tablename__ = "failure"
    id: str = Field(primary_key=True)
    run: str
    engine: str
    workflow: str
    run_id: str
    environment: str = ""
    version: str = ""
    step: str = ""
    outcome: str
    severity: str
    error_type: str = ""
    error_message: str = long_text()
    error_group: str
    cause: str
    occurred_at: int = instant(index=True)
    received_at: int = instant()
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
    error_message: str = long_text()
    stack: str = long_text()
    components: str = long_text()
    count: int = 0
    first_seen: int = instant()
    last_seen: int = instant(index=True)
    state: str = "ongoing"
    resolved_at: int = instant()
    resolved_version: str = ""


class GroupAliasRow(SQLModel, table=True):
    """A fingerprint known under another one since evidence came late: both are one error group."""

    __tablename__ = "group_alias"
    id: str = Field(primary_key=True)
    canonical: str = Field(index=True)


class TraceRow(SQLModel, table=True):
    """The scrubbed spans of a run, kept longer than the raw bodies: of each group the first and the latest bad ones,
    and a good one or two to lay beside them."""

    __tablename__ = "trace"
    run: str = Field(primary_key=True)
    error_group: str = Field(index=True)
    at: int = instant()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

"""Counts of ended runs for reports, in buckets of 15 minutes of their end; whole days of them go into packs.

All share the columns of a cell: bucket, engine, workflow, environment, version, severity.
"""

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel

_NO_ROWID = {"sqlite_with_rowid": False}


class _Cell(SQLModel):
    bucket: int = Field(primary_key=True, sa_type=BigInteger)
    engine: str = Field(primary_key=True)
    workflow: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    severity: str = Field(primary_key=True)


class RollupRunRow(_Cell, table=True):
    """``healed`` of ``n`` ended well after more than one try; ``late`` came more than a minute after their end;
    ``skewed`` ended more than a second after they came. ``busy`` and ``waste`` are sums of µs."""

    __tablename__ = "rollup_run"
    outcome: str = Field(primary_key=True)
    n: int = 0
    healed: int = 0
    late: int = 0
    skewed: int = 0
    busy: int = Field(default=0, sa_type=BigInteger)
    waste: int = Field(default=0, sa_type=BigInteger)
    __table_args__ = _NO_ROWID


class RollupDurationRow(_Cell, table=True):
    """Bucket counts of the durations' sketch; ``bin`` is ``reports.sketch.duration_bin``."""

    __tablename__ = "rollup_duration"
    good: bool = Field(primary_key=True)
    bin: int = Field(primary_key=True)
    n: int = 0
    __table_args__ = _NO_ROWID


class RollupGroupRow(_Cell, table=True):
    """Bad runs by the error group that caused them."""

    __tablename__ = "rollup_group"
    error_group: str = Field(primary_key=True)
    n: int = 0
    waste: int = Field(default=0, sa_type=BigInteger)
    __table_args__ = _NO_ROWID


class RollupTryRow(_Cell, table=True):
    """Tries that failed: see ``alerting.storage.tries``."""

    __tablename__ = "rollup_try"
    step: str = Field(primary_key=True)
    error_type: str = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    then: str = Field(primary_key=True)
    n: int = 0
    waste: int = Field(default=0, sa_type=BigInteger)
    delay: int = Field(default=0, sa_type=BigInteger)
    __table_args__ = _NO_ROWID


class RollupPackRow(SQLModel, table=True):
    """The rows of one rollup table of one UTC day (its number since the epoch), column by column: see
    ``alerting.storage.packs``. Later corrections lie in the table itself until the day is packed again."""

    __tablename__ = "rollup_pack"
    kind: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ReportRow(SQLModel, table=True):
    """A report that was made, to be read again under its ``id``. ``body`` is all of it and ``told`` what a message says
    of it, both packed; ``name`` is its schedule's, "" for one that somebody asked for."""

    __tablename__ = "report"
    id: str = Field(primary_key=True)
    name: str = ""
    made_at: int = Field(default=0, sa_type=BigInteger, index=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    told: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

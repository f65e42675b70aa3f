"""Counts in 15-minute buckets, for reports."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


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

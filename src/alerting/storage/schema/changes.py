"""What was changed, and what became of error groups: when, and in which version."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from alerting.storage.schema.columns import instant, long_text


class ChangeRow(SQLModel, table=True):
    """``workflows`` is JSON: globs of those that it concerns, none for all."""

    __tablename__ = "change_event"
    id: str = Field(primary_key=True)
    at: int = instant(index=True)
    kind: str
    title: str = long_text()
    workflows: str = long_text()
    environment: str = ""
    version: str = ""
    url: str = long_text()
    source: str = ""


class GroupEventRow(SQLModel, table=True):
    """``kind`` is new, resolved or regressed. A group is new once, and since when its own row says: a failure that
    happened earlier may come later. ``version`` is that of the failure, or the one that is said to mend it."""

    __tablename__ = "group_event"
    error_group: str = Field(primary_key=True)
    at: int = Field(primary_key=True, sa_type=BigInteger, index=True)
    kind: str = Field(primary_key=True)
    version: str = ""
    by: str = ""
    __table_args__ = {"sqlite_with_rowid": False}

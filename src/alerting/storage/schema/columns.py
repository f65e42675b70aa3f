"""The kinds of columns that rows are made of."""

from typing import Any

from sqlalchemy import BigInteger, MetaData, Table, Text
from sqlmodel import Field, SQLModel

metadata: MetaData = SQLModel.metadata


def table(model: type[SQLModel]) -> Table:
    return metadata.tables[str(model.__tablename__)]


def instant(*, index: bool = False) -> Any:
    return Field(default=0, sa_type=BigInteger, index=index)


def long_text() -> Any:
    return Field(default="", sa_type=Text)

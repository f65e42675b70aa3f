"""The inbox as tables of PostgreSQL. A body lies in the partition of its day; what waits is a narrow row beside it, so
that the queue's coming and going never touches the bodies."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

metadata = MetaData()

INBOX = Table(
    "inbox",
    metadata,
    Column("id", BigInteger),
    Column("received_at", BigInteger),
    Column("kind", Text),
    Column("media", Text),
    Column("encoding", Text),
    Column("items", BigInteger),
    Column("body", LargeBinary),
)
PENDING = Table(
    "inbox_pending",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("received_at", BigInteger),
    Column("items", BigInteger),
    Column("size", BigInteger),
    Column("claimed_by", Text),  # the worker that is reading it; "" for nobody
    Column("deaths", BigInteger),  # of workers that were reading it
)

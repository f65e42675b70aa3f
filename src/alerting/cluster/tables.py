"""Who works on what: tables of PostgreSQL that only the processes themselves read. Instants are the database's own."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

metadata = MetaData()

WORKER = Table(
    "worker",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text),
    Column("pid", BigInteger),
    Column("started_at", BigInteger),
    Column("leased_until", BigInteger),
)
PARTITION = Table(
    "partition",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("owner", Text),
    Column("token", BigInteger),  # goes up with every change of owner
    Column("items", BigInteger),  # spans, records and events worked on
    Column("engine_now", BigInteger),
)
TASK = Table(
    "task",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("partition", BigInteger),
    Column("received_at", BigInteger),
    Column("items", BigInteger),
    Column("body", LargeBinary),
)

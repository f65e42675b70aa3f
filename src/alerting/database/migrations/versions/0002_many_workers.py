"""Work shared by many processes: partitions of it, leases on them, and PostgreSQL's own inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_PARTITIONS = 32
_NAME = sa.Text(collation="C")


def upgrade() -> None:
    op.add_column("deadline", sa.Column("partition", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("loose", sa.Column("look_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(
        "loose_to_look_at", "loose", ["look_at"], sqlite_where=sa.text("look_at > 0"),
        postgresql_where=sa.text("look_at > 0"),
    )  # fmt: skip
    name = sa.String().with_variant(_NAME, "postgresql")
    op.add_column("outbox", sa.Column("leased_by", name, nullable=False, server_default=""))
    with op.batch_alter_table("progress") as progress:
        progress.drop_column("numbers")
    op.execute("DELETE FROM meta WHERE name = 'schema'")
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()


def _postgresql() -> None:
    op.execute("CREATE SEQUENCE notification_number")
    op.create_table(
        "worker",
        sa.Column("id", _NAME, primary_key=True),
        sa.Column("host", _NAME, nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
    )
    partition = op.create_table(
        "partition",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("owner", _NAME, nullable=False, server_default=""),
        sa.Column("token", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("items", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("engine_now", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.bulk_insert(partition, [{"number": number} for number in range(_PARTITIONS)])
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("task_by_partition", "task", ["partition", "received_at"])
    _inbox()


def _inbox() -> None:
    op.execute("CREATE SEQUENCE inbox_id")
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", _NAME, nullable=False),
        sa.Column("media", _NAME, nullable=False),
        sa.Column("encoding", _NAME, nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index("inbox_by_id", "inbox", ["id"])
    op.create_index("inbox_by_time", "inbox", ["received_at"])
    op.create_table(
        "inbox_pending",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", _NAME, nullable=False, server_default=""),
        sa.Column("deaths", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.create_index("inbox_unclaimed", "inbox_pending", ["id"], postgresql_where=sa.text("claimed_by = ''"))
    op.create_index("inbox_pending_by_time", "inbox_pending", ["received_at"])
    for queue in ("task", "inbox_pending"):  # rows come and go: cleaned up after often, before scans feel the dead ones
        op.execute(
            f"ALTER TABLE {queue} SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000)"
        )

"""Threads of messages, and the version of a workflow that went well last."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "thread",
        sa.Column("channel", _NAME, primary_key=True),
        sa.Column("target", _NAME, primary_key=True),
        sa.Column("conversation", _NAME, primary_key=True),
        sa.Column("handle", _NAME, nullable=False, server_default=""),
        sa.Column("at", sa.BigInteger(), nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_thread_at", "thread", ["at"])
    op.create_index("outbox_by_channel", "outbox", ["channel", "number"])
    good = sa.text("version != '' AND outcome = 'succeeded'")
    op.create_index("run_good_version", "run", ["workflow", "ended_at"], sqlite_where=good, postgresql_where=good)

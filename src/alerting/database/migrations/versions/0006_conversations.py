"""Conversations of several alerts, rules that cannot be evaluated, and error groups that were resolved."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("key", _NAME, primary_key=True),
        _name("policy"),
        _name("channel"),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "rule_error",
        sa.Column("rule", _NAME, primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("alert", _NAME, primary_key=True),
        sa.Column("notification", _NAME, primary_key=True),
        _name("reason"),
        sa.Column("since_last", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("alert", _name("suppressed_by"))
    op.add_column("failure", _name("novelty"))
    op.add_column("error_group", sa.Column("resolved_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("error_group", _name("resolved_version"))
    op.add_column("notification", sa.Column("others", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("notification", sa.Column("about", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "INSERT INTO told (alert, notification, reason, since_last) "
        "SELECT alert, id, reason, since_last FROM notification"
    )


def _name(name: str) -> sa.Column[str]:
    return sa.Column(name, _NAME, nullable=False, server_default="")

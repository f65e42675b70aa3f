"""Who changed what."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, _NAME, nullable=False) for name in ("by", "action", "object")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("before", "after")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])

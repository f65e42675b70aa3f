"""Who sends what, and how much of it is understood."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTS = ("items", "running", "ended", "failed", "untyped", "first_at", "last_at", "note_at")


def upgrade() -> None:
    op.create_table(
        "source",
        *(sa.Column(name, _NAME, primary_key=True) for name in ("door", "service", "engine")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("note", sa.Text(), nullable=False),
    )

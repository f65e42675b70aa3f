"""Since when nothing happened in what the rules remember, so that it can be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_DAY = 86_400_000_000


def upgrade() -> None:
    """What was idle before counts as idle since the day of what was heard last."""
    for name in ("alert_state", "conversation"):
        op.add_column(name, sa.Column("idle_since", sa.BigInteger(), nullable=False, server_default="0"))
        op.create_index(f"{name}_idle", name, ["idle_since"])
    latest = "(SELECT COALESCE(MAX(heard_at), 1) FROM run)"
    op.execute(f"UPDATE alert_state SET idle_since = {latest} - {latest} % {_DAY} WHERE NOT is_open")

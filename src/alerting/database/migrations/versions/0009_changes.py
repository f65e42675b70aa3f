"""What was changed when, and when error groups were new, resolved and back."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """What became of the groups that there are is told by the failures that are kept."""
    op.create_table(
        "change_event",
        sa.Column("id", _NAME, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", _NAME, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "workflows")),
        *(sa.Column(name, _NAME, nullable=False) for name in ("environment", "version")),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", _NAME, nullable=False),
    )
    op.create_index("ix_change_event_at", "change_event", ["at"])
    op.create_table(
        "group_event",
        sa.Column("error_group", _NAME, primary_key=True),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", _NAME, primary_key=True),
        *(sa.Column(name, _NAME, nullable=False) for name in ("version", "by")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_group_event_at", "group_event", ["at"])
    op.execute(
        "INSERT INTO group_event SELECT id, first_seen, 'new', COALESCE((SELECT MIN(failure.version) FROM failure "
        "WHERE failure.error_group = error_group.id AND failure.novelty = 'new'), ''), '' FROM error_group"
    )
    op.execute(
        "INSERT INTO group_event SELECT error_group, occurred_at, 'regressed', MIN(version), '' FROM failure "
        "WHERE novelty = 'regressed' AND error_group != '' GROUP BY error_group, occurred_at"
    )
    op.execute(
        "INSERT INTO group_event SELECT id, resolved_at, 'resolved', resolved_version, '' FROM error_group "
        "WHERE resolved_at > 0"
    )

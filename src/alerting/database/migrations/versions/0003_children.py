"""The runs that a run started are found by its id."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    has_parent = sa.text("parent_run_id != ''")
    op.create_index(
        "run_by_parent", "run", ["parent_run_id"], sqlite_where=has_parent, postgresql_where=has_parent
    )  # fmt: skip

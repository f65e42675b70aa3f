"""Fewer indexes for each run: of a run whose trace is its id that is enough, and a failure is found by its own id."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_APART = sa.text("trace_id != '' AND trace_id != run_id")


def upgrade() -> None:
    op.drop_index("run_by_trace", "run")
    op.create_index("run_by_trace", "run", ["trace_id"], sqlite_where=_APART, postgresql_where=_APART)
    op.drop_index("ix_failure_run", "failure")

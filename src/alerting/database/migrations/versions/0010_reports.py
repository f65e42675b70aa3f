"""Counts for reports by environment, version and severity, with tries and waste; past days in packs; reports kept."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger()
_CELL = ("engine", "workflow", "environment", "version", "severity")
# What the counts were kept by before.
_BEFORE = {
    "rollup_run": ("bucket", "engine", "workflow", "environment", "severity", "outcome", "n"),
    "rollup_duration": ("bucket", "engine", "workflow", "good", "bin", "n"),
    "rollup_group": ("bucket", "error_group", "workflow", "n"),
}


def _name(name: str) -> Any:
    return sa.Column(name, _NAME, primary_key=True)


def _number(name: str, **more: Any) -> Any:
    return sa.Column(name, _NUMBER, nullable=False, server_default="0", **more)


def _cells(table: str, *further: Any) -> None:
    bucket = sa.Column("bucket", _NUMBER, primary_key=True)
    op.create_table(table, bucket, *map(_name, _CELL), *further, sqlite_with_rowid=False)


def upgrade() -> None:
    for table in _BEFORE:
        op.rename_table(table, f"{table}_before")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER INDEX {table}_pkey RENAME TO {table}_before_pkey")
    key: Callable[..., Any] = sa.Column
    good, bin_ = key("good", sa.Boolean(), primary_key=True), key("bin", _NUMBER, primary_key=True)
    measures = ("n", "healed", "late", "skewed", "busy", "waste")
    _cells("rollup_run", _name("outcome"), *map(_number, measures))
    _cells("rollup_duration", good, bin_, _number("n"))
    _cells("rollup_group", _name("error_group"), _number("n"), _number("waste"))
    attempt = key("attempt", _NUMBER, primary_key=True)
    tried = (_name("step"), _name("error_type"), attempt, _name("then"))
    _cells("rollup_try", *tried, *map(_number, ("n", "waste", "delay")))
    body = sa.Column("body", sa.LargeBinary(), nullable=False)
    day = sa.Column("day", _NUMBER, primary_key=True)
    op.create_table("rollup_pack", _name("kind"), day, body)
    for table, names in _BEFORE.items():
        _carry_over(table, names)
        op.drop_table(f"{table}_before")
    op.drop_index("run_good_version", "run")
    op.create_index("run_by_workflow", "run", ["workflow", "environment", "ended_at", "outcome"])
    packed = [sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("body", "told")]
    name = sa.Column("name", _NAME, nullable=False, server_default="")
    op.create_table("report", _name("id"), name, _number("made_at"), *packed)
    op.create_index("ix_report_made_at", "report", ["made_at"])
    op.add_column("notification", sa.Column("report", _NAME, nullable=False, server_default=""))
    # Runs that were counted by what was kept before are taken out of those cells when they change.
    op.add_column("run", sa.Column("counted", _NUMBER, nullable=False, server_default="0"))


def _carry_over(table: str, names: tuple[str, ...]) -> None:
    blank = [each for each in _CELL if each not in names]
    into, values = ", ".join((*names, *blank)), ", ".join((*names, *("''" for _ in blank)))
    op.execute(f"INSERT INTO {table} ({into}) SELECT {values} FROM {table}_before WHERE n != 0")

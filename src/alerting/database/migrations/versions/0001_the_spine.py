"""Runs, failures, error groups, alerts, messages, rollups: what the first version kept."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NAME = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def name(column: str, **more: Any) -> "sa.Column[str]":
    """Text that is compared and sorted: by its bytes, on both databases."""
    return sa.Column(column, _NAME, **{"nullable": False, **more})


def text(column: str) -> "sa.Column[str]":
    return sa.Column(column, sa.Text(), nullable=False)


def number(column: str, **more: Any) -> "sa.Column[int]":
    return sa.Column(column, _NUMBER, **{"nullable": False, **more})


def flag(column: str, **more: Any) -> "sa.Column[bool]":
    return sa.Column(column, sa.Boolean(), **{"nullable": False, **more})


def binary(column: str) -> "sa.Column[bytes]":
    return sa.Column(column, sa.LargeBinary(), nullable=False)


def partial(index: str, table: str, columns: list[str], where: str, postgresql: str = "") -> None:
    conditions: dict[str, Any] = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(postgresql or where)}
    op.create_index(index, table, columns, **conditions)


def upgrade() -> None:
    op.create_table(
        "alert",
        name("id", primary_key=True),
        name("key"),
        name("rule"),
        name("severity"),
        name("state"),
        name("engine"),
        name("workflow"),
        name("environment"),
        name("error_group"),
        number("count"),
        name("acknowledged_by"),
        number("first_at"),
        number("last_at"),
        number("fired_at"),
        number("resolved_at"),
        text("body"),
    )
    op.create_index("ix_alert_key", "alert", ["key"])
    op.create_index("ix_alert_last_at", "alert", ["last_at"])
    op.create_index("ix_alert_state", "alert", ["state"])
    op.create_table(
        "alert_state",
        name("key", primary_key=True),
        name("rule"),
        name("level"),
        flag("is_open"),
        text("body"),
    )
    partial("alert_state_open", "alert_state", ["level"], "is_open = 1", "is_open")
    op.create_table(
        "channel_health",
        name("channel", primary_key=True),
        flag("healthy"),
        text("detail"),
        number("paused_until"),
        number("changed_at"),
    )
    op.create_table(
        "configuration",
        number("id", primary_key=True),
        number("at"),
        text("body"),
    )
    op.create_table(
        "deadline",
        name("kind", primary_key=True),
        name("owner", primary_key=True),
        name("detail", primary_key=True),
        number("due_at"),
    )
    op.create_index("ix_deadline_due_at", "deadline", ["due_at"])
    op.create_table(
        "decision",
        number("id", primary_key=True),
        number("at"),
        name("alert"),
        name("rule"),
        name("channel"),
        name("kind"),
        name("reason"),
        name("because"),
        name("run"),
        number("count"),
    )
    op.create_index("ix_decision_alert", "decision", ["alert"])
    op.create_index("ix_decision_at", "decision", ["at"])
    op.create_index("ix_decision_run", "decision", ["run"])
    op.create_table(
        "delivery",
        number("id", primary_key=True),
        name("notification"),
        name("channel"),
        name("target"),
        number("at"),
        number("attempt"),
        name("receipt"),
        number("code", nullable=True),
        text("detail"),
        number("latency_ms"),
        number("next_attempt_at"),
    )
    op.create_index("ix_delivery_at", "delivery", ["at"])
    op.create_index("ix_delivery_notification", "delivery", ["notification"])
    op.create_table(
        "error_group",
        name("id", primary_key=True),
        name("cause"),
        number("version"),
        name("engine"),
        name("workflow"),
        name("step"),
        name("error_type"),
        text("error_message"),
        text("stack"),
        text("components"),
        number("count"),
        number("first_seen"),
        number("last_seen"),
        name("state"),
    )
    op.create_index("ix_error_group_last_seen", "error_group", ["last_seen"])
    op.create_table(
        "failure",
        name("id", primary_key=True),
        name("run"),
        name("engine"),
        name("workflow"),
        name("run_id"),
        name("environment"),
        name("version"),
        name("step"),
        name("outcome"),
        name("severity"),
        name("error_type"),
        text("error_message"),
        name("error_group"),
        name("cause"),
        number("occurred_at"),
        number("received_at"),
    )
    op.create_index("failure_by_group", "failure", ["error_group", "occurred_at"])
    op.create_index("ix_failure_occurred_at", "failure", ["occurred_at"])
    op.create_index("ix_failure_run", "failure", ["run"])
    op.create_table(
        "group_alias",
        name("id", primary_key=True),
        name("canonical"),
    )
    op.create_index("ix_group_alias_canonical", "group_alias", ["canonical"])
    op.create_table(
        "loose",
        name("id", primary_key=True),
        name("key"),
        text("body"),
        number("received_at"),
    )
    op.create_index("ix_loose_key", "loose", ["key"])
    op.create_index("ix_loose_received_at", "loose", ["received_at"])
    op.create_table(
        "meta",
        name("name", primary_key=True),
        text("value"),
    )
    op.create_table(
        "notification",
        name("id", primary_key=True),
        name("channel"),
        name("policy"),
        name("reason"),
        name("alert"),
        name("severity"),
        number("since_last"),
        name("conversation"),
        name("status"),
        name("title"),
        number("number"),
        number("created_at"),
        number("sent_at"),
    )
    op.create_index("ix_notification_alert", "notification", ["alert"])
    op.create_index("ix_notification_created_at", "notification", ["created_at"])
    op.create_index("ix_notification_number", "notification", ["number"])
    op.create_index("ix_notification_status", "notification", ["status"])
    op.create_table(
        "outbox",
        name("notification", primary_key=True),
        name("channel", primary_key=True),
        name("target", primary_key=True),
        name("conversation"),
        number("number"),
        number("attempts"),
        number("next_attempt_at"),
        number("leased_until"),
        number("created_at"),
    )
    op.create_index("ix_outbox_next_attempt_at", "outbox", ["next_attempt_at"])
    op.create_index("outbox_order", "outbox", ["conversation", "target", "number"])
    op.create_table(
        "progress",
        number("id", primary_key=True),
        name("segment"),
        number("row"),
        number("items"),
        number("engine_now"),
        number("beat_at"),
        number("numbers"),
    )
    op.create_table(
        "quarantine",
        number("id", primary_key=True),
        name("segment"),
        number("row"),
        name("kind"),
        number("at"),
        text("reason"),
    )
    op.create_table(
        "rollup_duration",
        number("bucket", primary_key=True),
        name("engine", primary_key=True),
        name("workflow", primary_key=True),
        flag("good", primary_key=True),
        number("bin", primary_key=True),
        number("n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_group",
        number("bucket", primary_key=True),
        name("error_group", primary_key=True),
        name("workflow", primary_key=True),
        number("n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_run",
        number("bucket", primary_key=True),
        name("engine", primary_key=True),
        name("workflow", primary_key=True),
        name("environment", primary_key=True),
        name("severity", primary_key=True),
        name("outcome", primary_key=True),
        number("n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run",
        name("id", primary_key=True),
        name("engine"),
        name("workflow"),
        name("run_id"),
        name("outcome"),
        name("severity"),
        name("error_type"),
        text("error_message"),
        name("cause_type"),
        name("error_group"),
        name("failing_step"),
        number("attempts"),
        number("max_attempts"),
        number("started_at"),
        number("ended_at"),
        number("received_at"),
        number("heard_at"),
        name("environment"),
        name("version"),
        name("parent_run_id"),
        name("url"),
        name("trace_id"),
        flag("told_by_event"),
        flag("evaluated"),
        text("detail"),
    )
    partial("run_bad", "run", ["ended_at"], "error_group != ''")
    op.create_index("run_by_end", "run", ["ended_at"])
    op.create_index("run_by_run_id", "run", ["run_id", "engine"])
    partial("run_by_trace", "run", ["trace_id"], "trace_id != ''")
    op.create_table(
        "trace",
        name("run", primary_key=True),
        name("error_group"),
        number("at"),
        binary("body"),
    )
    op.create_index("ix_trace_error_group", "trace", ["error_group"])

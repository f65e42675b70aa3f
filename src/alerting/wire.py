"""What do the outside's JSON objects look like? Rows of the store → the shapes of the API; pure."""

import json
from collections.abc import Mapping
from typing import Any

from rules.instants import Instant, format_instant

Row = Mapping[str, Any]
Wire = dict[str, Any]


def time_or_none(instant: Instant) -> str | None:
    return format_instant(instant) if instant else None


def run_wire(row: Row) -> Wire:
    detail = json.loads(row["detail"] or "{}")
    bad = bool(row["error_type"] or row["error_message"])
    return {
        "id": row["id"],
        "engine": row["engine"],
        "workflow": row["workflow"],
        "run_id": row["run_id"],
        "outcome": row["outcome"],
        "severity": row["severity"] or None,
        "error": {"type": row["error_type"], "message": row["error_message"], "cause_type": row["cause_type"]}
        if bad
        else None,
        "error_group": row["error_group"] or None,
        "failing_step": row["failing_step"] or None,
        "attempts": row["attempts"],
        "started_at": time_or_none(row["started_at"]),
        "ended_at": None if row["outcome"] == "running" else time_or_none(row["ended_at"]),
        "environment": row["environment"],
        "version": row["version"],
        "parent_run_id": row["parent_run_id"] or None,
        "consequence_of": detail.get("consequence_of"),
        "url": row["url"] or None,
        "labels": detail.get("labels", {}),
        "trace_ids": [trace for trace in (row["trace_id"], *detail.get("traces", [])) if trace],
    }


def failure_wire(row: Row) -> Wire:
    return {
        "id": row["id"],
        "run": row["run"],
        "engine": row["engine"],
        "workflow": row["workflow"],
        "run_id": row["run_id"],
        "environment": row["environment"],
        "version": row["version"],
        "step": row["step"] or None,
        "outcome": row["outcome"],
        "severity": row["severity"],
        "error": {"type": row["error_type"], "message": row["error_message"]},
        "error_group": row["error_group"],
        "cause": row["cause"],
        "occurred_at": time_or_none(row["occurred_at"]),
        "received_at": time_or_none(row["received_at"]),
    }


def group_wire(row: Row) -> Wire:
    return {
        "id": row["id"],
        "cause": row["cause"],
        "engine": row["engine"],
        "workflow": row["workflow"],
        "step": row["step"] or None,
        "error": {"type": row["error_type"], "message": row["error_message"]},
        "components": [list(pair) for pair in json.loads(row["components"] or "[]")],
        "fingerprint_version": row["version"],
        "count": row["count"],
        "first_seen": time_or_none(row["first_seen"]),
        "last_seen": time_or_none(row["last_seen"]),
        "state": row["state"],
        "resolved_at": time_or_none(row["resolved_at"]),
        "resolved_version": row["resolved_version"] or None,
    }


def group_event_wire(row: Row) -> Wire:
    return {
        "at": time_or_none(row["at"]),
        "kind": row["kind"],
        "version": row["version"] or None,
        "by": row["by"] or None,
    }


def change_wire(row: Row) -> Wire:
    return {
        "id": row["id"],
        "at": time_or_none(row["at"]),
        "kind": row["kind"],
        "title": row["title"],
        "workflow": globs_of(row),
        "environment": row["environment"],
        "version": row["version"],
        "url": row["url"] or None,
        "source": row["source"],
    }


def globs_of(row: Row) -> list[str]:
    """Of the workflows that a change concerns; none for all."""
    found: list[str] = json.loads(row["workflows"] or "[]")
    return found


def alert_wire(row: Row) -> Wire:
    return {
        "id": row["id"],
        "rule": row["rule"],
        "severity": row["severity"],
        "state": row["state"],
        "acknowledged": bool(row["acknowledged_by"]),
        "acknowledged_by": row["acknowledged_by"] or None,
        "suppressed_by": row["suppressed_by"] or None,
        "engine": row["engine"],
        "workflow": row["workflow"],
        "environment": row["environment"],
        "error_group": row["error_group"],
        "count": row["count"],
        "first_at": time_or_none(row["first_at"]),
        "last_at": time_or_none(row["last_at"]),
        "fired_at": time_or_none(row["fired_at"]),
        "resolved_at": time_or_none(row["resolved_at"]),
        "labels": {},
    }


def notification_wire(row: Row, next_attempt_at: Instant | None = None) -> Wire:
    """``next_attempt_at``: the earliest of those that are owed."""
    return {
        "id": row["id"],
        "channel": row["channel"],
        "reason": row["reason"],
        "severity": row["severity"],
        "alerts": [each[0] for each in json.loads(row["about"] or "[]")] or [row["alert"]],
        "status": row["status"],
        "created_at": time_or_none(row["created_at"]),
        "sent_at": time_or_none(row["sent_at"]),
        "next_attempt_at": time_or_none(next_attempt_at or 0),
        "title": row["title"],
    }


def waiting_wire(row: Row) -> Wire:
    """One delivery that is owed."""
    return {
        "channel": row["channel"],
        "target": row["target"],
        "attempts": row["attempts"],
        "since": time_or_none(row["created_at"]),
        "next_attempt_at": time_or_none(row["next_attempt_at"]),
    }


def unsent_wire(row: Row) -> Wire:
    """A decision to say nothing, in the form of a notification. Equal ones of one moment are one, with their count."""
    return {
        "id": f"silent-{row['id']}",
        "channel": row["channel"] or None,
        "reason": row["reason"],
        "severity": None,
        "alerts": [row["alert"]] if row["alert"] else [],
        "status": "suppressed",
        "created_at": time_or_none(row["at"]),
        "sent_at": None,
        "next_attempt_at": None,
        "title": "",
        "waiting": [],
        "because": row["because"],
        "count": row["count"],
        "rule": row["rule"],
        "run": row["run"] or None,
    }


def delivery_wire(row: Row) -> Wire:
    return {
        "id": row["id"],
        "notification": row["notification"],
        "channel": row["channel"],
        "target": row["target"],
        "at": time_or_none(row["at"]),
        "attempt": row["attempt"],
        "receipt": row["receipt"],
        "code": row["code"],
        "detail": row["detail"],
        "latency_ms": row["latency_ms"],
        "next_attempt_at": time_or_none(row["next_attempt_at"]),
    }


def worker_wire(row: Row) -> Wire:
    return {
        "id": row["id"],
        "host": row["host"] or None,
        "pid": row["pid"],
        "partitions": row["partitions"],
        "started_at": time_or_none(row["started_at"]),
        "beat_at": time_or_none(row["beat_at"]),
    }

"""What a running service says of itself, and what people tell it: ``tocsin runs``, ``alerts`` …, over the API."""

import argparse
import json
import os
from typing import Any

import httpx2

from alerting.cli.main import BAD, FINE, UNREACHABLE, complain
from alerting.settings import DEFAULT_LISTEN

_PATHS = {"groups": "error-groups"}
_COLUMNS = {
    "runs": ("ended_at", "outcome", "workflow", "run_id", "error.type", "failing_step", "id"),
    "alerts": ("last_at", "state", "severity", "workflow", "count", "rule", "id"),
    "groups": ("last_seen", "state", "count", "workflow", "step", "error.type", "id"),
    "channels": (
        "name",
        "type",
        "state",
        "last_delivered_at",
        "waiting",
        "dead_24h",
        "paused_until",
        "fallback",
        "targets",
        "detail",
    ),
    "workers": ("id", "host", "pid", "partitions", "started_at", "beat_at"),
    "silences": ("id", "state", "kind", "match", "until", "by", "provided_by", "comment"),
    "deliveries": (
        "at",
        "channel",
        "target",
        "receipt",
        "code",
        "latency_ms",
        "next_attempt_at",
        "notification",
        "detail",
    ),
    "changes": ("at", "kind", "title", "version", "workflow", "environment", "source"),
    "queued": ("created_at", "channel", "reason", "attempts", "next_attempt_at", "id"),
    "dead": ("created_at", "channel", "reason", "title", "id"),
    "suppressed": ("created_at", "channel", "rule", "reason", "because", "count"),
}


def show(asked: argparse.Namespace) -> int:
    query = {name: getattr(asked, name, None) for name in ("limit", "workflow", "since")}
    path = f"/api/v1/{_PATHS.get(asked.what, asked.what)}"
    try:
        answer = client(asked).get(path, params={name: value for name, value in query.items() if value is not None})
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code != 200:
        return refused(answer)
    items = answer.json()["items"]
    if asked.json:
        print(json.dumps(items, indent=1))
    else:
        print_table(_COLUMNS[asked.what], items)
    return FINE


def columns_of(what: str) -> tuple[str, ...]:
    return _COLUMNS[what]


def act(asked: argparse.Namespace) -> int:
    said = {"by": me()}
    said |= {name: getattr(asked, name) for name in ("until", "version") if getattr(asked, name, None)}
    try:
        answer = client(asked).post(f"/api/v1/alerts/{asked.alert}/{asked.action}", json=said)
        if answer.status_code == 404 and asked.action == "resolve":
            answer = client(asked).post(f"/api/v1/error-groups/{asked.alert}/resolve", json=said)
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code != 202:
        return refused(answer)
    print(f"{asked.action}d {asked.alert}")
    return FINE


def me() -> str:
    return os.environ.get("USER") or "cli"


def _url(asked: argparse.Namespace) -> str:
    listen = os.environ.get("TOCSIN_LISTEN") or DEFAULT_LISTEN
    return asked.url or os.environ.get("TOCSIN_PUBLIC_URL") or f"http://{listen}"


def client(asked: argparse.Namespace) -> httpx2.Client:
    password = os.environ.get("TOCSIN_ADMIN_PASSWORD")
    auth = (os.environ.get("USER") or "admin", password) if password else None
    return httpx2.Client(base_url=_url(asked), auth=auth, timeout=10)


def as_sender() -> dict[str, str]:
    """The header of one who tells Tocsin something, where a key is asked for."""
    key = os.environ.get("TOCSIN_INGEST_KEY", "")
    return {"x-tocsin-key": key} if key else {}


def unreachable(asked: argparse.Namespace, error: Exception) -> int:
    return complain(f"no service answers at {_url(asked)} ({error}); start tocsin serve, or give --url", UNREACHABLE)


def refused(answer: httpx2.Response) -> int:
    try:
        said = answer.json().get("error", answer.text)
    except ValueError:
        said = answer.text[:200]
    return complain(str(said), BAD)


def print_table(columns: tuple[str, ...], items: list[dict[str, Any]]) -> None:
    rows = [list(columns), *([_text(item, column) for column in columns] for item in items)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _text(item: dict[str, Any], column: str) -> str:
    value: Any = item
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value = [f"{name}={'|'.join(map(str, p)) if isinstance(p, list) else p}" for name, p in value.items()]
    text = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return " ".join(text.split())[:60]

"""``tocsin deliveries``: what was sent and what came of it, what waits, what died, and what was not sent and why."""

import argparse
import json
from typing import Any
from urllib.parse import quote

import httpx2

from alerting.cli.looking import client, columns_of, me, print_table, refused, unreachable
from alerting.cli.main import FINE

Found = list[dict[str, Any]]
_HEADINGS = {
    "queued": "Waiting",
    "dead": "Dead: tocsin deliveries --retry ID sends one again",
    "suppressed": "Not sent",
}


def deliveries(asked: argparse.Namespace) -> int:
    try:
        with client(asked) as service:
            return _retry(service, asked.retry) if asked.retry else _show(service, asked)
    except httpx2.TransportError as error:
        return unreachable(asked, error)


def _retry(service: httpx2.Client, notification: str) -> int:
    answer = service.post(f"/api/v1/notifications/{quote(notification, safe='')}/retry", json={"by": me()})
    if answer.status_code != 202:
        return refused(answer)
    print(f"{notification} is queued again")
    return FINE


def _show(service: httpx2.Client, asked: argparse.Namespace) -> int:
    query = {name: getattr(asked, name) for name in ("channel", "alert", "notification", "limit")}
    query = {name: value for name, value in query.items() if value is not None}
    answers = {"tries": service.get("/api/v1/deliveries", params=query)}
    for status in () if asked.json else _lists(asked):
        answers[status] = service.get("/api/v1/notifications", params={**query, "status": status})
    channels = service.get("/api/v1/channels")
    for answer in (*answers.values(), channels):
        if answer.status_code != 200:
            return refused(answer)
    found: dict[str, Found] = {name: answer.json()["items"] for name, answer in answers.items()}
    if asked.json:
        print(json.dumps(found["tries"], indent=1))
    else:
        _print(found, channels.json()["items"])
    return FINE


def _lists(asked: argparse.Namespace) -> tuple[str, ...]:
    """What was not sent is asked for by its alert, or channel: there are many such decisions."""
    narrow = (asked.alert or asked.channel) and not asked.notification
    return ("queued", "dead", "suppressed") if narrow else ("queued", "dead")


def _print(found: dict[str, Found], channels: Found) -> None:
    if found["tries"]:
        print_table(columns_of("deliveries"), found["tries"])
    else:
        print("Nothing was handed over.")
    found["queued"] = [row | waiting for row in found.get("queued", []) for waiting in row["waiting"]]
    for name, heading in _HEADINGS.items():
        if found.get(name):
            print(f"\n{heading}")
            print_table(columns_of(name), found[name])
    for channel in channels:
        if channel["paused_until"]:
            print(f"\nChannel {channel['name']} is paused until {channel['paused_until']}: {channel['detail']}")
        elif channel["state"] == "ill":
            print(f"\nChannel {channel['name']} cannot deliver: {channel['detail']}")

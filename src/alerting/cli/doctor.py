"""``tocsin doctor``: what arrives, what is understood of it, what is not and why, and the line that mends it."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import httpx2

from alerting.cli.looking import client, refused, unreachable
from alerting.cli.main import BAD, FINE

_DOORS = {"traces": "spans", "logs": "log records"}


def doctor(asked: argparse.Namespace) -> int:
    try:
        with client(asked) as service:
            health, found = service.get("/health"), service.get("/api/v1/sources")
            channels = service.get("/api/v1/channels")
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    for answer in (found, channels):
        if answer.status_code != 200:
            return refused(answer)
    told, wrong, warnings = found.json(), health.json()["wrong"], health.json()["warnings"]
    lines = [
        *_of_itself(wrong, warnings, channels.json()["items"]),
        *_of_sources(told["items"], str(service.base_url).rstrip("/")),
        *_of_turned_away(told["turned_away"]),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return BAD if wrong or warnings or _is_incomplete(told) else FINE


def _is_incomplete(told: dict[str, Any]) -> bool:
    refused_something = any(each["status"] >= 400 for each in told["turned_away"])
    return not told["items"] or refused_something or any(source["advice"] for source in told["items"])


def _of_itself(wrong: list[str], warnings: list[str], channels: list[dict[str, Any]]) -> Iterator[str]:
    yield "Tocsin itself"
    yield from (f"  wrong: {each}" for each in wrong)
    yield from (f"  beware: {each}" for each in warnings)
    if not wrong:
        yield "  it takes in and works on what comes"
    named = ", ".join(channel["name"] for channel in channels)
    yield f"  it tells people by {named}" if named else "  it has no channel: nobody is told. Add one to tocsin.yaml"


def _of_sources(items: list[dict[str, Any]], url: str) -> Iterator[str]:
    yield ""
    yield "What arrives"
    if not items:
        yield "  nothing has come in yet; point an exporter here:"
        yield f"    export OTEL_EXPORTER_OTLP_ENDPOINT={url} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
    for source in items:
        yield f"  {_name(source)}: {_counts(source)}; last {source['last_at']}"
        for advice in source["advice"]:
            yield f"    ! {advice['why']}"
            if advice["mend"]:
                yield f"      mend it with: {advice['mend']}"
            if advice["page"]:
                yield f"      see docs/how-to/{advice['page']}.md"


def _name(source: dict[str, Any]) -> str:
    service = source["service"] or "(no service name)"
    return f"{service} by {source['engine']}" if source["door"] in _DOORS else f"{source['door']} {source['engine']}"


def _counts(source: dict[str, Any]) -> str:
    items = f"{source['items']:,} {_DOORS.get(source['door'], 'events')}"
    if source["door"] == "logs" and not source["ended"]:
        return f"{items}, which complete what spans tell"
    running = f", {source['running']:,} started" if source["running"] else ""
    return f"{items}, {source['ended']:,} runs ended, {source['failed']:,} of them badly{running}"


def _of_turned_away(items: list[dict[str, Any]]) -> Iterator[str]:
    if items:
        yield ""
        yield "What was turned away or dropped in the last day"
    for each in items:
        yield f"  {each['count']:,} × {each['door']} ({each['status']}): {each['why']}"

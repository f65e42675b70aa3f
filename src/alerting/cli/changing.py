"""``tocsin reload`` and ``tocsin silence``: what people tell a running service to change, over the API."""

import argparse
from typing import Any

import httpx2

from alerting.cli.looking import client, columns_of, me, print_table, refused, unreachable
from alerting.cli.main import BAD, FINE, WRONG_USAGE, complain


def reload(asked: argparse.Namespace) -> int:
    try:
        answer = client(asked).post("/api/v1/reload", params={"by": me()})
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code != 200:
        return _refused(answer)
    is_new = answer.json()["status"] == "reloaded"
    print("The configuration is in force." if is_new else "Nothing has changed.")
    return FINE


def silence(asked: argparse.Namespace) -> int:
    match = _match(asked.match)
    if match is None:
        return complain("write --match FIELD=PATTERN, such as --match 'workflow=pay*'", WRONG_USAGE)
    if not asked.preview and (not asked.comment or not (asked.until or asked.until_resolved)):
        return complain("a silence needs --comment, and --until or --until-resolved", WRONG_USAGE)
    body = {"match": match, "comment": asked.comment, "by": me(), "kind": asked.kind}
    body |= {"until_resolved": True} if asked.until_resolved else {"until": asked.until}
    try:
        answer = client(asked).post(f"/api/v1/silences{'/preview' if asked.preview else ''}", json=body)
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code not in {200, 202}:
        return _refused(answer)
    _say(answer.json(), asked.preview)
    return FINE


def unsilence(asked: argparse.Namespace) -> int:
    try:
        answer = client(asked).delete(f"/api/v1/silences/{asked.silence}", params={"by": me()})
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code != 202:
        return _refused(answer)
    print(f"{asked.silence} is over")
    return FINE


def _say(told: dict[str, Any], is_preview: bool) -> None:
    if not is_preview:
        print(told["id"])
    elif told["items"]:
        print_table(columns_of("alerts"), told["items"])
    else:
        print("No open alert matches.")


def _match(told: list[str]) -> dict[str, Any] | None:
    """A field that is named twice means any of its patterns."""
    found: dict[str, list[str]] = {}
    for each in told:
        field, sign, pattern = each.partition("=")
        if not field or not sign:
            return None
        found.setdefault(field, []).append(pattern)
    return {field: patterns if len(patterns) > 1 else patterns[0] for field, patterns in found.items()}


def _refused(answer: httpx2.Response) -> int:
    if answer.status_code != 422:
        return refused(answer)
    for problem in answer.json()["problems"]:
        print(f"{problem['where']}: {problem['message']}" if problem["where"] else problem["message"])
    return BAD

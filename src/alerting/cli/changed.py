"""``tocsin changed``: what was changed is marked with a running service, so that reports set it beside failures."""

import argparse
import uuid
from typing import Any

import httpx2

from alerting.cli.looking import as_sender, client, me, refused, unreachable
from alerting.cli.main import BAD, FINE, complain

_MEMBERS = {"kind": "kind", "version": "version", "workflow": "workflow", "environment": "environment", "link": "url"}


def changed(asked: argparse.Namespace) -> int:
    try:
        answer = client(asked).post("/api/v1/changes", json=_change(asked), headers=as_sender())
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code == 202:
        print(answer.json()["ids"][0])
        return FINE
    rejected = answer.json().get("rejected") if answer.status_code == 400 else None
    return complain(rejected[0]["error"], BAD) if rejected else refused(answer)


def _change(asked: argparse.Namespace) -> dict[str, Any]:
    told = {name: getattr(asked, argument) for argument, name in _MEMBERS.items() if getattr(asked, argument)}
    told |= {"title": asked.title, "source": me(), "id": asked.id or uuid.uuid4().hex}
    if asked.at:
        told["at"] = int(asked.at) if asked.at.isdigit() else asked.at
    return told

"""``tocsin explain RUN``: why was somebody told of it, or nobody?"""

import argparse
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2

from alerting.cli.looking import client, refused, unreachable
from alerting.cli.main import FINE

Found = dict[str, Any]


def explain(asked: argparse.Namespace) -> int:
    try:
        answer = client(asked).get(f"/api/v1/runs/{quote(asked.subject, safe='')}/explain")
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    if answer.status_code != 200:
        return refused(answer)
    found = answer.json()
    print(json.dumps(found, indent=1) if asked.json else "\n".join(words(found)))
    return FINE


def words(found: Found) -> Iterator[str]:
    run = found["run"]
    error = run["error"]
    facts = [run["engine"], run["environment"], run["version"], run["failing_step"] and f"step {run['failing_step']}"]
    yield f"{run['workflow']} {run['run_id']} ({', '.join(each for each in facts if each)})"
    if error:
        yield f"  {error['type'] or 'error'}: {' '.join(error['message'].split())[:100]}"
    yield f"  {found['summary']}"
    yield from (f"  {_planned(each)}" for each in found["planned"])
    yield from (f"  silent: {_silence(each)}" for each in found["silences"])
    for rule in sorted(found["rules"], key=lambda each: not each["matched"]):
        yield from _rule(rule)


def _rule(rule: Found) -> Iterator[str]:
    yield ""
    yield f"{'✓' if rule['matched'] else '✗'} rule {rule['rule']} ({rule['condition']}): {rule['because']}"
    yield from (
        f"    {'✓' if each['holds'] else '✗'} {each['field']}: {each['wanted']}"
        + ("" if each["holds"] else f", it is {each['actual']!r}")
        for each in rule["match"]
    )
    if rule["when"]:
        yield f"    when {rule['when']['text']}"
        yield from (f"      {each['value']}: {each['text']}" for each in rule["when"]["parts"])
    for each in rule["judged"]:
        yield f"    {each['at']}  {each['change']}{', ' + each['evidence'] if each['evidence'] else ''}"
    yield from (f"    silent: {_silence(each)}" for each in rule["silences"])
    if rule["route"]:
        yield f"    {_route(rule)}"
    yield from (f"    {_message(each)}" for each in rule["messages"])
    yield from (f"    {_planned(each)}" for each in rule["planned"])


def _silence(each: Found) -> str:
    place = f" on {each['channel']}" if each["channel"] else ""
    because = f": {each['because']}" if each["because"] else ""
    often = f" ({each['count']} times)" if each["count"] > 1 else ""
    return f"{each['reason']}{place}{because}{often}"


def _route(rule: Found) -> str:
    route = rule["route"]
    if route["silence"]:
        return f"tells nobody ({route['silence']}), policy {route['policy']}"
    group = ", ".join(f"{name} {value}" for name, value in route["group"].items())
    timing = f"{rule['severity']} → {route['timing']}, wait {route['wait']}, apart {route['spacing']}"
    team = f", team {route['team']}" if route["team"] else ""
    about = f", one conversation for {group}" if group else ""
    return f"tells {', '.join(route['channels'])} by policy {route['policy']} ({timing}){team}{about}"


def _message(each: Found) -> str:
    when = each["sent_at"] or each["created_at"]
    later = f", next try {each['next_attempt_at']}" if each["next_attempt_at"] else ""
    return f"{when}  {each['about']} on {each['channel']}: {each['status']}{later}"


def _planned(each: Found) -> str:
    place = f" on {each['channel']}" if each["channel"] else ""
    return f"{each['due_at']}  planned: {each['what']}{place}"

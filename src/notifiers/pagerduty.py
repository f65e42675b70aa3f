"""``type: pagerduty``: events of PagerDuty's Events API v2, one incident for each alert."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import httpx2
from pydantic import SecretStr, field_validator

from notifiers.context import ChannelConfig, ChannelContext, http_url
from notifiers.message import AlertPart, Message, Receipt, Verdict
from notifiers.outline import title_of
from notifiers.posting import Poster, json_body
from notifiers.wording import plain_block, plain_line, times

_SERVICE = "https://events.pagerduty.com"
_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
_SEVERITIES = {"critical": "critical", "high": "error", "medium": "warning", "low": "info"}
_MOST_SUMMARY = 1_024
_MOST_KEY = 255
_MOST_ERROR = 10_000
_MOST_RUNS = 5
_MOST_BYTES = 500_000  # PagerDuty takes 512 KB
_MOST_REMEMBERED = 200
Event = dict[str, Any]


class PagerDutyConfig(ChannelConfig):
    """``url``: where the events go, for the EU service region; PagerDuty's US region without it."""

    type: Literal["pagerduty"]
    routing_key: SecretStr
    url: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else http_url(value)

    @field_validator("routing_key")
    @classmethod
    def _key(cls, value: SecretStr) -> SecretStr:
        if not _ROUTING_KEY.fullmatch(value.get_secret_value()):
            raise ValueError("must be the 32 letters and digits of an Events API v2 integration (its integration key)")
        return value


class PagerDutyChannel:
    kind = "pagerduty"
    mirrors = True
    targets: tuple[str, ...] = ("service",)

    def __init__(self, name: str, config: PagerDutyConfig, context: ChannelContext) -> None:
        self.name = name
        self._key = config.routing_key.get_secret_value()
        url = _endpoint(config.url.get_secret_value() if config.url else _SERVICE)
        self._poster = Poster(url, context, frozenset({self._key}))
        self._taken: dict[str, dict[str, str]] = {}  # of messages under way: the last action taken of each key

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002 - there is only one
        """Stops at the first event that is not taken. The next try begins there; where this one is forgotten by then,
        it begins anew, which changes nothing: PagerDuty knows each incident by its key."""
        self._forget_old()
        taken = self._taken.setdefault(message.id, {})
        receipt = Receipt(Verdict.DELIVERED, detail="nothing in it is for PagerDuty: digests and reports page nobody")
        for event in events(message):
            key, action = event["dedup_key"], event["event_action"]
            if taken.get(key) == action:
                continue
            receipt = await self._poster.post(_body(event, message, self._key), {}, message.sent_at)
            if not receipt.delivered:
                return receipt
            taken[key] = action
        self._taken.pop(message.id, None)
        return receipt

    def preview(self, message: Message) -> str:
        found = [json.dumps({"routing_key": "…", **event}, indent=2, ensure_ascii=False) for event in events(message)]
        return "\n".join(found) or "No event: digests and reports page nobody."

    async def aclose(self) -> None:
        await self._poster.aclose()

    def _forget_old(self) -> None:
        while len(self._taken) >= _MOST_REMEMBERED:
            del self._taken[next(iter(self._taken))]


def _endpoint(url: str) -> str:
    parts = httpx2.URL(url)
    return str(parts.copy_with(path=f"{parts.path.rstrip('/').removesuffix('/v2/enqueue')}/v2/enqueue"))


def events(message: Message) -> Iterator[Event]:
    """In the order in which they have to be taken; without the routing key."""
    if not message.alerts and message.reason != "report":
        yield _of_message(message)
    for part in message.alerts:
        for action in _actions(message, part):
            yield _event(message, part, action)


def _actions(message: Message, part: AlertPart) -> tuple[str, ...]:
    """A digest is for reading, not for waking people: it only closes what is over. What is acknowledged here is so
    there, too, even if PagerDuty hears only now that it began; for the opposite it has no event."""
    if part.resolved_at:
        return ("resolve",)
    if message.reason == "digest":
        return ()
    if not part.acknowledged_by:
        return ("trigger",)
    return ("acknowledge",) if (part.reason or message.reason) == "acknowledged" else ("trigger", "acknowledge")


def _event(message: Message, part: AlertPart, action: str) -> Event:
    head = {"event_action": action, "dedup_key": part.dedup_key[:_MOST_KEY] or part.id}
    return {**head, **_trigger(message, part)} if action == "trigger" else head


def _trigger(message: Message, part: AlertPart) -> Event:
    summary = message.title if len(message.alerts) == 1 else title_of(part.reason or message.reason, [part])
    payload = {
        "summary": plain_line(summary, _MOST_SUMMARY),
        "source": plain_line(part.workflow, 200) or "tocsin",
        "severity": _SEVERITIES.get(part.severity, "error"),
        "timestamp": part.last_at or message.sent_at,
        "component": plain_line(part.step, 200),
        "group": plain_line(part.environment, 200),
        "class": plain_line(part.error_type or part.outcome, 200),
        "custom_details": {"text": plain_block(message.text, _MOST_ERROR)} if message.plain else _details(part),
    }
    return {
        "payload": {name: value for name, value in payload.items() if value},
        "client": "Tocsin",
        **_links(part.links, message),
    }


def _details(part: AlertPart) -> Event:
    found = {
        "error": plain_block(part.error_message, _MOST_ERROR),
        "rule": part.rule,
        "team": part.team,
        "engine": part.engine,
        "version": part.version,
        "previous_version": part.previous_version,
        "failed": times(part.count),
        "since_last": str(part.since_last or ""),
        "first_at": part.first_at,
        "last_at": part.last_at,
        **dict(part.evidence),
    }
    runs = [" ".join((run.run_id, run.outcome, run.at, run.url)).strip() for run in part.runs[:_MOST_RUNS]]
    details = {plain_line(name, 50): plain_block(str(value), _MOST_ERROR) for name, value in found.items() if value}
    return {**details, **({"runs": [plain_line(run, 500) for run in runs]} if runs else {})}


def _links(links: dict[str, str], message: Message) -> Event:
    shown = {**links, **({"overview": message.links["overview"]} if "overview" in message.links else {})}
    home = shown.get("alert") or shown.get("overview", "")
    found = [{"href": url, "text": name.capitalize()} for name, url in shown.items()]
    return {**({"client_url": home} if home else {}), **({"links": found} if found else {})}


def _of_message(message: Message) -> Event:
    """About no alert: a test, say. It is resolved there by whoever has seen it."""
    return {
        "event_action": "trigger",
        "dedup_key": message.id[:_MOST_KEY],
        "payload": {
            "summary": plain_line(message.title, _MOST_SUMMARY) or "Tocsin",
            "source": "tocsin",
            "severity": _SEVERITIES.get(message.severity, "error"),
            "timestamp": message.sent_at,
            "custom_details": {"text": plain_block(message.text, _MOST_ERROR)},
        },
        "client": "Tocsin",
        **_links({}, message),
    }


def _body(event: Event, message: Message, key: str) -> bytes:
    body = json_body({"routing_key": key, **event})
    if len(body) <= _MOST_BYTES:
        return body
    details = {"text": plain_block(message.text, _MOST_ERROR)}
    return json_body({"routing_key": key, **event, "payload": {**event["payload"], "custom_details": details}})

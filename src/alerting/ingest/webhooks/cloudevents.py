"""CloudEvents 1.0 (structured and batch; the door makes binary ones structured): the data is an event of Tocsin's own.

Its ``id`` and ``source`` make the occurrence, ``time`` the moment, where the data tell none. Data of any other kind
need a mapping in the configuration.
"""

from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from alerting.ingest import events
from alerting.ingest.facts import Fact
from alerting.ingest.webhooks.reading import text
from alerting.ingest.webhooks.sender import Headers, Sender, by_bearer
from rules.identity import digest
from rules.instants import SECOND, Instant

_REPLAY_WINDOW = 300 * SECOND


def _read(body: Any, _received_at: Instant) -> list[Fact]:
    found = body if isinstance(body, list) else [body]
    return [fact for each in found for fact in _one(each)]


def _one(event: Any) -> list[Fact]:
    if not text(event, "specversion") or not text(event, "type"):
        raise ValueError("specversion or type is missing; is this a CloudEvent?")
    data = event.get("data")
    if not isinstance(data, dict) or "workflow" not in data or "outcome" not in data:
        return []
    told = {"occurred_at": event.get("time"), "id": digest(text(event, "source"), text(event, "id")), **data}
    return [events.read(told)]


def _signed(secret: str, headers: Headers, body: bytes, now: Instant) -> bool:
    """Standard Webhooks' headers, or the secret as a bearer token."""
    if "webhook-signature" not in headers:
        return by_bearer(secret, headers, body, now)
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp[:12]) * SECOND) > _REPLAY_WINDOW:
        return False
    try:
        Webhook(secret).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError):
        return False
    return True


SENDER = Sender("cloudevents", _read, _signed, "webhook-signature or Authorization: Bearer")

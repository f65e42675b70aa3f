"""``type: webhook``: Tocsin's own JSON, signed by Standard Webhooks when the channel has a secret."""

import base64
import re
from datetime import datetime
from typing import Any, Literal

from pydantic import SecretStr, field_validator
from standardwebhooks import Webhook

from notifiers.context import ChannelConfig, ChannelContext, http_url
from notifiers.message import AlertPart, Message, Receipt
from notifiers.posting import Poster, json_body

_MOST_RUNS = 5
_MOST_ALERTS = 100
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{4})")


class WebhookConfig(ChannelConfig):
    type: Literal["webhook"]
    url: SecretStr
    secret: SecretStr | None = None

    _url = field_validator("url")(http_url)

    @field_validator("secret")
    @classmethod
    def _usable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        text = value.get_secret_value()
        if not text:
            raise ValueError("is empty; give the secret, or leave the key out for webhooks without a signature")
        if text.startswith("whsec_") and not _BASE64.fullmatch(text.removeprefix("whsec_")):
            raise ValueError("must be base64 after whsec_; a secret of another form must not begin so")
        return value


class WebhookChannel:
    kind = "webhook"
    targets: tuple[str, ...] = ("url",)

    def __init__(self, name: str, config: WebhookConfig, context: ChannelContext) -> None:
        self.name = name
        self._signer = Webhook(_key(config.secret.get_secret_value())) if config.secret else None
        self._poster = Poster(config.url.get_secret_value(), context)

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002 - there is only one
        body = payload(message)
        return await self._poster.post(body, self._headers(message, body), message.sent_at)

    async def aclose(self) -> None:
        await self._poster.aclose()

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        """Standard Webhooks: the id stays the same over retries, so that a receiver can drop what it has."""
        at = datetime.fromisoformat(message.sent_at)
        headers = {"webhook-id": message.id, "webhook-timestamp": str(int(at.timestamp()))}
        if self._signer is not None:
            headers["webhook-signature"] = self._signer.sign(message.id, at, body.decode())
        return headers


def _key(secret: str) -> str:
    """``whsec_`` and base64 as the standard has it; any other text is the key itself."""
    return secret if secret.startswith("whsec_") else base64.b64encode(secret.encode()).decode()


def payload(message: Message) -> bytes:
    """The body: ``version`` 1. Fields may be added, none changes its meaning."""
    return json_body(
        {
            "version": 1,
            "id": message.id,
            "reason": message.reason,
            "channel": message.channel,
            "severity": message.severity,
            "title": message.title,
            "text": message.text,
            "alerts": [_alert(part) for part in message.alerts[:_MOST_ALERTS]],
            "links": dict(message.links),
            "sent_at": message.sent_at,
        }
    )


def _alert(part: AlertPart) -> dict[str, Any]:
    return {
        **part.wire,
        "error": {"type": part.error_type, "message": part.error_message},
        "step": part.step,
        "outcome": part.outcome,
        "runs": [
            {"id": run.id, "workflow": run.workflow, "run_id": run.run_id, "outcome": run.outcome, "at": run.at,
             "url": run.url}
            for run in part.runs[:_MOST_RUNS]
        ],
        "reason": part.reason,
        "count": part.count,
        "since_last": part.since_last,
        "dedup_key": part.dedup_key,
        "links": dict(part.links),
    }  # fmt: skip

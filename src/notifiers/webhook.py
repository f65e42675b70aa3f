"""``type: webhook``: Tocsin's own JSON, or Alertmanager's; signed by Standard Webhooks where there is a secret."""

import base64
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from standardwebhooks import Webhook

from notifiers import alertmanager
from notifiers.context import ChannelConfig, ChannelContext, as_list, http_url
from notifiers.message import AlertPart, Message, Passage, Receipt
from notifiers.posting import Poster, json_body

_MOST_RUNS = 5
_MOST_ALERTS = 100
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{4})")
_MOST_SECRETS = 2
_LEAST_SECRET = 6
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x20-\x7e]{0,4000}")
_OURS = frozenset({
    "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
    "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
})  # fmt: skip


def _one_or_two(value: object) -> object:
    return [] if value is None else as_list(value)


class WebhookConfig(ChannelConfig):
    """``secret``: one, or the new and the old while receivers change over; then the body is signed with both."""

    type: Literal["webhook"]
    url: SecretStr
    secret: Annotated[list[SecretStr], BeforeValidator(_one_or_two, json_schema_input_type=list[str] | str)] = Field(
        default_factory=list
    )
    format: Literal["tocsin", "alertmanager"] = "tocsin"
    headers: dict[str, SecretStr] = Field(default_factory=dict)

    _url = field_validator("url")(http_url)

    @field_validator("secret")
    @classmethod
    def _usable(cls, value: list[SecretStr]) -> list[SecretStr]:
        if len(value) > _MOST_SECRETS:
            raise ValueError("holds too many; give one, or two while receivers change over")
        for each in value:
            _check_secret(each.get_secret_value())
        return value

    @field_validator("headers")
    @classmethod
    def _allowed(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, each in value.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name[:100]!r} is not the name of a header")
            if name.lower() in _OURS or name.lower().startswith("webhook-"):
                raise ValueError(f"{name} is a header that Tocsin sets itself; leave it out")
            if not _VALUE.fullmatch(each.get_secret_value()):
                raise ValueError(f"the value of {name} must be one line of ASCII")
        return value


def _check_secret(text: str) -> None:
    if not text:
        raise ValueError("is empty; give the secret, or leave the key out for webhooks without a signature")
    if text.startswith("whsec_") and not _BASE64.fullmatch(text.removeprefix("whsec_")):
        raise ValueError("must be base64 after whsec_; a secret of another form must not begin so")


class WebhookChannel:
    kind = "webhook"
    targets: tuple[str, ...] = ("url",)

    def __init__(self, name: str, config: WebhookConfig, context: ChannelContext) -> None:
        self.name = name
        self._signers = [Webhook(_key(each.get_secret_value())) for each in config.secret]
        self._more = {header: value.get_secret_value() for header, value in config.headers.items()}
        self._body = alertmanager.body if config.format == "alertmanager" else body
        self._poster = Poster(config.url.get_secret_value(), context, _pieces(self._more.values()))

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002 - there is only one
        sent = json_body(self._body(message))
        return await self._poster.post(sent, self._headers(message, sent), message.sent_at)

    def preview(self, message: Message) -> str:
        return json.dumps(self._body(message), indent=2, ensure_ascii=False)

    async def aclose(self) -> None:
        await self._poster.aclose()

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        """Standard Webhooks: the id stays the same over retries, so that a receiver can drop what it has."""
        at = datetime.fromisoformat(message.sent_at)
        headers = {**self._more, "webhook-id": message.id, "webhook-timestamp": str(int(at.timestamp()))}
        signatures = [signer.sign(message.id, at, body.decode()) for signer in self._signers]
        return {**headers, "webhook-signature": " ".join(signatures)} if signatures else headers


def _pieces(values: Iterable[str]) -> frozenset[str]:
    """What of the headers may be a token, as a whole and by word."""
    return frozenset(piece for value in values for piece in (value, *value.split()) if len(piece) >= _LEAST_SECRET)


def _key(secret: str) -> str:
    """``whsec_`` and base64 as the standard has it; any other text is the key itself."""
    return secret if secret.startswith("whsec_") else base64.b64encode(secret.encode()).decode()


def body(message: Message) -> dict[str, Any]:
    """``version`` 1. Fields may be added, none changes its meaning."""
    return {
        "version": 1,
        "id": message.id,
        "reason": message.reason,
        "channel": message.channel,
        "severity": message.severity,
        "title": message.title,
        "text": message.text,
        **({"passages": [_passage(each) for each in message.passages]} if message.passages else {}),
        "alerts": [_alert(part) for part in message.alerts[:_MOST_ALERTS]],
        "links": dict(message.links),
        "sent_at": message.sent_at,
        "conversation": message.conversation,
        "others": message.others,
        "hours": list(message.hours),
    }


def _passage(passage: Passage) -> dict[str, str]:
    """Without its picture: a body is read by programs, and has its limits."""
    return {"heading": passage.heading, "text": passage.text, "url": passage.url}


def _alert(part: AlertPart) -> dict[str, Any]:
    return {
        **part.wire,
        "error": {"type": part.error_type, "message": part.error_message},
        "step": part.step,
        "outcome": part.outcome,
        "previous_version": part.previous_version,
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

"""``type: slack``: an incoming webhook, or a bot that answers in threads and keeps their first message up to date."""

import json
import re
from dataclasses import replace
from typing import Annotated, Any, Literal

import httpx2
from pydantic import AfterValidator, SecretStr, model_validator

from notifiers import slack_form
from notifiers.channel import Channel
from notifiers.context import ChannelConfig, ChannelContext, http_url
from notifiers.message import Message, Receipt, Verdict
from notifiers.posting import Answer, Poster, json_body
from notifiers.receipts import seconds_to_wait
from notifiers.standing import APART, IN_PLACE, standing
from notifiers.wording import plain_line

_API = "https://slack.com/api"
_HOOK = re.compile(r"/(?:services|workflows|triggers)/[^/]+/[^/]+/[^/]+.*")
_TOKEN = re.compile(r"xox[bp]-[\w-]+", re.ASCII)
_CHANNEL = re.compile(r"[#@]?[^\s#@,<>]{1,80}")
_HANDLE = re.compile(r"([\w-]{1,64}):([\w.-]{1,64})", re.ASCII)
_LOUD = frozenset({"resolved", "reopened", "severity_up", "escalation"})  # shown in the channel too
_LATER = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
     "team_added_to_org"}
)  # fmt: skip
_NOT_THIS_FORM = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "invalid_attachments", "attachment_payload_limit_exceeded",
     "msg_too_long", "msg_blocks_too_long", "too_many_attachments", "no_text"}
)  # fmt: skip
_GONE = frozenset({"message_not_found", "thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})


def _hook(value: SecretStr) -> SecretStr:
    url = httpx2.URL(value.get_secret_value())
    if f".{url.host}".endswith(".slack.com") and not (url.scheme == "https" and _HOOK.fullmatch(url.path)):
        raise ValueError("must be an incoming webhook of Slack: https://hooks.slack.com/services/T…/B…/…")
    return value


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("must be the token of a bot or user, which begins with xoxb- or xoxp-")
    return value


def _place(value: str) -> str:
    if not _CHANNEL.fullmatch(value):
        raise ValueError("must be one channel, such as #alerts or its ID C0123456789")
    return value


class SlackConfig(ChannelConfig):
    """``url``, or ``token`` and ``channel``. ``api`` is where a server stands that speaks Slack's language."""

    type: Literal["slack"]
    url: Annotated[SecretStr, AfterValidator(http_url), AfterValidator(_hook)] | None = None
    token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    channel: Annotated[str, AfterValidator(_place)] | None = None
    api: Annotated[SecretStr, AfterValidator(http_url)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "SlackConfig":
        if (self.url is None) == (self.token is None):
            raise ValueError("give either url (an incoming webhook) or token and channel (a bot)")
        if self.url is not None and self.model_fields_set & {"channel", "api"}:
            raise ValueError("channel and api go with token: a webhook has its own channel")
        if self.token is not None and self.channel is None:
            raise ValueError("token needs channel: where to post, such as #alerts or C0123456789")
        return self


def slack_channel(name: str, config: SlackConfig, context: ChannelContext) -> Channel:
    return SlackWebhook(name, config.url, context) if config.url else SlackBot(name, config, context)


class SlackWebhook:
    """Tells, and hears no more than that it was heard: no threads, no changes."""

    kind = "slack"
    targets: tuple[str, ...] = ("url",)

    def __init__(self, name: str, url: SecretStr, context: ChannelContext) -> None:
        self.name = name
        self._poster = Poster(url.get_secret_value(), context)

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002 - there is only one
        return await self._poster.post(json_body(_form(message)), {}, message.sent_at)

    def preview(self, message: Message) -> str:
        return json.dumps(_form(message), ensure_ascii=False, indent=1)

    async def aclose(self) -> None:
        await self._poster.aclose()


class SlackBot:
    """The channel is the target: a thread belongs to one, and is not looked for in another."""

    kind = "slack"

    def __init__(self, name: str, config: SlackConfig, context: ChannelContext) -> None:
        token = config.token.get_secret_value() if config.token else ""
        self.name, self.targets = name, (config.channel or "",)
        self._api = config.api.get_secret_value().rstrip("/") if config.api else _API
        self._headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {token}"}
        self._poster = Poster(self._api, context, frozenset({token}))

    async def send(self, message: Message, target: str) -> Receipt:
        root = None if message.reason in APART else _HANDLE.fullmatch(message.thread)
        if root is None:
            return _told(await self._post(message, target))
        if message.reason in IN_PLACE:
            changed = await self._change(message, root)
            return _told(await self._post(message, target)) if _is_closed(changed) else _kept(changed, root)
        return await self._answer(message, target, root)

    def preview(self, message: Message) -> str:
        return json.dumps(_form(message), ensure_ascii=False, indent=1)

    async def aclose(self) -> None:
        await self._poster.aclose()

    async def _answer(self, message: Message, target: str, root: re.Match[str]) -> Receipt:
        """The first message is changed before it is answered: that can be done twice, and shows whether it is there."""
        stands = standing(message)
        if stands and _is_gone(await self._change(stands, root)):
            return _told(await self._post(message, target))
        said = await self._post(message, root[1], thread_ts=root[2], reply_broadcast=message.reason in _LOUD)
        if _is_gone(said[0]):
            return _told(await self._post(message, target))
        return _told(said) if _fell_out(said) else _kept(said[0], root)

    async def _post(self, message: Message, place: str, **more: object) -> "_Said":
        return await self._call("chat.postMessage", {"channel": place, **_form(message), **more}, message.sent_at)

    async def _change(self, message: Message, root: re.Match[str]) -> Receipt:
        """What is left out of a change stays as it was, so nothing is."""
        form = {"blocks": [], "attachments": [], **_form(message)}
        return (await self._call("chat.update", {"channel": root[1], "ts": root[2], **form}, message.sent_at))[0]

    async def _call(self, method: str, body: dict[str, object], now: str) -> "_Said":
        answer = await self._poster.ask("POST", f"{self._api}/{method}", json_body(body), self._headers, now)
        said = answer.fields()
        return self._judged(answer, said, now), said

    def _judged(self, answer: Answer, said: dict[str, Any], now: str) -> Receipt:
        """Slack answers 200 to what it refuses, too."""
        heard = answer.receipt
        if not heard.delivered or said.get("ok") is True:
            return heard
        word = plain_line(self._poster.redacted(str(said.get("error") or "")), 100)
        if said.get("ok") is not False:
            return Receipt(Verdict.UNSURE, heard.code, f"{heard.detail}: an answer that is not Slack's")
        if word in _LATER:
            return Receipt(Verdict.UNREACHABLE, heard.code, word, seconds_to_wait(answer.retry_after, now))
        return Receipt(Verdict.REFUSED, 400 if word in _NOT_THIS_FORM else heard.code, word or "no reason given")


_Said = tuple[Receipt, dict[str, Any]]


def _form(message: Message) -> dict[str, Any]:
    return slack_form.plain(message) if message.plain else slack_form.full(message)


def _is_gone(receipt: Receipt) -> bool:
    return receipt.detail in _GONE


def _is_closed(receipt: Receipt) -> bool:
    """It is gone, or may not be changed (any more)."""
    return receipt.verdict is Verdict.REFUSED and receipt.code == 200


def _kept(receipt: Receipt, root: re.Match[str]) -> Receipt:
    return replace(receipt, handle=root[0]) if receipt.delivered else receipt


def _fell_out(said: _Said) -> bool:
    """Slack puts an answer to a deleted message into the channel, and says so only by naming no thread."""
    posted = said[1].get("message")
    return said[0].delivered and isinstance(posted, dict) and "thread_ts" not in posted


def _told(said: _Said) -> Receipt:
    """With what later messages need to answer this one."""
    receipt, fields = said
    handle = f"{fields.get('channel')}:{fields.get('ts')}"
    return replace(receipt, handle=handle) if receipt.delivered and _HANDLE.fullmatch(handle) else receipt

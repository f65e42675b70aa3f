"""``type: discord``: a webhook of the service, whose messages are changed when it is over and while a storm lasts."""

import asyncio
import json
import math
import re
from dataclasses import replace
from typing import Any, Literal

import httpx2
from pydantic import SecretStr, field_validator

from notifiers import discord_form
from notifiers.context import ChannelConfig, ChannelContext, http_url
from notifiers.message import Message, Receipt
from notifiers.posting import Answer, Poster, json_body
from notifiers.receipts import MOST_WAIT
from notifiers.standing import APART, IN_PLACE, standing

_HOSTS = (".discord.com", ".discordapp.com")
_HOOK = re.compile(r"/api(?:/v\d+)?/webhooks/\d+/[^/]+/?")
_ID = re.compile(r"\d{1,20}", re.ASCII)
_PICTURE, _MOST_DESCRIBED = "failures-per-hour.png", 1_024
_GONE = (404, 10008)  # the status and Discord's own code: Unknown Message


class DiscordConfig(ChannelConfig):
    type: Literal["discord"]
    url: SecretStr

    _url = field_validator("url")(http_url)

    @field_validator("url")
    @classmethod
    def _hook(cls, value: SecretStr) -> SecretStr:
        url = httpx2.URL(value.get_secret_value())
        if f".{url.host}".endswith(_HOSTS) and not (url.scheme == "https" and _HOOK.fullmatch(url.path)):
            raise ValueError("must be a webhook of Discord: https://discord.com/api/webhooks/NUMBER/TOKEN")
        return value


class DiscordChannel:
    kind = "discord"
    targets: tuple[str, ...] = ("url",)

    def __init__(self, name: str, config: DiscordConfig, context: ChannelContext) -> None:
        self.name = name
        self._hook = httpx2.URL(config.url.get_secret_value())
        self._poster = Poster(str(self._hook), context)

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002 - there is only one
        root = message.thread if _ID.fullmatch(message.thread) and message.reason not in APART else ""
        if root and message.reason in IN_PLACE:
            changed = await self._change(message, root)
            return await self._post(message) if _is_gone(changed) else _judged(changed, root)
        told = await self._post(message)
        if not root or not told.delivered:
            return told
        if message.ends and (stands := standing(message)):
            await self._change(stands, root)  # whatever comes of it: the message itself was heard
        return replace(told, handle=root)

    def preview(self, message: Message) -> str:
        return json.dumps(_form(message), ensure_ascii=False, indent=1)

    async def aclose(self) -> None:
        await self._poster.aclose()

    async def _post(self, message: Message) -> Receipt:
        answer = await self._ask("POST", self._hook.copy_merge_params({"wait": "true"}), _form(message), message)
        identifier = str(answer.fields().get("id", ""))
        return _judged(answer, identifier if _ID.fullmatch(identifier) else "")

    async def _change(self, message: Message, root: str) -> Answer:
        """What is left out of a change stays as it was, so nothing is."""
        place = self._hook.copy_with(path=f"{self._hook.path.rstrip('/')}/messages/{root}")
        return await self._ask("PATCH", place, {"embeds": [], **_form(message)}, message)

    async def _ask(self, method: str, url: httpx2.URL, form: dict[str, Any], message: Message) -> Answer:
        drawn = b"" if message.plain else await asyncio.to_thread(discord_form.drawn, message)
        body, headers = _with_picture(form, drawn, message) if drawn else (json_body(form), {})
        return await self._poster.ask(method, str(url), body, headers, message.sent_at)


def _form(message: Message) -> dict[str, Any]:
    return discord_form.plain(message) if message.plain else discord_form.full(message)


def _with_picture(form: dict[str, Any], drawn: bytes, message: Message) -> tuple[bytes, dict[str, str]]:
    """A body of two parts, as Discord takes files; in a change they take the place of those that were there."""
    image = {"url": f"attachment://{_PICTURE}"}
    embeds = [{**embed, "image": image} for embed in form["embeds"]]
    described = {"id": 0, "filename": _PICTURE, "description": discord_form.in_words(message)[:_MOST_DESCRIBED]}
    fields = {
        "payload_json": (None, json_body({**form, "embeds": embeds, "attachments": [described]}), "application/json")
    }
    request = httpx2.Request("POST", "http://x", files={**fields, "files[0]": (_PICTURE, drawn, "image/png")})
    return request.read(), {"Content-Type": request.headers["content-type"]}


def _is_gone(answer: Answer) -> bool:
    return (answer.receipt.code, answer.fields().get("code")) == _GONE


def _judged(answer: Answer, handle: str) -> Receipt:
    if answer.receipt.delivered:
        return replace(answer.receipt, handle=handle)
    return replace(answer.receipt, retry_after=_wait(answer)) if answer.receipt.code == 429 else answer.receipt


def _wait(answer: Answer) -> float | None:
    """Seconds. The body is exact where the header is rounded, or missing."""
    seconds = answer.fields().get("retry_after")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds < 0:
        return answer.receipt.retry_after
    return min(MOST_WAIT, float(seconds))

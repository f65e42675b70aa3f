"""``type: slack`` and ``type: discord``: plain text to an incoming webhook of the service."""

import re
from typing import Literal

from pydantic import SecretStr, field_validator

from notifiers.context import ChannelConfig, ChannelContext, http_url
from notifiers.message import Message, Receipt
from notifiers.posting import Poster, json_body
from notifiers.wording import cut

_SLACK_MOST = 12_000
_DISCORD_MOST = 1_950
_UNSEEN = "\u200b"
_ADDRESS = re.compile(r"(https?://[^\s<>\[\]()@*`|]+)")
_DISCORD_SIGN = re.compile(r"[@*_`~|\[\]<>#\\]")


class SlackConfig(ChannelConfig):
    type: Literal["slack"]
    url: SecretStr

    _url = field_validator("url")(http_url)


class DiscordConfig(ChannelConfig):
    type: Literal["discord"]
    url: SecretStr

    _url = field_validator("url")(http_url)


class ChatChannel:
    """Posts ``body`` of the message to one URL."""

    targets: tuple[str, ...] = ("url",)

    def __init__(self, name: str, config: SlackConfig | DiscordConfig, context: ChannelContext) -> None:
        self.name, self.kind = name, config.type
        self._body = _BODIES[config.type]
        self._poster = Poster(config.url.get_secret_value(), context)

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002 - there is only one
        return await self._poster.post(self._body(message), {}, message.sent_at)

    async def aclose(self) -> None:
        await self._poster.aclose()


def slack_body(message: Message) -> bytes:
    """Slack's three control characters are escaped, so that error text calls nobody and links nowhere."""
    title, text = (_slack_escaped(part) for part in (message.title, message.text))
    return json_body({"text": cut(f"*{title}*\n{text}", _SLACK_MOST), "unfurl_links": False})


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def discord_body(message: Message) -> bytes:
    """Mentions are switched off by Discord's own means, and broken besides."""
    text = f"**{_discord_escaped(message.title)}**\n{_discord_escaped(message.text)}"
    return json_body({"content": cut(text, _DISCORD_MOST), "allowed_mentions": {"parse": []}})


def _discord_escaped(text: str) -> str:
    """Addresses stay whole, or links would break; all that could format, hide a link or call somebody is escaped."""
    pieces = _ADDRESS.split(text)
    return "".join(piece if _ADDRESS.fullmatch(piece) else _DISCORD_SIGN.sub(_broken, piece) for piece in pieces)


def _broken(found: re.Match[str]) -> str:
    return f"@{_UNSEEN}" if found[0] == "@" else f"\\{found[0]}"


_BODIES = {"slack": slack_body, "discord": discord_body}

"""Which channels are there? One file each, one line here."""

import difflib
from collections.abc import Mapping
from typing import Any

from notifiers.apprise_channel import AppriseChannel, AppriseConfig
from notifiers.channel import Channel
from notifiers.context import ChannelConfig, ChannelContext
from notifiers.discord import DiscordChannel, DiscordConfig
from notifiers.mail import EmailChannel
from notifiers.mail_config import EmailConfig
from notifiers.pagerduty import PagerDutyChannel, PagerDutyConfig
from notifiers.slack import SlackConfig, slack_channel
from notifiers.templated import TemplatedChannel
from notifiers.webhook import WebhookChannel, WebhookConfig

CHANNEL_TYPES: dict[str, tuple[type[ChannelConfig], Any]] = {
    "webhook": (WebhookConfig, WebhookChannel),
    "email": (EmailConfig, EmailChannel),
    "slack": (SlackConfig, slack_channel),
    "discord": (DiscordConfig, DiscordChannel),
    "pagerduty": (PagerDutyConfig, PagerDutyChannel),
    "apprise": (AppriseConfig, AppriseChannel),
}

_A_MINUTE = {"slack": 60.0, "discord": 120.0, "apprise": 60.0}  # what the services take for long; bursts may be larger


def rate_limit(config: Mapping[str, Any]) -> float | None:
    """Messages a minute; None for as many as come."""
    told = config.get("rate_limit")
    return float(told) if isinstance(told, int | float) else _A_MINUTE.get(str(config.get("type")))


def parse_channel(config: Mapping[str, Any]) -> ChannelConfig:
    """Raises ValueError (pydantic's ValidationError among them) with the place of what is wrong, never a secret."""
    kind = config.get("type")
    if not isinstance(kind, str) or kind not in CHANNEL_TYPES:
        near = difflib.get_close_matches(str(kind), CHANNEL_TYPES, 1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(CHANNEL_TYPES)}"
        raise ValueError(f"type: {kind!r} is not a kind of channel; {hint}")
    return CHANNEL_TYPES[kind][0].model_validate(dict(config))


def build(name: str, config: ChannelConfig, context: ChannelContext) -> Channel:
    channel: Channel = CHANNEL_TYPES[config.type][1](name, config, context)
    return channel if config.template is None else TemplatedChannel(channel, config.template)

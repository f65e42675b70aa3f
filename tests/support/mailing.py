"""Mails on their way: sent by the channel, and as they are read at the other end."""

import asyncio

from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.registry import build, parse_channel
from support.samples import message
from support.smtp import SmtpSink


def send(url, said=None, to=("a@example.com",)):
    async def go():
        config = {"type": "email", "smtp": url, "from": "Tocsin <tocsin@example.com>", "to": list(to)}
        channel = build("c", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))
        receipts = [await channel.send(said or message(), target) for target in channel.targets]
        await channel.aclose()
        return receipts

    return asyncio.run(go())


def mailed(said):
    """The one mail that ``said`` becomes, as it is read at the other end."""
    with SmtpSink() as sink:
        assert send(sink.url, said)[0].delivered
        [(_, mail)] = sink.mails
    return mail

"""How does word of it get out past worker and outbox? By the channel itself, else by its fallback."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from alerting.active import Active
from alerting.selfwatch.episodes import Saying
from alerting.selfwatch.troubles import of_channel
from alerting.selfwatch.wording import message
from alerting.settings import Settings
from alerting.wiring import channel_apart
from notifiers.channel import Channel
from notifiers.message import Message, Receipt, Verdict
from rules.instants import Instant

log = logging.getLogger(__name__)
_STEP_SECONDS = 5.0
_CHANNEL_SECONDS = 12  # two channels one after the other end within the lease of the watch
_NOT_THIS_FORM = (400, 413, 422)


class Teller:
    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings, self._environ = settings, environ

    def tell(
        self, said: Sequence[Saying], active: Active, name: str, ill: frozenset[str], now: Instant
    ) -> list[dict[str, str] | None]:
        """For each whether anybody heard it: the handles that receivers left, or None. ``ill`` are the keys of what is
        not well now."""
        return asyncio.run(self._tell(said, active, name, ill, now))

    async def _tell(
        self, said: Sequence[Saying], active: Active, name: str, ill: frozenset[str], now: Instant
    ) -> list[dict[str, str] | None]:
        return await asyncio.gather(*(self._tell_one(each, active, name, ill, now) for each in said))

    async def _tell_one(
        self, saying: Saying, active: Active, name: str, ill: frozenset[str], now: Instant
    ) -> dict[str, str] | None:
        for asked in _in_turn(name, active.fallbacks.get(name, ""), ill):
            channel = channel_apart(active.configuration, asked, self._settings, self._environ, _STEP_SECONDS)
            if channel is None:
                continue
            told = message(saying, asked, self._settings.public_url, now)
            heard = await _tell_all(channel, told, saying.episode.handles)
            if heard is not None:
                return heard
        return None


def _in_turn(name: str, fallback: str, ill: frozenset[str]) -> Iterator[str]:
    """Whoever is ill is asked last."""
    names = [each for each in (name, fallback) if each]
    yield from sorted(names, key=lambda each: of_channel(each) in ill)


async def _tell_all(channel: Channel, told: Message, handles: Mapping[str, str]) -> dict[str, str] | None:
    heard: dict[str, str] | None = None
    try:
        receipts = await asyncio.gather(*(_tell_target(channel, told, each, handles) for each in channel.targets))
    finally:
        await channel.aclose()
    for target, receipt in zip(channel.targets, receipts, strict=True):
        if receipt.delivered:
            heard = heard or {}
            heard |= {_place(channel, target): receipt.handle} if receipt.handle else {}
        else:
            log.warning("self-watch: channel %s: %s (%s)", channel.name, receipt.verdict, receipt.detail)
    return heard


async def _tell_target(channel: Channel, told: Message, target: str, handles: Mapping[str, str]) -> Receipt:
    told = replace(told, thread=handles.get(_place(channel, target), ""))
    try:
        async with asyncio.timeout(_CHANNEL_SECONDS):
            receipt = await channel.send(told, target)
            if receipt.verdict is Verdict.REFUSED and receipt.code in _NOT_THIS_FORM:
                receipt = await channel.send(replace(told, plain=True), target)
            return receipt
    except TimeoutError:
        return Receipt(Verdict.UNSURE, detail=f"no end of it came within {_CHANNEL_SECONDS} s")


def _place(channel: Channel, target: str) -> str:
    return f"{channel.name} {target}"

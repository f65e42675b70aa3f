"""What does a worker that was taken for dead still do to a message that another has taken over?"""

import asyncio
import random

from alerting.compose import Composer
from alerting.dispatcher.dispatcher import Dispatcher
from notifiers.message import Message, Receipt, Verdict
from notifiers.recording import RecordingChannel
from rules.instants import MINUTE
from support.house import House

TOGETHER = """
channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}
policies: {default: {channels: [hook], group_by: [], timing: {high: now}, group_wait: 0s, group_interval: 0s}}
"""


class Named:
    """A worker that does not know yet that it was taken for dead."""

    holds_lease = True

    def __init__(self, name: str) -> None:
        self.name = name


class Waiting(RecordingChannel):
    """The first answer comes when it is told to; ``tried`` has every message."""

    def __init__(self) -> None:
        super().__init__("hook")
        self.tried: list[Message] = []
        self.began, self.answers = asyncio.Event(), asyncio.Event()

    async def send(self, message: Message, target: str) -> Receipt:
        self.tried.append(message)
        if len(self.tried) == 1:
            self.began.set()
            await self.answers.wait()
        return await super().send(message, target)


def worker(house: House, name: str) -> Dispatcher:
    composer, active = Composer(house.store, "http://tocsin"), house.consumer.active
    return Dispatcher(house.store, house.clock, composer, lambda: active, random.Random(1), Named(name))


def test_a_message_stays_the_other_ones_under_the_same_id(house):
    """Else what was tried together, and may have been heard, would be tried anew under another id."""
    h = house(TOGETHER)

    async def go() -> list[Message]:
        hook = h.channels["hook"] = h.consumer.active.channels["hook"] = Waiting()
        slow, other = worker(h, "slow"), worker(h, "other")
        h.event("a", "r1")
        await asyncio.to_thread(h.work)
        await slow.start_due()
        await asyncio.wait_for(hook.began.wait(), 10)
        h.event("b", "r2")
        await asyncio.to_thread(h.pass_time, 3 * MINUTE)
        hook.receipts = [Receipt(Verdict.UNSURE), Receipt(Verdict.DELIVERED), Receipt(Verdict.DELIVERED)]
        await other.start_due()
        await other.drained()
        hook.answers.set()
        await slow.drained()
        await asyncio.to_thread(h.pass_time, MINUTE)
        await other.start_due()
        await other.drained()
        return hook.tried

    first, together, again = asyncio.run(go())
    assert {part.workflow for part in again.alerts} == {part.workflow for part in together.alerts} == {"a", "b"}
    assert first.id == together.id == again.id
    assert h.rows("SELECT * FROM outbox") == []

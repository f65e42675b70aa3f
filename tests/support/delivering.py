"""The dispatcher of a house: what is owed is handed to its recorded channels."""

import asyncio
import random

from alerting.compose import Composer
from alerting.dispatcher.dispatcher import Dispatcher
from alerting.links import Links
from support.house import House


def dispatcher(house: House, links: Links | None = None) -> Dispatcher:
    composer = Composer(house.store, "http://tocsin", links)
    worker = house.members[-1] if house.members else None
    return Dispatcher(house.store, house.clock, composer, lambda: house.consumer.active, random.Random(1), worker)


def deliver(house: House, links: Links | None = None) -> None:
    """Everything that is due now."""

    async def go() -> None:
        running = dispatcher(house, links)
        while await running.start_due():
            await running.drained()

    asyncio.run(go())

"""Whatever receivers, the way to them and the worker do: every message is delivered, dead or seen to wait, in order."""

import asyncio
import itertools
import random
from collections import defaultdict
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.compose import Composer
from alerting.dispatcher.dispatcher import Dispatcher
from alerting.storage import messages
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.registry import build, parse_channel
from rules.instants import HOUR, MINUTE
from support.fuzzing import examples
from support.house import House
from support.sinks import Answer, HttpSink

TIMEOUT = 0.15
CLOSED = "http://127.0.0.1:1/x"
NO_ADDRESS = "http://nowhere.invalid/x"
FAULTS = {
    "busy": Answer(429, {"Retry-After": "90"}),
    "broken": Answer(500),
    "reset": Answer(drop=True),
    "late": Answer(delay=2 * TIMEOUT),
    "well": Answer(),
}
CONFIG = """
channels:
  one: {type: webhook, url: "http://127.0.0.1:9/x"}
  two: {type: webhook, url: "http://127.0.0.1:9/x"}
  nowhere: {type: webhook, url: "http://127.0.0.1:9/x", fallback: safe}
  safe: {type: webhook, url: "http://127.0.0.1:9/x"}
policies: {default: {channels: [one, two, nowhere], storm: {alerts: 100}, group_interval: 0s}}
"""
WORKFLOWS = st.sampled_from(["pay", "ship", "mail"])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["failed", "succeeded"]), WORKFLOWS),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 61])),
    st.tuples(st.sampled_from(["die before", "die after", "no address"]), st.sampled_from(["one", "two"])),
)


class DiedError(BaseException):
    """The worker is no more."""


class Mortal:
    """A channel in whose hands the worker may die, before it has sent or after, before it could write it down; or whose
    host has no address for once."""

    def __init__(self, channel, lost) -> None:
        self._channel, self.name, self.kind, self.targets = channel, channel.name, channel.kind, channel.targets
        self._lost = lost
        self.dies = ""

    async def send(self, message, target):
        dies, self.dies = self.dies, ""
        if dies == "die before":
            raise DiedError
        way = self._lost if dies == "no address" else self._channel
        receipt = await way.send(message, target)
        if dies == "die after":
            raise DiedError
        return receipt

    async def aclose(self) -> None:
        await self._channel.aclose()
        await self._lost.aclose()


class Office:
    """A house whose channels are real ones to real sinks. A worker that dies leaves its leases; another takes over."""

    def __init__(self, house: House, sinks: dict[str, HttpSink]) -> None:
        self.house = house
        self._loop = asyncio.Runner()
        context = ChannelContext(Egress(None), timeout=TIMEOUT)
        urls = {name: sinks[name].url if name in sinks else CLOSED for name in house.channels}
        configs = {name: parse_channel({"type": "webhook", "url": url}) for name, url in urls.items()}
        lost = parse_channel({"type": "webhook", "url": NO_ADDRESS})
        self.channels = {
            name: Mortal(build(name, config, context), build(name, lost, context)) for name, config in configs.items()
        }
        house.channels.update(self.channels)

    def deliver(self) -> None:
        while not self._loop.run(self._deliver()):
            with self.house.store.write() as connection:
                messages.release_all(connection)

    async def _deliver(self) -> bool:
        composer = Composer(self.house.store, "http://tocsin")
        active = self.house.consumer.active
        running = Dispatcher(self.house.store, self.house.clock, composer, lambda: active, random.Random(1))
        try:
            while await running.start_due():
                await running.drained()
        except DiedError:
            return False
        return True

    def close(self) -> None:
        for each in self.channels.values():
            self._loop.run(each.aclose())
        self._loop.close()
        self.house.close()


@pytest.fixture
def office(tmp_path):
    made = itertools.count()

    @contextmanager
    def build_one(sinks):
        opened = Office(House(tmp_path / f"data{next(made)}", CONFIG), sinks)
        yield opened
        opened.close()

    return build_one


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, min_size=3, max_size=12),
    faults=st.lists(st.sampled_from(sorted(FAULTS)), max_size=8),
    others=st.lists(st.sampled_from(sorted(FAULTS)), max_size=8),
)
def test_every_message_ends_and_in_order(office, steps, faults, others):
    with ExitStack() as opened:
        one, two, safe = (opened.enter_context(HttpSink([FAULTS[each] for each in f])) for f in (faults, others, []))
        at = opened.enter_context(office({"one": one, "two": two, "safe": safe}))
        play(at, steps)
        for _ in range(30):  # an alert may end a day later, and be tried to be told for another
            at.house.pass_time(2 * HOUR)
            at.deliver()
        check_all_ended(at.house)
        for sink in (one, two):
            check_order(at.house, sink)
            check_last_word(at.house, sink)
        check_fallback(at.house, safe)


def play(at: Office, steps) -> None:
    for number, (what, whom) in enumerate(steps):
        if what == "wait":
            at.house.pass_time(whom * MINUTE)
        elif what in {"die before", "die after", "no address"}:
            at.channels[whom].dies = what
        else:
            at.house.event(whom, f"r{number}", what)
            at.house.work()
        at.deliver()


def check_all_ended(house: House) -> None:
    assert house.rows("SELECT * FROM outbox") == []
    assert {row["status"] for row in house.rows("SELECT status FROM notification")} <= {"sent", "dead"}
    dead = house.rows("SELECT channel FROM notification WHERE status = 'dead'")
    assert dead == [] or house.rows("SELECT 1 FROM delivery WHERE receipt = 'unreachable' AND channel = 'nowhere'")


def check_order(house: House, sink: HttpSink) -> None:
    """Those that were refused to its face count too: to try them again is right, to go back behind them is not."""
    numbers = {row["id"]: (row["conversation"], row["number"]) for row in house.rows("SELECT * FROM notification")}
    last: dict[str, int] = defaultdict(int)
    for request in sink.requests:
        conversation, number = numbers[request.json["id"]]
        assert number >= last[conversation], "an older message came behind a newer one"
        last[conversation] = number


def check_last_word(house: House, sink: HttpSink) -> None:
    states = {row["workflow"]: row["state"] for row in house.rows("SELECT * FROM alert ORDER BY first_at")}
    heard = {request.json["alerts"][0]["workflow"]: request.json["alerts"][0]["state"] for request in sink.requests}
    assert heard == states


def check_fallback(house: House, safe: HttpSink) -> None:
    """What could not be told at one place was told at another."""
    dead = {row["notification"] for row in house.rows("SELECT * FROM delivery WHERE channel = 'nowhere'")}
    assert dead == set() or safe.requests

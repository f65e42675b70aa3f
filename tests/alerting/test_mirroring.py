"""Does an incident elsewhere follow what people do to the alert here? Over every store, to a real server."""

import asyncio
import random

import pytest

from alerting.compose import Composer
from alerting.dispatcher.dispatcher import Dispatcher
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.pagerduty import PagerDutyChannel
from notifiers.registry import build, parse_channel
from rules.instants import HOUR, MINUTE
from support.sinks import Answer, HttpSink

FILE = """
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/x"}
  pager: {type: pagerduty, routing_key: "00000000000000000000000000000000"}
policies:
  default: {channels: [hook, pager], remind: {}, ack_timeout: 2h}
"""


class Pager(PagerDutyChannel):
    """The real one, with connections of its own for each message: the tests have a loop for each delivery."""

    def __init__(self, sink):
        self.name, self._sink = "pager", sink

    async def send(self, message, target):
        config = {"type": "pagerduty", "routing_key": "0" * 32, "url": self._sink.url}
        channel = build("pager", parse_channel(config), ChannelContext(Egress(None), timeout=5.0))
        receipt = await channel.send(message, target)
        await channel.aclose()
        return receipt


@pytest.fixture
def sink():
    with HttpSink(default=Answer(202)) as running:
        yield running


@pytest.fixture
def paged(house, sink):
    """A house with a pager, in which nothing has happened."""

    def make(text=FILE):
        made = house(text)
        for consumer in made.consumers:
            consumer.active.channels["pager"] = Pager(sink)
        return made

    return make


def deliver(h):
    async def go():
        composer = Composer(h.store, "http://tocsin")
        worker = h.members[-1] if h.members else None
        running = Dispatcher(h.store, h.clock, composer, lambda: h.consumer.active, random.Random(1), worker)
        while await running.start_due():
            await running.drained()

    asyncio.run(go())


def fails(h):
    """One failure; the id of its alert."""
    h.event(run_id="r1")
    h.work()
    return h.rows("SELECT id FROM alert")[0]["id"]


def acts(h, action, alert):
    h.act(action, alert)
    h.work()


def actions(sink):
    return [request.json["event_action"] for request in sink.requests]


def on(h, channel):
    return [reason for name, reason, _ in h.told() if name == channel]


def test_an_acknowledgement_here_is_one_there_and_of_no_interest_to_others(paged, sink):
    h = paged()
    alert = fails(h)
    deliver(h)
    acts(h, "acknowledge", alert)
    deliver(h)
    assert actions(sink) == ["trigger", "acknowledge"]
    assert len({request.json["dedup_key"] for request in sink.requests}) == 1
    assert (on(h, "pager"), on(h, "hook")) == (["first", "acknowledged"], ["first"])
    assert {row["status"] for row in h.rows("SELECT status FROM notification")} == {"sent"}


def test_one_that_is_taken_back_triggers_again(paged, sink):
    h = paged()
    alert = fails(h)
    acts(h, "acknowledge", alert)
    deliver(h)
    acts(h, "unacknowledge", alert)
    deliver(h)
    assert actions(sink) == ["trigger", "acknowledge", "trigger"]


def test_one_that_runs_out_triggers_again(paged, sink):
    h = paged()
    alert = fails(h)
    acts(h, "acknowledge", alert)
    deliver(h)
    h.pass_time(3 * HOUR)
    deliver(h)
    assert actions(sink) == ["trigger", "acknowledge", "trigger"]


def test_what_waits_together_ends_as_it_stands_now(paged, sink):
    h = paged()
    alert = fails(h)
    for action in ("acknowledge", "unacknowledge", "acknowledge"):
        acts(h, action, alert)
    assert on(h, "pager") == ["first", "acknowledged", "acknowledged", "acknowledged"]
    deliver(h)
    assert actions(sink) == ["trigger", "acknowledge"]


def test_what_is_over_is_closed_and_not_acknowledged_any_more(paged, sink):
    h = paged()
    alert = fails(h)
    deliver(h)
    acts(h, "acknowledge", alert)
    acts(h, "resolve", alert)
    deliver(h)
    assert actions(sink) == ["trigger", "resolve"]


def test_to_take_back_what_nobody_had_acknowledged_is_no_news(paged):
    h = paged()
    acts(h, "unacknowledge", fails(h))
    assert on(h, "pager") == ["first"]


def test_who_was_not_told_hears_of_no_acknowledgement(paged):
    h = paged(FILE.replace("remind: {}", "remind: {}, group_wait: 10m"))
    acts(h, "acknowledge", fails(h))
    assert on(h, "pager") == []
    h.pass_time(11 * MINUTE)
    assert on(h, "pager") == ["first"]


def test_a_digest_s_alerts_are_not_mirrored(paged):
    h = paged(FILE.replace("remind: {}", "remind: {}, timing: {high: daily}"))
    alert = fails(h)
    h.pass_time(4 * HOUR)
    assert on(h, "pager") == ["digest"]
    acts(h, "acknowledge", alert)
    acts(h, "unacknowledge", alert)
    assert on(h, "pager") == ["digest"]


def test_nobody_is_called_again_while_the_alert_is_silenced(paged):
    h = paged()
    alert = fails(h)
    acts(h, "acknowledge", alert)
    silence = 'silences: [{match: {workflow: pay}, until: 2030-01-01T00:00:00Z, comment: "x"}]\n'
    made = [consumer.active.channels["pager"] for consumer in h.consumers]
    h.configure(FILE + silence)
    h.attend()
    h.work()
    for consumer, pager in zip(h.consumers, made, strict=True):
        consumer.active.channels["pager"] = pager
    h.event(run_id="r2")
    h.work()
    acts(h, "unacknowledge", alert)
    assert on(h, "pager") == ["first", "acknowledged"]


def test_the_same_inbox_decides_the_same_messages(paged):
    """So that a replay tells nobody twice."""
    told = []
    for _ in range(2):
        h = paged()
        alert = fails(h)
        for action in ("acknowledge", "unacknowledge"):
            acts(h, action, alert)
        told.append({row["id"] for row in h.rows("SELECT id FROM notification")})
    assert told[0] == told[1]
    assert len(told[0]) == 4

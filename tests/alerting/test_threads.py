"""Does a conversation stay one thread from the first failure to its end, and the next begin another?"""

import asyncio
import json
import random

from alerting.compose import Composer
from alerting.dispatcher.dispatcher import Dispatcher
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.registry import build, parse_channel
from rules.instants import HOUR
from support.sinks import Answer, HttpSink

BOT = 'channels: {{bot: {{type: slack, token: xoxb-1, channel: "#ops", api: "http://127.0.0.1:{port}"}}}}'
STEPS = [("r1", "failed"), ("r2", "failed"), ("r3", "succeeded"), ("r4", "failed")]


def posted(ts, **more):
    return Answer(body=json.dumps({"ok": True, "channel": "C1", "ts": ts, "message": more}).encode())


def story(house, sink):
    """Runs of one workflow, an hour between them, and everything delivered that is due."""
    text = BOT.format(port=sink.port)
    h = house(text)
    h.channels["bot"].targets = ("#ops",)
    config = {"type": "slack", "token": "xoxb-1", "channel": "#ops", "api": f"http://127.0.0.1:{sink.port}"}

    async def go():
        channel = h.consumer.active.channels["bot"] = build("bot", parse_channel(config), ChannelContext(Egress(None)))
        worker = h.members[-1] if h.members else None
        composer = Composer(h.store, "http://tocsin")
        running = Dispatcher(h.store, h.clock, composer, lambda: h.consumer.active, random.Random(1), worker)
        for run, outcome in STEPS:
            h.event(run_id=run, outcome=outcome)
            h.pass_time(HOUR)
            while await running.start_due():
                await running.drained()
        await channel.aclose()

    asyncio.run(go())
    return [(request.path[1:], request.json) for request in sink.requests]


def test_one_thread_for_each_conversation(house):
    changed = posted("1.1")
    answers = [
        posted("1.1"),
        changed,
        posted("1.2", thread_ts="1.1"),
        changed,
        posted("1.3", thread_ts="1.1"),
        posted("2.1"),
    ]
    with HttpSink(answers) as sink:
        told = story(house, sink)
    assert [(method, body.get("thread_ts"), body.get("ts")) for method, body in told] == [
        ("chat.postMessage", None, None),
        ("chat.update", None, "1.1"),
        ("chat.postMessage", "1.1", None),
        ("chat.update", None, "1.1"),
        ("chat.postMessage", "1.1", None),
        ("chat.postMessage", None, None),
    ]
    headers = [body["blocks"][0]["text"]["text"] for _, body in told]
    assert headers[3:5] == ["[high] resolved: pay: Boom"] * 2
    assert headers[1] == headers[0] == "[high] pay: Boom"


def test_blocks_that_are_refused_are_said_as_text(house):
    refused = Answer(body=b'{"ok": false, "error": "invalid_blocks"}')
    with HttpSink([refused], Answer(body=b'{"ok": true}')) as sink:
        told = story(house, sink)
    assert ["blocks" in body for _, body in told][:2] == [True, False]

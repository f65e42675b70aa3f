"""Is there one incident for each alert, opened, acknowledged and closed when it should be? Against a real server."""

import asyncio
import json
from dataclasses import replace

import pytest

from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.message import Verdict
from notifiers.pagerduty import PagerDutyChannel
from notifiers.registry import build, parse_channel
from notifiers.sample import REASONS, sample
from support.golden import is_as_before
from support.samples import message
from support.sinks import Answer, HttpSink

KEY = "R0ut1ngKey" + "0" * 22
ACCEPTED = Answer(202, body=b'{"status":"success","message":"Event processed","dedup_key":"k"}')
BUSY = Answer(429, {"Retry-After": "7"})


def pager(sink, **more):
    config = {"type": "pagerduty", "routing_key": KEY, "url": f"{sink.url}/x", **more}
    return build("pager", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))


def send(sink, *messages):
    """One after the other over one channel."""

    async def go():
        channel = pager(sink)
        receipts = [await channel.send(each, channel.targets[0]) for each in messages]
        await channel.aclose()
        return receipts

    return asyncio.run(go())


def sent(sink):
    return [(request.json["event_action"], request.json["dedup_key"]) for request in sink.requests]


def acted(*messages):
    with HttpSink(default=ACCEPTED) as sink:
        assert all(receipt.delivered for receipt in send(sink, *messages))
        return sent(sink)


@pytest.mark.parametrize("reason", REASONS)
def test_the_events_of_every_reason_are_as_before(reason):
    with HttpSink(default=ACCEPTED) as sink:
        [receipt] = send(sink, sample(reason))
        assert receipt.delivered
        bodies = [request.json for request in sink.requests]
        assert {request.path for request in sink.requests} <= {"/hook/x/v2/enqueue"}
    assert {body.pop("routing_key") for body in bodies} <= {KEY}
    is_as_before(f"pagerduty/{reason}.json", json.dumps(bodies, indent=2))


@pytest.mark.parametrize(
    ("severity", "theirs"), [("critical", "critical"), ("high", "error"), ("medium", "warning"), ("low", "info")]
)
def test_severities_are_theirs(severity, theirs):
    with HttpSink(default=ACCEPTED) as sink:
        send(sink, message(severity=severity))
        assert sink.requests[0].json["payload"]["severity"] == theirs


def test_an_alert_is_one_incident_from_its_beginning_to_its_end():
    over = message("resolved", resolved_at="2026-11-23T08:06:00Z")
    acknowledged = message("acknowledged", acknowledged_by="ann")
    assert acted(message(), message("again"), acknowledged, over) == [
        ("trigger", "tocsin:abc"),
        ("trigger", "tocsin:abc"),
        ("acknowledge", "tocsin:abc"),
        ("resolve", "tocsin:abc"),
    ]


def test_what_pagerduty_hears_of_only_after_somebody_has_acknowledged_it_is_acknowledged_there():
    assert [action for action, _ in acted(message("first", acknowledged_by="ann"))] == ["trigger", "acknowledge"]


def test_an_acknowledgement_that_was_taken_back_triggers_again():
    with HttpSink(default=ACCEPTED) as sink:
        send(sink, message("acknowledged"))
        [request] = sink.requests
    assert request.json["event_action"] == "trigger"
    assert request.json["payload"]["summary"].startswith("[critical] not acknowledged any more: charge-card")


def test_a_digest_wakes_nobody_and_closes_what_is_over():
    assert acted(sample("digest")) == [("resolve", "tocsin:a2")]


def test_a_digest_without_anything_over_is_delivered_by_sending_nothing():
    with HttpSink() as sink:
        [receipt] = send(sink, message("digest"))
        assert (receipt.verdict, sink.requests) == (Verdict.DELIVERED, [])
        assert "page nobody" in receipt.detail


def test_the_first_event_that_is_not_taken_ends_the_try_and_the_next_begins_there():
    with HttpSink([ACCEPTED, BUSY], default=ACCEPTED) as sink:
        storm = sample("storm")
        first, second = send(sink, storm, storm)
        assert (first.verdict, first.code, first.retry_after) == (Verdict.UNREACHABLE, 429, 7)
        assert second.delivered
        assert [key for _, key in sent(sink)] == ["tocsin:a1", "tocsin:a2", "tocsin:a2", "tocsin:a3"]


def test_a_try_again_tells_what_has_changed_meanwhile():
    storm = sample("storm")
    over = replace(storm, alerts=tuple(replace(part, resolved_at="2026-11-23T08:06:00Z") for part in storm.alerts))
    with HttpSink([ACCEPTED, BUSY], default=ACCEPTED) as sink:
        send(sink, storm, over)
        assert sent(sink)[2:] == [("resolve", "tocsin:a1"), ("resolve", "tocsin:a2"), ("resolve", "tocsin:a3")]


def test_a_refusal_is_told_in_their_words_without_the_key():
    said = f'{{"status":"invalid event","errors":["\'routing_key\' {KEY} is unknown"]}}'.encode()
    with HttpSink([Answer(400, body=said)]) as sink:
        [receipt] = send(sink, message())
    assert (receipt.verdict, receipt.code) == (Verdict.REFUSED, 400)
    assert "'routing_key' … is unknown" in receipt.detail
    assert KEY not in receipt.detail


def test_a_key_of_another_form_is_refused_without_quoting_it():
    for key in ("s3cret", KEY + "0", "é" * 32):
        with pytest.raises(ValueError, match="32 letters and digits") as refused:
            parse_channel({"type": "pagerduty", "routing_key": key})
        assert key not in str(refused.value)


@pytest.mark.parametrize("plain", [False, True])
def test_no_event_is_larger_than_pagerduty_takes(plain):
    huge = '\x01\u202e\U0001f4a3"' * 400_000
    many = tuple((f"n{n}" + "k" * 40, huge) for n in range(200))
    said = replace(message(error_message=huge, workflow=huge, step=huge, evidence=many), plain=plain)
    with HttpSink(default=ACCEPTED) as sink:
        assert send(sink, said)[0].delivered
        [request] = sink.requests
    assert len(request.body) < 512_000
    payload = request.json["payload"]
    assert len(payload["summary"]) <= 1_024
    assert not {"\x01", "\u202e"} & set(json.dumps(payload, ensure_ascii=False))


def test_the_plain_form_has_the_text_instead_of_the_details():
    with HttpSink(default=ACCEPTED) as sink:
        send(sink, replace(message(), plain=True))
        assert list(sink.requests[0].json["payload"]["custom_details"]) == ["text"]


def test_what_it_remembers_of_messages_under_way_is_bounded():
    async def go():
        channel = pager(sink)
        for n in range(500):
            channel._taken[f"m{n}"] = {}
        await channel.send(message(), "service")
        await channel.aclose()
        return len(channel._taken)

    with HttpSink(default=ACCEPTED) as sink:
        assert asyncio.run(go()) < 250


def test_it_is_a_channel_that_mirrors():
    assert PagerDutyChannel.mirrors

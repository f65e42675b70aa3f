"""Does every channel say it, and tell the truth about what came of it? Against real servers."""

import asyncio
import json
import logging
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from notifiers.apprise_channel import parse_urls
from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.message import Verdict
from notifiers.registry import build, parse_channel
from support.samples import message
from support.sinks import Answer, HttpSink

OPEN = ChannelContext(Egress(None), timeout=1.0)
IMPATIENT = ChannelContext(Egress(None), timeout=0.3)
SECRET = "tok3nS3cret"
NASTY = "<b>x</b> \x1b[31m\u202e\ud800 <!channel> @everyone <@U1> [run](http://evil.example) `x`\r\nBcc: e@example.com "
HTTP_CHANNELS = {
    "webhook": lambda sink: {"type": "webhook", "url": f"{sink.url}/{SECRET}", "secret": SECRET},
    "slack": lambda sink: {"type": "slack", "url": f"{sink.url}/{SECRET}"},
    "slack-bot": lambda sink: {
        "type": "slack",
        "token": f"xoxb-{SECRET}",
        "channel": "#ops",
        "api": f"{sink.url}/{SECRET}",
    },
    "discord": lambda sink: {"type": "discord", "url": f"{sink.url}/{SECRET}"},
    "pagerduty": lambda sink: {
        "type": "pagerduty",
        "routing_key": SECRET + "0" * 21,
        "url": f"{sink.url}/{SECRET}",
    },
    "apprise": lambda sink: {"type": "apprise", "url": f"json://127.0.0.1:{sink.port}/{SECRET}"},
}


BY_STATUS = [kind for kind in HTTP_CHANNELS if kind != "slack-bot"]  # Slack's API answers 200 to what it refuses, too


def send(config, said=None, context=OPEN):
    async def go():
        channel = build("c", parse_channel(config), context)
        receipts = [await channel.send(said or message(), target) for target in channel.targets]
        await channel.aclose()
        return receipts

    return asyncio.run(go())


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (302, Verdict.REFUSED),
        (400, Verdict.REFUSED),
        (401, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (408, Verdict.UNREACHABLE),
        (410, Verdict.REFUSED),
        (429, Verdict.UNREACHABLE),
        (500, Verdict.UNREACHABLE),
        (503, Verdict.UNREACHABLE),
    ],
)
def test_status_becomes_receipt(kind, status, verdict):
    elsewhere = {"Location": "http://127.0.0.1:1/"} if status == 302 else {}
    body = b'{"ok": true}' if kind == "slack-bot" and status == 200 else b""
    if kind == "slack-bot" and status == 204:
        verdict = Verdict.UNSURE  # its API says in the body whether it was heard
    with HttpSink([Answer(status, elsewhere, body=body)]) as sink:
        [receipt] = send(HTTP_CHANNELS[kind](sink))
        assert (receipt.verdict, receipt.code) == (verdict, status)
        assert len(sink.requests) == 1


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_retry_after_is_heard_as_seconds_and_as_date(kind):
    date = {"Retry-After": "Mon, 23 Nov 2026 08:05:31 GMT"}
    with HttpSink([Answer(429, {"Retry-After": "7"}), Answer(503, date)]) as sink:
        assert send(HTTP_CHANNELS[kind](sink))[0].retry_after == 7
        assert send(HTTP_CHANNELS[kind](sink))[0].retry_after == 30


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
@pytest.mark.parametrize(
    "wait", ["\xb2", "soon", "-1", "Mon, 99 Nov 2026 08:05:31 GMT", "Mon, 23 Nov 2026 08:05:31 +9999999999"]
)
def test_a_senseless_retry_after_is_left_out(kind, wait):
    with HttpSink([Answer(429, {"Retry-After": wait})]) as sink:
        [receipt] = send(HTTP_CHANNELS[kind](sink))
        assert (receipt.verdict, receipt.retry_after) == (Verdict.UNREACHABLE, None)


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_nobody_there_is_unreachable_and_a_connection_that_breaks_is_unsure(kind):
    with HttpSink([Answer(drop=True)]) as sink:
        config = HTTP_CHANNELS[kind](sink)
        assert send(config)[0].verdict is Verdict.UNSURE
    assert send(config)[0].verdict is Verdict.UNREACHABLE


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_no_answer_in_time_is_unsure(kind):
    with HttpSink([Answer(delay=1.0)]) as sink:
        assert send(HTTP_CHANNELS[kind](sink), context=IMPATIENT)[0].verdict is Verdict.UNSURE


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_an_answer_that_never_gets_to_its_status_is_unsure_before_long(kind):
    with HttpSink([Answer(drip=b"HTTP/1.1 200 ")]) as sink:
        assert send(HTTP_CHANNELS[kind](sink), context=IMPATIENT)[0].verdict is Verdict.UNSURE


def test_a_service_that_never_ends_its_answer_holds_no_thread():
    with HttpSink([Answer(drip=b"HTTP/1.1 200 ")]) as sink:
        send(HTTP_CHANNELS["apprise"](sink), context=IMPATIENT)
        workers = [thread for thread in threading.enumerate() if thread.name.startswith("apprise-c")]
        for worker in workers:
            worker.join(10)
        assert [worker.name for worker in workers if worker.is_alive()] == []


@pytest.mark.parametrize("kind", BY_STATUS)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"Content-Encoding": "gzip"}, b"no gzip"),
        Answer(200, {"Content-Length": "9999"}, b"cut"),
        Answer(200, body=b"x" * 3_000_000),
        Answer(drip=b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"),
    ],
)
def test_a_message_was_heard_whatever_follows_the_status(kind, answer):
    with HttpSink([answer]) as sink:
        assert send(HTTP_CHANNELS[kind](sink))[0].delivered


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_no_secret_is_told_or_logged_even_if_the_answer_repeats_it(kind, caplog):
    caplog.set_level(logging.DEBUG)
    echo = f"Cannot POST /hook/{SECRET}\x1b[31m".encode()
    with HttpSink([Answer(500, body=echo), Answer(404, body=echo), Answer(302, {"Location": f"/{SECRET}"})]) as sink:
        config = HTTP_CHANNELS[kind](sink)
        receipts = [each for _ in range(3) for each in send(config)]
    receipts += send(config)
    assert "Cannot POST" in receipts[0].detail
    assert "\x1b" not in receipts[0].detail
    assert SECRET not in "".join(receipt.detail for receipt in receipts)
    assert SECRET not in "".join(record.getMessage() for record in caplog.records)
    assert SECRET not in repr(parse_channel(config))


def test_each_recipient_is_a_delivery_of_its_own():
    with HttpSink() as one, HttpSink() as other:
        urls = [f"json://127.0.0.1:{sink.port}/{SECRET}" for sink in (one, other)]
        channel = build("c", parse_channel({"type": "apprise", "url": urls}), OPEN)
        asyncio.run(channel.send(message(), channel.targets[0]))
        assert [len(one.requests), len(other.requests)] == [1, 0]
        assert SECRET not in "".join(channel.targets)


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_huge_and_nasty_text_is_handed_over(kind):
    nasty = message(error_message=NASTY + "y" * 200_000, workflow=NASTY, step=NASTY)
    with HttpSink(default=Answer(body=b'{"ok": true}')) as sink:
        assert send(HTTP_CHANNELS[kind](sink), nasty)[0].delivered
        assert sink.requests[0].json


def test_webhook_is_signed_and_carries_the_alert():
    with HttpSink() as sink:
        send({"type": "webhook", "url": sink.url, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
        [request] = sink.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    signer = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert headers["webhook-id"] == "n1"
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == signer.sign("n1", at, request.body.decode())
    said = request.json
    assert (said["version"], said["reason"], said["severity"]) == (1, "first", "critical")
    [alert] = said["alerts"]
    assert alert["error"] == {"type": "CardDeclined", "message": "card declined for order 2000"}
    assert (alert["count"], alert["since_last"], alert["runs"][0]["run_id"]) == (3, 2, "order-2000")


def texts_of(value):
    """Every text that a body shows, one after another; those of Discord's code blocks left out: nothing lives there."""
    if isinstance(value, str):
        return re.sub(r"(?s)\A```.*```\Z|\n```\n.*?\n```", "", value) + "\n"
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return "".join(texts_of(each) for each in inner)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("kind", ["slack", "slack-bot", "discord", "apprise"])  # a webhook's receiver is a program
def test_text_of_an_error_calls_nobody_and_hides_no_link(kind, plain):
    with HttpSink() as sink:
        nasty = message(error_message=NASTY, workflow=NASTY, step=NASTY, version=NASTY)
        send(HTTP_CHANNELS[kind](sink), replace(nasty, plain=plain))
        said = sink.requests[0].json
    live = {
        "slack": r"<[!@]|<http://evil",  # [](…) is no link there
        "discord": r"@everyone|<@U|(?<!\\)\]\(http://evil",
        "apprise": r"@everyone|<!|<@U|\]\(",
    }
    assert "evil.example" in texts_of(said)
    assert re.findall(live[kind.removesuffix("-bot")], json.dumps(said) if kind != "discord" else texts_of(said)) == []
    if kind == "discord":
        assert said["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("kind", ["slack", "slack-bot", "discord"])
def test_own_links_stay_whole(kind, plain):
    with HttpSink() as sink:
        told = message(links={"run": "http://t/runs/order_20_a"})
        send(HTTP_CHANNELS[kind](sink), replace(told, plain=plain))
        said = sink.requests[0].json
    form = "run: {}" if plain else "[Run]({})" if kind == "discord" else "<{}|Run>"
    assert form.format("http://t/runs/order_20_a") in texts_of(said)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"type": "webhok", "url": "http://x"}, "did you mean webhook"),
        ({"type": "webhook", "url": "ftp://x"}, "https://"),
        ({"type": "webhook", "url": "http://x", "sekret": "y"}, "sekret"),
        ({"type": "webhook", "url": "http://x:99999"}, "and a port"),
        ({"type": "webhook", "url": "http://a..b/s3cret"}, "names a host"),
        ({"type": "webhook", "url": "http://x", "secret": ""}, "is empty"),
        ({"type": "webhook", "url": "http://x", "secret": "whsec_s3cret!"}, "must be base64"),
        ({"type": "slack", "url": "http://x", "channel": "y"}, "channel"),
        ({"type": "slack"}, "url"),
        ({"type": "slack", "url": None}, "url"),
        ({"type": "slack", "url": "http://x", "api": "http://y"}, "api"),
        ({"type": "slack", "url": "http://x", "token": "xoxb-s3cret", "channel": "y"}, "either url"),
        ({"type": "slack", "url": "https://hooks.slack.com/s3cret"}, "services"),
        ({"type": "slack", "url": "http://hooks.slack.com/services/T0/B0/s3cret"}, "https://hooks"),
        ({"type": "slack", "token": "s3cret", "channel": "#ops"}, "xoxb-"),
        ({"type": "slack", "token": "xapp-1-s3cret", "channel": "#ops"}, "token\n.*xoxb-"),
        ({"type": "slack", "token": "xoxb-s3cret"}, "token needs channel"),
        ({"type": "slack", "token": "xoxb-s3cret", "channel": "#a, #b"}, "channel\n.*one channel"),
        ({"type": "slack", "token": "xoxb-s3cret", "channel": "#a", "api": "ftp://x"}, "api\n.*https://"),
        ({"type": "discord"}, "url"),
        ({"type": "discord", "url": "https://discord.com/channels/1/s3cret"}, "webhooks/NUMBER"),
        ({"type": "discord", "url": "https://discord.com/api/webhooks/1/s3cret/slack"}, "webhooks/NUMBER"),
        ({"type": "email", "smtp": "x", "from": "a@b.c", "to": "d@e.f"}, "smtp://"),
        ({"type": "email", "smtp": "smtp://u:s3cret\u2100@x", "from": "a@b.c", "to": "d@e.f"}, "smtp://HOST"),
        ({"type": "email", "smtp": "smtp://u:s3cret", "from": "a@b.c", "to": "d@e.f"}, "smtp://HOST"),
        ({"type": "email", "smtp": "smtp://x", "from": "nobody", "to": "d@e.f"}, "not an e-mail address"),
        ({"type": "email", "smtp": "smtp://x", "from": "a@b.c", "to": "d@e.f\r\nBcc: x@y.z"}, "not an e-mail address"),
        ({"type": "email", "smtp": "smtp://x", "from": "a@b.c", "to": []}, "at least one recipient"),
        ({"type": "pagerduty", "routing_key": "s3cret"}, "32 letters and digits"),
        ({"type": "pagerduty"}, "routing_key"),
        ({"type": "apprise", "url": "nonsense"}, "must begin with SERVICE://"),
        ({"type": "apprise", "url": "syslog://"}, "this machine itself"),
        ({"type": "apprise", "url": "slack://a/b/s3cret?template=/etc/passwd"}, "names a file"),
        ({"type": "apprise", "url": "slack://a/b/s3cret/#ops?a=1;%54emplate=/etc/passwd"}, "names a file"),
        ({"type": "apprise", "url": "mailto://u:s3cret@x?pgppub=/etc/passwd"}, "names a file"),
        ({"type": "apprise", "url": "json://x/s3cret?redirect=yes"}, "redirect"),
        ({"type": "apprise", "url": "slak://s3cret"}, "did you mean slack://"),
        ({"type": "apprise", "url": []}, "at least one"),
    ],
)
def test_a_bad_channel_is_explained(config, said):
    with pytest.raises(ValueError, match=said) as refused:
        parse_channel(config)
    assert "s3cret" not in str(refused.value)


def test_a_url_that_apprise_cannot_read_is_refused_with_its_form(caplog):
    with pytest.raises(ValueError, match=r"slack://\{") as refused:
        parse_channel({"type": "apprise", "url": f"slack://{SECRET}"})
    assert SECRET not in str(refused.value)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("json://a, slack://b/c/d", ["json://a", "slack://b/c/d"]),
        (
            "mailto://u:p@x?to=a@y.z,b@y.z,json://h/?q=http://z",
            ["mailto://u:p@x?to=a@y.z,b@y.z", "json://h/?q=http://z"],
        ),
        ("json://a,,\njson://b,", ["json://a", "json://b"]),
        ("", []),
    ],
)
def test_commas_separate_urls_but_not_what_is_inside_one(text, urls):
    assert parse_urls(text) == urls

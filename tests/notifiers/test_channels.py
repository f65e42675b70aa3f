"""Does every channel say it, and tell the truth about what came of it? Against real servers."""

import asyncio
import contextlib
import json
import logging
import socket
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.message import Verdict
from notifiers.registry import build, parse_channel
from support.samples import message
from support.sinks import Answer, HttpSink
from support.smtp import SmtpSink

OPEN = ChannelContext(Egress(None), timeout=1.0)
SECRET = "tok3nS3cret"
HTTP_CHANNELS = {
    "webhook": lambda sink: {"type": "webhook", "url": f"{sink.url}/{SECRET}", "secret": SECRET},
    "slack": lambda sink: {"type": "slack", "url": f"{sink.url}/{SECRET}"},
    "discord": lambda sink: {"type": "discord", "url": f"{sink.url}/{SECRET}"},
    "apprise": lambda sink: {"type": "apprise", "url": f"json://127.0.0.1:{sink.port}/{SECRET}"},
}


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
    with HttpSink([Answer(status, elsewhere, body=b"")]) as sink:
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
def test_nobody_there_is_unreachable_and_silence_is_unsure(kind):
    with HttpSink([Answer(drop=True)]) as sink:
        config = HTTP_CHANNELS[kind](sink)
        assert send(config)[0].verdict in {Verdict.UNSURE, Verdict.UNREACHABLE}
    assert send(config)[0].verdict is Verdict.UNREACHABLE


def test_no_answer_in_time_is_unsure():
    with HttpSink([Answer(delay=1.5)]) as sink:
        assert send(HTTP_CHANNELS["webhook"](sink))[0].verdict is Verdict.UNSURE


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_no_secret_is_told_or_logged(kind, caplog):
    caplog.set_level(logging.DEBUG)
    with HttpSink([Answer(500), Answer(404)]) as sink:
        config = HTTP_CHANNELS[kind](sink)
        receipts = [*send(config), *send(config)]
    receipts += send(config)
    assert SECRET not in "".join(receipt.detail for receipt in receipts)
    assert SECRET not in "".join(record.getMessage() for record in caplog.records)
    assert SECRET not in repr(parse_channel(config))


@pytest.mark.parametrize("kind", HTTP_CHANNELS)
def test_private_addresses_are_refused_unless_allowed(kind):
    with HttpSink() as sink:
        config = HTTP_CHANNELS[kind](sink)
        [refused] = send(config, context=ChannelContext(Egress([]), 1.0))
        assert refused.verdict is Verdict.UNREACHABLE
        assert "TOCSIN_ALLOW_PRIVATE" in refused.detail
        assert sink.requests == []
        [allowed] = send(config, context=ChannelContext(Egress(["127.0.0.0/8"]), 1.0))
        assert allowed.delivered


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::1", "::ffff:10.0.0.1", "0.0.0.0", "64:ff9b::a00:1", "fe80::1%lo"]
)
def test_every_kind_of_private_address_is_known(address):
    with pytest.raises(OSError, match="TOCSIN_ALLOW_PRIVATE"):
        Egress([]).check("h", [address])
    Egress([]).check("h", ["93.184.216.34"])


def test_a_name_is_refused_when_any_of_its_addresses_is_private():
    with pytest.raises(OSError, match="private"):
        Egress([]).check("rebound.example", ["93.184.216.34", "10.0.0.1"])


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


@pytest.mark.parametrize("kind", ["slack", "discord"])
def test_chat_text_calls_nobody(kind):
    nasty = "<!channel> @everyone <@U1> `x` " + "y" * 50_000
    with HttpSink() as sink:
        send(HTTP_CHANNELS[kind](sink), message(error_message=nasty))
        said = json.loads(sink.requests[0].body)
    text = said.get("text") or said["content"]
    assert len(text) <= 12_000
    if kind == "slack":  # mentions are <!…> and <@…> there
        assert "<!" not in text
        assert "<@" not in text
    else:
        assert "@everyone" not in text
        assert said["allowed_mentions"] == {"parse": []}


def test_mail_is_readable_threaded_and_one_per_recipient():
    with SmtpSink() as sink:
        config = {
            "type": "email",
            "smtp": sink.url,
            "from": "tocsin@example.com",
            "to": ["a@example.com", "b@example.com"],
        }
        nasty = message(error_message="<b>x</b>\r\nBcc: evil@example.com")
        assert all(receipt.delivered for receipt in send(config, nasty))
        assert [address for address, _ in sink.mails] == ["a@example.com", "b@example.com"]
        first, second = (mail for _, mail in sink.mails)
    assert first["Subject"] == "[critical] charge-card: CardDeclined in step charge"
    assert first["References"] == second["References"] == "<tocsin.abc@example.com>"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Bcc"] is None
    assert "<b>x</b>" not in first.get_body(("html",)).get_content()
    assert "Failed 3 times" in first.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("rcpt", "data", "verdict"),
    [
        (["550 no such user"], [], Verdict.REFUSED),
        (["451 try later"], [], Verdict.UNREACHABLE),
        ([], ["554 spam"], Verdict.REFUSED),
        ([], ["452 full"], Verdict.UNREACHABLE),
    ],
)
def test_smtp_codes_become_receipts(rcpt, data, verdict):
    with SmtpSink(rcpt, data) as sink:
        config = {"type": "email", "smtp": sink.url, "from": "t@example.com", "to": "a@example.com"}
        assert send(config)[0].verdict is verdict


def test_a_mail_server_that_is_away_is_unreachable():
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        config = {
            "type": "email",
            "smtp": f"smtp://127.0.0.1:{taken.getsockname()[1]}",
            "from": "t@e.com",
            "to": "a@e.com",
        }
        assert send(config)[0].verdict is Verdict.UNREACHABLE


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"type": "webhok", "url": "http://x"}, "did you mean webhook"),
        ({"type": "webhook", "url": "ftp://x"}, "https://"),
        ({"type": "webhook", "url": "http://x", "sekret": "y"}, "sekret"),
        ({"type": "email", "smtp": "x", "from": "a@b.c", "to": "d@e.f"}, "smtp://"),
        ({"type": "email", "smtp": "smtp://x", "from": "nobody", "to": "d@e.f"}, "not an e-mail address"),
        ({"type": "apprise", "url": "nonsense"}, "must begin with SERVICE://"),
        ({"type": "apprise", "url": "syslog://"}, "this machine itself"),
        ({"type": "apprise", "url": "slack://a/b/c?template=/etc/passwd"}, "names a file"),
        ({"type": "apprise", "url": "nosuch://x"}, "not a service"),
    ],
)
def test_a_bad_channel_is_explained(config, said):
    with pytest.raises(ValueError, match=said):
        parse_channel(config)

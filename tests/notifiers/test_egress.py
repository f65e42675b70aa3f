"""Can a channel's URL be a way into the network that Tocsin stands in?"""

import asyncio
import socket

import pytest

from notifiers.context import ChannelContext
from notifiers.egress import Egress, EgressRefused
from notifiers.message import Verdict
from notifiers.registry import build, parse_channel
from support.samples import message
from support.sinks import Answer, HttpSink
from support.smtp import SmtpSink

CHANNELS = {
    "webhook": lambda host, port: {"type": "webhook", "url": f"http://{host}:{port}/"},
    "slack": lambda host, port: {"type": "slack", "url": f"http://{host}:{port}/"},
    "discord": lambda host, port: {"type": "discord", "url": f"http://{host}:{port}/"},
    "pagerduty": lambda host, port: {"type": "pagerduty", "routing_key": "k" * 32, "url": f"http://{host}:{port}"},
    "apprise": lambda host, port: {"type": "apprise", "url": f"json://{host}:{port}/"},
    "apprise-mail": lambda host, port: {
        "type": "apprise",
        "url": f"mailto://example.com:{port}?smtp={host}&from=a@example.com&to=b@example.com&mode=insecure",
    },
    "email": lambda host, port: {
        "type": "email",
        "smtp": f"smtp://{host}:{port}",
        "from": "a@example.com",
        "to": "b@example.com",
    },
}


def send(config, egress):
    async def go():
        channel = build("c", parse_channel(config), ChannelContext(egress, timeout=2.0))
        receipt = await channel.send(message(), channel.targets[0])
        await channel.aclose()
        return receipt

    return asyncio.run(go())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
@pytest.mark.parametrize("kind", CHANNELS)
def test_a_private_address_is_not_reached_under_any_name(kind, host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        try:
            receipt = send(CHANNELS[kind](host, server.getsockname()[1]), Egress([]))
        except ValueError as refused:  # a name that the channel's configuration does not even take
            assert "cannot be read by Apprise" in str(refused)  # noqa: PT017 - either refusal is right
        else:
            assert receipt.verdict in {Verdict.UNREACHABLE, Verdict.REFUSED}
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("kind", [kind for kind in CHANNELS if "mail" not in kind])
def test_a_refusal_names_the_remedy_and_the_remedy_works(kind):
    with HttpSink() as sink:
        config = CHANNELS[kind]("127.0.0.1", sink.port)
        assert "TOCSIN_ALLOW_PRIVATE" in send(config, Egress(["10.0.0.0/8"])).detail
        assert sink.requests == []
        assert send(config, Egress(["127.0.0.0/8"])).delivered


def test_mail_obeys_the_same_guard():
    with SmtpSink() as sink:
        config = CHANNELS["email"]("127.0.0.1", sink.url.rpartition(":")[2])
        assert "TOCSIN_ALLOW_PRIVATE" in send(config, Egress([])).detail
        assert send(config, Egress(["127.0.0.1/32"])).delivered


@pytest.mark.parametrize("kind", [kind for kind in CHANNELS if "mail" not in kind])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(kind, status):
    with HttpSink() as inside:
        with HttpSink([Answer(status, {"Location": inside.url})]) as sink:
            receipt = send(CHANNELS[kind]("127.0.0.1", sink.port), Egress(None))
        assert (receipt.verdict, receipt.code) == (Verdict.REFUSED, status)
        assert inside.requests == []


@pytest.mark.parametrize("kind", [kind for kind in CHANNELS if "mail" not in kind])
def test_a_proxy_of_the_environment_is_not_used(kind, monkeypatch):
    with HttpSink() as proxy, HttpSink() as sink:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(CHANNELS[kind]("127.0.0.1", sink.port), Egress(None)).delivered
        assert (len(proxy.requests), len(sink.requests)) == (0, 1)


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:a00:1::",
        "2001:db8::1",
        "fc00::1",
        "fe80::1%lo",
        "fec0::1",
        "ff02::1",
    ],
)
def test_every_kind_of_private_address_is_known(address):
    with pytest.raises(EgressRefused, match="TOCSIN_ALLOW_PRIVATE"):
        Egress([]).check("h", [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"])
def test_a_public_address_is_permitted(address):
    Egress([]).check("h", [address])


def test_a_name_is_refused_when_any_of_its_addresses_is_private():
    with pytest.raises(EgressRefused, match="private"):
        Egress([]).check("rebound.example", ["93.184.216.34", "10.0.0.1"])


class Named(Egress):
    """Knows one name with two addresses, of which nobody answers at the first."""

    async def resolve(self, host, port, seconds=None):
        self.asked = [*getattr(self, "asked", []), host]
        return ["127.0.0.2", "127.0.0.1"]


@pytest.mark.parametrize("kind", ["webhook", "email"])
def test_the_next_address_is_tried_when_one_does_not_answer_and_the_name_is_asked_once(kind):
    egress = Named(None)
    with HttpSink() as http, SmtpSink() as smtp:
        port = http.port if kind == "webhook" else smtp.url.rpartition(":")[2]
        assert send(CHANNELS[kind]("two.example", port), egress).delivered
        assert egress.asked == ["two.example"]

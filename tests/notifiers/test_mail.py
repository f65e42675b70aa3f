"""Is a mail readable, safe and in its thread? And is the receipt true? Against a real SMTP server."""

import asyncio
import logging
import shutil
import socket
import ssl
import subprocess

import pytest

from notifiers.context import ChannelContext
from notifiers.egress import Egress
from notifiers.message import Verdict
from notifiers.registry import build, parse_channel
from support.samples import message
from support.smtp import HANG_UP, SmtpSink


def send(url, said=None, to=("a@example.com",)):
    async def go():
        config = {"type": "email", "smtp": url, "from": "Tocsin <tocsin@example.com>", "to": list(to)}
        channel = build("c", parse_channel(config), ChannelContext(Egress(None), timeout=2.0))
        receipts = [await channel.send(said or message(), target) for target in channel.targets]
        await channel.aclose()
        return receipts

    return asyncio.run(go())


def mailed(said):
    """The one mail that ``said`` becomes, as it is read at the other end."""
    with SmtpSink() as sink:
        assert send(sink.url, said)[0].delivered
        [(_, mail)] = sink.mails
    return mail


def test_each_recipient_is_a_delivery_of_its_own():
    with SmtpSink(rcpt=["550 no such user"]) as sink:
        receipts = send(sink.url, to=["gone@example.com", "B <b@example.com>", "b@example.com"])
        assert [receipt.verdict for receipt in receipts] == [Verdict.REFUSED, Verdict.DELIVERED, Verdict.DELIVERED]
        assert [address for address, _ in sink.mails] == ["b@example.com", "b@example.com"]


def test_a_mail_says_what_failed_in_text_and_in_html():
    mail = mailed(message())
    assert mail["Subject"] == "[critical] charge-card: CardDeclined in step charge"
    assert mail["Date"] == "Mon, 23 Nov 2026 08:05:01 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    for form in ("plain", "html"):
        text = mail.get_body((form,)).get_content()
        assert "Failed 3 times" in text
        assert "http://t/runs/r1" in text


def test_all_mails_of_an_alert_are_one_thread():
    mails = [mailed(message(reason)) for reason in ("first", "again", "resolved")]
    assert {mail["References"] for mail in mails} == {mail["In-Reply-To"] for mail in mails}
    assert {mail["References"] for mail in mails} == {"<tocsin.abc@example.com>"}
    assert all(mail["Subject"].endswith("charge-card: CardDeclined in step charge") for mail in mails)


def test_a_try_again_has_the_same_message_id_and_another_recipient_another():
    with SmtpSink() as sink:
        for _ in range(2):
            send(sink.url, to=["a@example.com", "b@example.com"])
        ids = [mail["Message-ID"] for _, mail in sink.mails]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_text_of_an_error_is_no_header_no_html_and_no_link():
    nasty = "\x1b[31m\u202e\ud800<b>x</b>\r\nBcc: evil@example.com\nrun: http://evil.example/\n" + "y" * 200_000
    mail = mailed(message(error_message=nasty, workflow=nasty, step=nasty))
    assert mail["Bcc"] is None
    assert len(" ".join(mail["Subject"].split())) <= 150
    page = mail.get_body(("html",)).get_content()
    assert "<b>" not in page
    assert 'href="http://t/runs/r1"' in page
    assert 'href="http://evil.example' not in page
    assert not {"\x1b", "\u202e"} & set(page)


@pytest.mark.parametrize(
    ("answers", "verdict", "code"),
    [
        ({"rcpt": ["550 no such user"]}, Verdict.REFUSED, 550),
        ({"rcpt": ["451 try later"]}, Verdict.UNREACHABLE, 451),
        ({"data": ["554 spam"]}, Verdict.REFUSED, 554),
        ({"data": ["452 full"]}, Verdict.UNREACHABLE, 452),
        ({"data": [HANG_UP]}, Verdict.UNSURE, None),
        ({"quit": [HANG_UP]}, Verdict.DELIVERED, 250),
        ({"quit": ["500 what?"]}, Verdict.DELIVERED, 250),
    ],
)
def test_smtp_codes_become_receipts(answers, verdict, code):
    with SmtpSink(**answers) as sink:
        [receipt] = send(sink.url)
        assert (receipt.verdict, receipt.code) == (verdict, code)


def test_a_mail_server_that_is_away_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    assert send(f"smtp://127.0.0.1:{port}")[0].verdict is Verdict.UNREACHABLE


def test_a_login_is_used_and_never_told(caplog):
    caplog.set_level(logging.DEBUG)
    with SmtpSink(login=("tocsin", "pa55w0rd")) as sink:
        assert send(sink.url)[0].delivered
        [refused] = send(sink.url.replace("pa55w0rd", "wr0ngpa55"))
    assert (refused.verdict, refused.code) == (Verdict.REFUSED, 535)
    told = refused.detail + "".join(record.getMessage() for record in caplog.records)
    assert "pa55" not in told


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The path of a key and certificate for 127.0.0.1 that nobody trusts yet."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", path, "-out", f"{path}.crt"]
    subprocess.run([openssl, "req", *made, *names], check=True, capture_output=True)
    with path.open("a") as both:
        both.write((path.parent / f"{path.name}.crt").read_text())
    return path


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_tls_is_used_and_only_with_a_server_that_is_who_it_says(scheme, certificate, monkeypatch):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with SmtpSink(scheme=scheme, tls=tls) as sink:
        assert send(sink.url)[0].verdict is Verdict.UNREACHABLE
        assert sink.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send(sink.url)[0].delivered

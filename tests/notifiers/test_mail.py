"""Is a mail readable and in its thread? And is the receipt true? Against a real SMTP server."""

import logging
import re
import shutil
import socket
import ssl
import subprocess
from dataclasses import replace

import pytest

from notifiers.mail_compose import compose
from notifiers.message import Verdict
from notifiers.outline import Tone
from notifiers.picture import picture
from support.letters import HOURS, several
from support.mailing import mailed, send
from support.samples import message
from support.smtp import HANG_UP, SmtpSink


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


def conversed(*said):
    """The mails of one conversation, each with what the one before left."""
    mails, left = [], ""
    with SmtpSink() as sink:
        for each in said:
            [receipt] = send(sink.url, replace(each, thread=left))
            mails.append(sink.mails[-1][1])
            left = "" if each.ends else receipt.handle
    return mails


def test_a_conversation_that_begins_with_one_alert_stays_one_thread_when_more_join():
    mails = conversed(message("first"), several("new_members"), message("again", dedup_key="tocsin:other"))
    assert {mail["References"] for mail in mails} == {"<tocsin.abc@example.com>"}


def test_a_conversation_that_begins_with_several_alerts_is_one_thread_and_the_next_another():
    first, later = (replace(several("storm"), id=name) for name in ("n1", "n2"))
    mails = conversed(first, later, replace(message("resolved"), ends=True), replace(first, id="n4"))
    threads = [mail["References"] for mail in mails]
    assert threads == ["<conv.n1@example.com>"] * 3 + ["<conv.n4@example.com>"]


@pytest.mark.parametrize("answer", ["554 spam", HANG_UP])
def test_only_a_mail_that_was_taken_leaves_something_for_its_thread(answer):
    with SmtpSink(data=[answer]) as sink:
        assert [send(sink.url)[0].handle for _ in range(2)] == ["", "tocsin.abc"]


def test_filters_find_who_writes_why_and_how_bad():
    mail = mailed(message("reminder", severity="high"))
    named = {name: mail[name] for name in ("X-Tocsin-Reason", "X-Tocsin-Severity", "X-Tocsin-Channel", "List-Id")}
    assert named == {
        "X-Tocsin-Reason": "reminder",
        "X-Tocsin-Severity": "high",
        "X-Tocsin-Channel": "c",
        "List-Id": "<c.tocsin.example.com>",
    }


def test_an_id_that_is_long_is_written_as_it_is():
    domain = f"{'very-long-name.' * 5}example.com"
    mail = compose(message(dedup_key="tocsin:" + "a" * 40), f"tocsin@{domain}", "a@example.com").as_bytes().decode()
    for name in ("References", "In-Reply-To"):
        assert re.search(rf"^{name}:\s+<tocsin\.a{{40}}@{domain}>\r$", mail, re.M)
    assert re.search(rf"^List-Id:\s+<c\.tocsin\.{domain}>\r$", mail, re.M)


def test_a_picture_lies_beside_the_letter_and_is_shown_in_it():
    mail = mailed(replace(message(), hours=HOURS))
    assert mail.get_content_type() == "multipart/related"
    letter, image = mail.iter_parts()
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert image.get_content() == picture(HOURS, Tone.CRITICAL)
    assert image["Content-Disposition"].startswith("inline")
    [shown] = re.findall(r'src="cid:([^"]+)"', mail.get_body(("html",)).get_content())
    assert image["Content-ID"] == f"<{shown}>"


@pytest.mark.parametrize("hours", [(), (0,) * 24])
def test_where_no_failures_are_known_there_is_no_picture(hours):
    mail = mailed(replace(message(), hours=hours))
    assert mail.get_content_type() == "multipart/alternative"
    assert "<img" not in mail.get_body(("html",)).get_content()


def test_the_simplest_form_is_text_alone():
    mail = mailed(replace(message(), plain=True, hours=HOURS))
    assert mail.get_content_type() == "text/plain"
    assert "Failed 3 times" in mail.get_content()


def test_a_try_again_has_the_same_message_id_and_another_recipient_another():
    with SmtpSink() as sink:
        for _ in range(2):
            send(sink.url, to=["a@example.com", "b@example.com"])
        ids = [mail["Message-ID"] for _, mail in sink.mails]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("answers", "verdict", "code"),
    [
        ({"rcpt": ["550 no such user"]}, Verdict.REFUSED, 550),
        ({"rcpt": ["451 try later"]}, Verdict.UNREACHABLE, 451),
        ({"rcpt": ["421 closing"]}, Verdict.UNREACHABLE, 421),
        ({"rcpt": ["450 greylisted"]}, Verdict.UNREACHABLE, 450),
        ({"data": ["421 closing"]}, Verdict.UNREACHABLE, 421),
        ({"data": ["552 too big"]}, Verdict.REFUSED, 552),
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

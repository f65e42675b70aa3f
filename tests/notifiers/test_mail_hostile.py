"""Does text that somebody else wrote stay text, and a mail small enough to be shown?"""

import email
from dataclasses import replace
from email.policy import default
from html.parser import HTMLParser

import pytest

from notifiers.mail_compose import compose
from notifiers.message import RunLine
from notifiers.rendering import worded
from support.letters import HOURS
from support.mailing import mailed
from support.samples import PART, message


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


NASTY = "\x1b[31m\u202e\ud800</pre></style><b>x</b><a href='http://evil.example'>y</a>{{ 7 * 7 }}"
NASTY += "\r\nBcc: evil@example.com\r\n\r\n"
OWN_TAGS = {"html", "head", "meta", "title", "style", "body", "div", "p", "h1", "h2", "pre", "strong", "span"}
OWN_TAGS |= {"table", "tbody", "tr", "th", "td", "ul", "li", "a", "img"}
TEXTS = ["workflow", "engine", "environment", "version", "previous_version", "step", "outcome", "error_type"]
TEXTS += ["error_message", "cause", "rule", "team", "mention", "acknowledged_by"]


@pytest.mark.parametrize("names", [*([name] for name in TEXTS), TEXTS])
def test_hostile_text_in_any_field_stays_text(names):
    nasty = dict.fromkeys(names, NASTY + "y" * 1_000_000)
    runs = (RunLine("r", NASTY, NASTY, NASTY, "2026-11-23T08:05:00Z", "javascript:alert(1)"),)
    links = {"run": 'http://t/"><script>', "source": "javascript:alert(1)", "alert": "http://t/" + "a" * 1_000_000}
    part = replace(PART, **nasty, runs=runs, links=links, evidence=((NASTY, NASTY),) * 1_000)
    for said in (replace(message(), alerts=(part,), links=links), replace(message("digest"), alerts=(part,) * 200)):
        _is_harmless(mailed(replace(worded(said), hours=HOURS)))


def _is_harmless(mail):
    assert mail["Bcc"] is None
    assert mail.defects == []
    assert len(" ".join(mail["Subject"].split())) <= 150
    page = mail.get_body(("html",)).get_content()
    assert len(page.encode()) < 100_000
    assert not {"\x1b", "\u202e"} & set(page)
    found = _Tags()
    found.feed(page)
    assert found.tags <= OWN_TAGS
    assert [value for value in found.values if "evil" in value or "javascript" in value] == []


class _Tags(HTMLParser):
    """The elements of a page, and what their attributes say."""

    def __init__(self):
        super().__init__()
        self.tags, self.values = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.values += [value or "" for _, value in attrs]


def test_of_very_many_causes_as_many_are_shown_as_there_is_room_for_and_the_rest_is_counted():
    wide = {"error_message": "<" * 400, "workflow": "&" * 200, "links": {"alert": "http://t/" + "b" * 900}}
    parts = tuple(replace(PART, cause=f"c{n % 60}", **wide) for n in range(300))
    page = mailed(replace(message("digest"), alerts=parts)).get_body(("html",)).get_content()
    shown = page.count("<h2")
    assert 5 <= shown < 40
    assert len(page.encode()) < 100_000
    assert f"and {60 - shown} more causes" in page


def test_headers_cannot_be_put_in_by_a_name_or_an_id():
    broken = "x\r\nBcc: evil@example.com"
    hostile = replace(
        message(dedup_key=broken), channel=broken, id=broken, reason=broken, severity=broken, title=broken
    )
    for said in (hostile, replace(hostile, thread=broken), replace(hostile, alerts=(), conversation=broken)):
        mail = compose(said, "t@example.com", "a@example.com")
        parsed = email.message_from_bytes(mail.as_bytes(), policy=default)
        assert parsed["Bcc"] is None
        assert parsed.defects == []

"""Which bytes are a message as a mail? Headers that thread and can be filtered, text, HTML, and a picture inside it."""

import re
from datetime import datetime
from email.headerregistry import HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from functools import cache

from notifiers.mail_page import page
from notifiers.message import Message
from notifiers.outline import outline
from notifiers.picture import picture
from notifiers.wording import plain_block, plain_line

_MOST_TEXT = 100_000
_MOST_SUBJECT = 150
_ENCODED = "quoted-printable"  # lines of any length and signs of any kind pass every server on the way
_NO_ID = re.compile(r"[^0-9A-Za-z._-]+")


def compose(message: Message, sender: str, target: str) -> EmailMessage:
    """One mail. All of a thread, the first too, refer to one made-up root: that is how programs thread them."""
    text = plain_block(message.text, _MOST_TEXT)
    mail = EmailMessage(_policy())
    _head(mail, message, sender, target)
    if message.plain:
        mail.set_content(text, cte=_ENCODED)
    else:
        _fill(mail, message, text, f"hours.{_part(message.id)}@{_domain(sender)}")
    return mail


def root(message: Message) -> str:
    """What the mails of a conversation refer to: what its first one left; else the alert or, of several, itself.

    A conversation outlives its alerts, and what fails later is no answer: hence the message that begins it.
    """
    if message.thread:
        return _part(message.thread)
    if len(message.alerts) == 1 and message.alerts[0].dedup_key:
        return _part(message.alerts[0].dedup_key)
    return _part(".".join(text for text in (message.conversation, message.id) if text))


def _head(mail: EmailMessage, message: Message, sender: str, target: str) -> None:
    domain, channel = _domain(sender), plain_line(message.channel, 100)
    mail["From"], mail["To"] = sender, target
    mail["Subject"] = plain_line(message.title, _MOST_SUBJECT)
    mail["Date"] = format_datetime(datetime.fromisoformat(message.sent_at))
    mail["Message-ID"] = f"<{_part(message.id)}.{_local(target)}@{domain}>"
    mail["References"] = mail["In-Reply-To"] = f"<{root(message)}@{domain}>"
    mail["List-Id"] = f"<{_label(channel)}.tocsin.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Tocsin-Reason"] = plain_line(message.reason, 100)
    mail["X-Tocsin-Severity"] = plain_line(message.severity, 100)
    mail["X-Tocsin-Channel"] = channel


def _fill(mail: EmailMessage, message: Message, text: str, picture_id: str) -> None:
    """Pictures are related to the letter, whose last form is the best one."""
    outlined = outline(message)
    drawn = picture(outlined.hours, outlined.tone) if any(outlined.hours) else b""
    cids = [f"{place}.{picture_id}" if each.picture else "" for place, each in enumerate(outlined.sections)]
    images = [_image(drawn, picture_id, "failures-per-hour.png")] if drawn else []
    for place, (each, cid) in enumerate(zip(outlined.sections, cids, strict=True), 1):
        if cid:
            images.append(_image(each.picture, cid, f"chart-{place}.png"))
    letter = EmailMessage(mail.policy) if images else mail
    letter.set_content(text, cte=_ENCODED)
    letter.add_alternative(page(message, picture_id if drawn else "", cids), subtype="html", cte=_ENCODED)
    if images:
        mail["MIME-Version"] = "1.0"
        mail.add_header("Content-Type", "multipart/related", type="multipart/alternative")
        for part in (letter, *images):
            del part["MIME-Version"]  # the whole has it
            mail.attach(part)


def _image(drawn: bytes, picture_id: str, named: str) -> EmailMessage:
    image = EmailMessage()
    image.set_content(drawn, "image", "png", disposition="inline", filename=named, cid=f"<{picture_id}>")
    return image


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _part(text: str) -> str:
    """As a part of an id: no sign in it that would end one."""
    return _NO_ID.sub(".", text)


def _local(target: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in parseaddr(target)[1])


def _label(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-") or "channel"


@cache
def _policy() -> "EmailPolicy[EmailMessage]":
    """The library writes a long word of a header as an encoded one; in an id no program would know it again."""
    known = HeaderRegistry()
    for name in ("references", "in-reply-to", "list-id"):
        known.map_to_type(name, MessageIDHeader)  # type: ignore[arg-type]  # mixed with its base later
    return EmailPolicy(linesep="\r\n", header_factory=known)

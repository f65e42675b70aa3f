"""``type: email``: text and HTML over SMTP, one recipient for each delivery, one thread for each alert."""

import html
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import BeforeValidator, Field, SecretStr, field_validator

from notifiers import receipts
from notifiers.context import ChannelConfig, ChannelContext
from notifiers.egress import EgressRefused
from notifiers.message import Message, Receipt, Verdict
from notifiers.rendering import plain_line

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class EmailConfig(ChannelConfig):
    type: Literal["email"]
    smtp: SecretStr
    sender: str = Field(alias="from")
    to: Annotated[list[str], BeforeValidator(_as_list)]

    @field_validator("smtp")
    @classmethod
    def _server(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be smtp://HOST:PORT, smtp+starttls:// or smtps://, with user:password@ if needed")
        return value

    @field_validator("sender")
    @classmethod
    def _from(cls, value: str) -> str:
        return _address(value)

    @field_validator("to")
    @classmethod
    def _recipients(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("name at least one recipient")
        return [_address(each) for each in value]


def _address(value: str) -> str:
    address = parseaddr(value)[1]
    if "@" not in address or any(sign in value for sign in "\r\n"):
        raise ValueError(f"{value!r} is not an e-mail address")
    return value


class EmailChannel:
    kind = "email"

    def __init__(self, name: str, config: EmailConfig, context: ChannelContext) -> None:
        self.name = name
        self.targets = tuple(config.to)
        self._from = config.sender
        self._context = context
        self._server = urlsplit(config.smtp.get_secret_value())

    async def send(self, message: Message, target: str) -> Receipt:
        mail = compose(message, self._from, target)
        try:
            return await self._hand_over(mail, target)
        except aiosmtplib.SMTPResponseException as error:
            return receipts.of_smtp(error.code, error.message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return receipts.of_smtp(error.recipients[0].code, error.recipients[0].message)
        except EgressRefused as error:
            return Receipt(Verdict.UNREACHABLE, detail=str(error))
        except (OSError, aiosmtplib.SMTPException, TimeoutError) as error:
            return Receipt(Verdict.UNREACHABLE, detail=f"could not reach the mail server: {type(error).__name__}")

    async def aclose(self) -> None:
        return None

    async def _hand_over(self, mail: EmailMessage, target: str) -> Receipt:
        port = self._server.port or _PORTS[self._server.scheme]
        host = self._server.hostname or ""
        connected = await self._context.egress.connect(host, port, self._context.timeout)
        client = aiosmtplib.SMTP(
            hostname=host,
            sock=connected,
            timeout=self._context.timeout,
            use_tls=self._server.scheme == "smtps",
            start_tls=self._server.scheme == "smtp+starttls",
            tls_context=ssl.create_default_context(),
        )
        async with client:
            if self._server.username:
                await client.login(unquote(self._server.username), unquote(self._server.password or ""))
            return await _transfer(client, mail, parseaddr(self._from)[1], parseaddr(target)[1])


async def _transfer(client: aiosmtplib.SMTP, mail: EmailMessage, sender: str, target: str) -> Receipt:
    """Up to the end of DATA nothing was heard; a connection that breaks there leaves it open."""
    await client.mail(sender)
    await client.rcpt(target)
    try:
        code, text = (await client.data(mail.as_bytes()))[:2]
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
        return Receipt(Verdict.UNSURE, detail=f"no answer to the message came: {type(error).__name__}")
    return receipts.of_smtp(code, text)


def compose(message: Message, sender: str, target: str) -> EmailMessage:
    """One mail. All mails of an alert, the first too, refer to one made-up root: that is how programs thread them."""
    mail = EmailMessage()
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["From"], mail["To"] = sender, target
    mail["Subject"] = plain_line(message.title, 150)
    mail["Date"] = format_datetime(datetime.fromisoformat(message.sent_at))
    mail["Message-ID"] = f"<{message.id}.{_local(target)}@{domain}>"
    root = f"<{_root(message)}@{domain}>"
    mail["References"], mail["In-Reply-To"] = root, root
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(_html(message), subtype="html")
    return mail


def _root(message: Message) -> str:
    key = message.alerts[0].dedup_key if message.alerts else message.conversation
    return (key or message.id).replace(":", ".")


def _local(target: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in parseaddr(target)[1])


def _html(message: Message) -> str:
    return _PAGE.format(
        title=html.escape(message.title),
        body="".join(_paragraphs(message.text.split("\n\n"))),
    )


def _paragraphs(blocks: Sequence[str]) -> list[str]:
    return [f'<p style="margin:0 0 12px;white-space:pre-wrap">{_linked(html.escape(block))}</p>' for block in blocks]


def _linked(text: str) -> str:
    """Our own links at the end of a line become links; what an error says stays text."""
    lines = []
    for line in text.split("\n"):
        name, separator, url = line.partition(": ")
        own = separator and name in {"run", "alert", "group", "source"} and url.startswith(("http://", "https://"))
        lines.append(f'<a href="{url}">{name}</a>' if own else line)
    return "\n".join(lines)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif">
<div style="max-width:640px">
<h1 style="font-size:18px;margin:0 0 16px">{title}</h1>
{body}
</div></body></html>
"""

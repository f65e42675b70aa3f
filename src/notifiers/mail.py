"""``type: email``: text and HTML over SMTP, one recipient for each delivery, one thread for each alert."""

import html
import re
import ssl
from collections.abc import Mapping
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
from notifiers.redaction import secrets_of, without
from notifiers.wording import plain_block, plain_line

_MOST_TEXT = 100_000
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

_ADDRESS = re.compile(r"[!-~]+@[!-?A-~]+")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class EmailConfig(ChannelConfig):
    type: Literal["email"]
    smtp: SecretStr
    sender: str = Field(alias="from")
    to: Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=list[str] | str)]

    @field_validator("smtp")
    @classmethod
    def _server(cls, value: SecretStr) -> SecretStr:
        if not _is_server(value.get_secret_value()):
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
        return [_address(each) for each in dict.fromkeys(value)]


def _is_server(url: str) -> bool:
    """The reasons of the standard library are not told: they quote the URL, password and all."""
    try:
        parts = urlsplit(url)
        return parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _address(value: str) -> str:
    address = parseaddr(value)[1]
    if not _ADDRESS.fullmatch(address) or any(sign in value for sign in "\r\n"):
        raise ValueError(f"{value!r} is not an e-mail address (name@example.com, in ASCII)")
    return value


class EmailChannel:
    kind = "email"

    def __init__(self, name: str, config: EmailConfig, context: ChannelContext) -> None:
        self.name = name
        self.targets = tuple(config.to)
        self._from = config.sender
        self._context = context
        self._server = urlsplit(config.smtp.get_secret_value())
        self._secrets = secrets_of(config.smtp.get_secret_value())
        self._trusted = None if self._server.scheme == "smtp" else ssl.create_default_context()

    async def send(self, message: Message, target: str) -> Receipt:
        mail = compose(message, self._from, target)
        try:
            return await self._hand_over(mail, target)
        except aiosmtplib.SMTPResponseException as error:
            return self._answered(error.code, error.message)
        except EgressRefused as error:
            return Receipt(Verdict.UNREACHABLE, detail=str(error))
        except (OSError, aiosmtplib.SMTPException, TimeoutError) as error:
            return Receipt(Verdict.UNREACHABLE, detail=f"could not reach the mail server: {type(error).__name__}")

    async def aclose(self) -> None:
        return None

    def _answered(self, code: int, text: str) -> Receipt:
        return receipts.of_smtp(code, without(text, self._secrets))

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
            tls_context=self._trusted,
            local_hostname=parseaddr(self._from)[1].rpartition("@")[2],  # a look-up of our own name can take long
        )
        async with client:
            if self._server.username:
                await client.login(unquote(self._server.username), unquote(self._server.password or ""))
            return await self._transfer(client, mail, parseaddr(target)[1])

    async def _transfer(self, client: aiosmtplib.SMTP, mail: EmailMessage, target: str) -> Receipt:
        """Up to the end of DATA nothing was heard; a connection that breaks there leaves it open."""
        await client.mail(parseaddr(self._from)[1])
        await client.rcpt(target)
        try:
            code, text = await client.data(mail.as_bytes())
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
            return Receipt(Verdict.UNSURE, detail=f"no answer to the message came: {type(error).__name__}")
        return self._answered(code, text)


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
    mail.set_content(plain_block(message.text, _MOST_TEXT))
    mail.add_alternative(_html(message), subtype="html")
    return mail


def _root(message: Message) -> str:
    key = message.alerts[0].dedup_key if message.alerts else message.conversation
    return (key or message.id).replace(":", ".")


def _local(target: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in parseaddr(target)[1])


def _html(message: Message) -> str:
    own = {
        f"{name}: {url}": (name, url) for name, url in message.links.items() if url.startswith(("http://", "https://"))
    }
    blocks = plain_block(message.text, _MOST_TEXT).split("\n\n")
    return _PAGE.format(title=html.escape(message.title), body="".join(_paragraph(block, own) for block in blocks))


def _paragraph(block: str, own: Mapping[str, tuple[str, str]]) -> str:
    lines = "\n".join(_linked(*own[line]) if line in own else html.escape(line) for line in block.split("\n"))
    return f'<p style="margin:0 0 12px;white-space:pre-wrap">{lines}</p>'


def _linked(name: str, url: str) -> str:
    """Only the message's own links become links; an address in what an error says stays text."""
    return f'<a href="{html.escape(url)}">{html.escape(name)}</a>'


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif">
<div style="max-width:640px">
<h1 style="font-size:18px;margin:0 0 16px">{title}</h1>
{body}
</div></body></html>
"""

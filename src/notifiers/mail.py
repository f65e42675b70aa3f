"""``type: email``: text and HTML over SMTP, one recipient for each delivery, one thread for each conversation."""

import asyncio
import ssl
from dataclasses import replace
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from notifiers import receipts
from notifiers.context import ChannelContext
from notifiers.egress import EgressRefused
from notifiers.mail_compose import compose, root
from notifiers.mail_config import PORTS, EmailConfig
from notifiers.mail_page import page
from notifiers.message import Message, Receipt, Verdict
from notifiers.redaction import secrets_of, without


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
        mail = await asyncio.to_thread(compose, message, self._from, target)
        try:
            receipt = await self._hand_over(mail.as_bytes(), target)
            return replace(receipt, handle=root(message)) if receipt.delivered else receipt
        except aiosmtplib.SMTPResponseException as error:
            return self._answered(error.code, error.message)
        except EgressRefused as error:
            return Receipt(Verdict.UNREACHABLE, detail=str(error))
        except (OSError, aiosmtplib.SMTPException, TimeoutError) as error:
            return Receipt(Verdict.UNREACHABLE, detail=f"could not reach the mail server: {type(error).__name__}")

    def preview(self, message: Message) -> str:
        return page(message, "")

    async def aclose(self) -> None:
        return None

    def _answered(self, code: int, text: str) -> Receipt:
        return receipts.of_smtp(code, without(text, self._secrets))

    async def _hand_over(self, mail: bytes, target: str) -> Receipt:
        port = self._server.port or PORTS[self._server.scheme]
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

    async def _transfer(self, client: aiosmtplib.SMTP, mail: bytes, target: str) -> Receipt:
        """Up to the end of DATA nothing was heard; a connection that breaks there leaves it open."""
        await client.mail(parseaddr(self._from)[1])
        await client.rcpt(target)
        try:
            code, text = await client.data(mail)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
            return Receipt(Verdict.UNSURE, detail=f"no answer to the message came: {type(error).__name__}")
        return self._answered(code, text)

"""A real SMTP server on loopback (aiosmtpd) that remembers mails and answers as it is told."""

import email
import socket
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SmtpSink:
    """``rcpt`` and ``data`` are answers given in order instead of 250."""

    def __init__(self, rcpt: list[str] | None = None, data: list[str] | None = None) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.rcpt, self.data = list(rcpt or []), list(data or [])
        self._port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)

    def __enter__(self) -> "SmtpSink":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        if self.data:
            return self.data.pop(0)
        parsed = email.message_from_bytes(envelope.content, policy=default)
        self.mails.extend((address, parsed) for address in envelope.rcpt_tos)
        return "250 OK"

"""A real SMTP server on loopback (aiosmtpd) that remembers mails and answers as it is told."""

import email
import socket
import ssl
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

HANG_UP = "hang up"  # an answer that never comes: the connection ends instead


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SmtpSink:
    """``rcpt``, ``data`` and ``quit`` are answers given in order instead of the usual one.

    ``scheme`` is smtp, smtps or smtp+starttls; the latter two need ``tls``. With ``login``, (user, password), nobody
    else may send.
    """

    def __init__(
        self,
        rcpt: list[str] | None = None,
        data: list[str] | None = None,
        quit: list[str] | None = None,  # noqa: A002 - named after the command
        scheme: str = "smtp",
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.rcpt, self.data, self.quit = list(rcpt or []), list(data or []), list(quit or [])
        self._scheme, self._login, self._port = scheme, login, _free_port()
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self._port,
            ssl_context=tls if scheme == "smtps" else None,
            tls_context=tls if scheme == "smtp+starttls" else None,
            require_starttls=scheme == "smtp+starttls",
            authenticator=self._authenticate,
            auth_required=login is not None,
            auth_require_tls=False,
        )

    def __enter__(self) -> "SmtpSink":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        user = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"{self._scheme}://{user}127.0.0.1:{self._port}"

    def _authenticate(self, _server, _session, _envelope, _mechanism, given) -> AuthResult:
        return AuthResult(success=self._login == (given.login.decode(), given.password.decode()), handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope) -> str:  # noqa: N802
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer == HANG_UP:
            server.transport.abort()
        if answer in {HANG_UP, "250 OK"}:
            parsed = email.message_from_bytes(envelope.content, policy=default)
            self.mails.extend((address, parsed) for address in envelope.rcpt_tos)
        return answer

    async def handle_QUIT(self, server, _session, _envelope) -> str:  # noqa: N802
        answer = self.quit.pop(0) if self.quit else "221 Bye"
        if answer == HANG_UP:
            server.transport.abort()
        return answer

"""``type: apprise``: any of Apprise's services by URL, one delivery for each, behind a fence.

The fence: no redirects, no private addresses that are not allowed, no arguments that name local files, no services of
the machine itself, no secret in a log, and the HTTP code and ``Retry-After`` that Apprise keeps to itself.
"""

import asyncio
import contextvars
import difflib
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SecretStr, field_validator

from notifiers import apprise_fence
from notifiers.apprise_fence import Seen
from notifiers.context import ChannelConfig, ChannelContext, as_list
from notifiers.egress import fenced
from notifiers.message import Message, Receipt
from notifiers.redaction import secrets_of
from notifiers.wording import cut

_LOCAL_SCHEMES = frozenset({
    "syslog", "dbus", "glib", "kde", "qt", "gnome", "macosx", "windows", "file", "rsyslog", "python", "aprs",
})  # fmt: skip
_FILE_ARGUMENTS = frozenset({
    "template", "keyfile", "key_file", "certfile", "cert", "subfile", "pgp_key", "pgpkey", "pgppub", "pgpprv",
    "attach", "include", "redirect",
})  # fmt: skip
_LIVE = re.compile(r"@|<(?=[!@#]|\w+:)|\](?=\()")
_MOST_TEXT = 8_000
_MARKS = ("critical", "high")


class AppriseConfig(ChannelConfig):
    type: Literal["apprise"]
    url: Annotated[list[SecretStr], BeforeValidator(as_list, json_schema_input_type=list[str] | str)]

    @field_validator("url")
    @classmethod
    def _urls(cls, value: list[SecretStr]) -> list[SecretStr]:
        if not value:
            raise ValueError("give at least one Apprise URL")
        for each in value:
            check_url(each.get_secret_value())
        return value


def check_url(url: str) -> None:
    """Raises ValueError, without any of the URL's secrets, for one that is not known or not allowed."""
    scheme = url.partition("://")[0].lower()
    if not url.partition("://")[1]:
        raise ValueError("is not an Apprise URL; it must begin with SERVICE://, such as slack:// or mailto://")
    if scheme in _LOCAL_SCHEMES:
        raise ValueError(f"{scheme}:// reaches this machine itself, which is not allowed here")
    for name, value in _arguments(url).items():
        if name in _FILE_ARGUMENTS and value.lower() not in {"no", "false", "0"}:
            raise ValueError(f"the argument {name} names a file or a redirect, which is not allowed here")
    if scheme not in _forms():
        near = difflib.get_close_matches(scheme, _forms(), 1)
        raise ValueError(
            f"{scheme}:// is not a service that Apprise knows" + (f"; did you mean {near[0]}://?" if near else "")
        )
    if _service(url) is None:
        raise ValueError(
            f"cannot be read by Apprise; the shortest form is {_forms()[scheme].format_map(_Shown(scheme))}"
        )


def _arguments(url: str) -> dict[str, str]:
    """Read as Apprise reads them: a ``#`` before the ``?`` ends nothing there."""
    from apprise.utils.parse import parse_qsd

    found: dict[str, str] = parse_qsd(url.partition("?")[2], simple=True)["qsd"]  # type: ignore[no-untyped-call]
    return found


@cache
def _forms() -> dict[str, str]:
    """The shortest form of a URL for each scheme that Apprise knows, such as ``{schema}://{host}``."""
    import apprise  # slow and large: only where a channel uses it

    return {
        scheme: min(service["details"]["templates"], key=len)
        for service in apprise.Apprise().details()["schemas"]
        for kind in ("protocols", "secure_protocols")
        for scheme in service[kind] or ()
    }


def parse_urls(text: str) -> list[str]:
    """The URLs of ``TOCSIN_NOTIFY``: a comma separates where another ``service://`` follows."""
    urls: list[str] = []
    for piece in text.split(","):
        if "://" in piece.split("?")[0] or not urls:
            urls.append(piece)
        else:
            urls[-1] = f"{urls[-1]},{piece}"
    return [url for each in urls if (url := each.strip(", \n"))]


class AppriseChannel:
    kind = "apprise"

    def __init__(self, name: str, config: AppriseConfig, context: ChannelContext) -> None:
        self.name = name
        urls = [url.get_secret_value() for url in config.url]
        self._urls = {_target(url): url for url in urls}
        self.targets = tuple(self._urls)
        self._context = context
        self._pool = ThreadPoolExecutor(8, thread_name_prefix=f"apprise-{name}")

    async def send(self, message: Message, target: str) -> Receipt:
        seen = Seen(self._context.timeout)
        carried = contextvars.copy_context()
        try:
            async with asyncio.timeout(3 * self._context.timeout):
                return await asyncio.get_running_loop().run_in_executor(
                    self._pool, carried.run, self._notify, message, self._urls[target], seen
                )
        except TimeoutError:
            seen.end()  # or the thread would wait for as long as the service likes
            return apprise_fence.unheard(seen)

    def preview(self, message: Message) -> str:
        return f"{harmless(message.title)}\n\n{cut(harmless(message.text), _MOST_TEXT)}"

    async def aclose(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _notify(self, message: Message, url: str, seen: Seen) -> Receipt:
        """One fresh instance for each message: Apprise throttles by instance, we throttle by channel."""
        import apprise

        with fenced(self._context.egress), apprise_fence.recording(seen):
            asset = _asset()
            service = _service(url)
            service.retry = 0  # what is worth trying again is tried again by the outbox
            heard = apprise.Apprise(service, asset=asset).notify(
                title=harmless(message.title),
                body=cut(harmless(message.text), _MOST_TEXT),
                notify_type=_notify_type(message),
                body_format=apprise.NotifyFormat.TEXT,
            )
        return apprise_fence.receipt(bool(heard), seen, message.sent_at, secrets_of(url))


class _Shown(dict[str, str]):
    """Fills a template of Apprise's with the scheme, and leaves the names of the other parts as they are."""

    def __init__(self, scheme: str) -> None:
        super().__init__(schema=scheme)

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _service(url: str) -> Any:
    """Apprise's own object for one delivery; None for a URL it cannot read. Nothing is sent, nothing logged."""
    import apprise

    apprise_fence.install()
    return apprise.Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)


def _target(url: str) -> str:
    """The service and a mark that tells two URLs of it apart; the URL itself is a secret."""
    return f"{url.partition('://')[0].lower()}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


@cache
def _asset() -> Any:
    import apprise

    return apprise.AppriseAsset(
        app_id="Tocsin",
        app_desc="Tocsin",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        secure_logging=True,
        async_mode=False,
        service_timeout=0,  # otherwise it sends from threads of its own, which all channels share
        http_redirects=False,
    )


def _notify_type(message: Message) -> str:
    if message.reason in {"resolved", "recovered"}:
        return "success"
    return "failure" if message.severity in _MARKS else "warning"


def harmless(text: str) -> str:
    """Mentions, Slack's links and hidden links broken by a mark of no width: error text calls nobody, lures nobody."""
    return _LIVE.sub(lambda found: f"{found[0]}\u200b", text)

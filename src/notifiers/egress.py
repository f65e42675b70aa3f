"""Where may Tocsin call out to? Each name is resolved once, every address checked, and that address connected to.

Otherwise a channel's URL would be a way into the network that Tocsin stands in (server-side request forgery).
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import httpcore2
import httpx2

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # no other IPv6 address is ever assigned to a public host


class EgressRefused(OSError):
    """The address is private and not allowed."""


class Egress:
    """``allow_private``: None allows every private address, else the CIDRs that are allowed, possibly none."""

    def __init__(self, allow_private: Sequence[str] | None) -> None:
        self._all = allow_private is None
        self._allowed = [ipaddress.ip_network(cidr, strict=False) for cidr in allow_private or ()]

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Raises EgressRefused if any of the addresses is private and not allowed."""
        for text in addresses:
            address = _plain(ipaddress.ip_address(text.split("%")[0]))
            if not self._permits(address):
                raise EgressRefused(
                    f"{host} is a private address; list its network in TOCSIN_ALLOW_PRIVATE to allow it"
                )

    def _permits(self, address: Address) -> bool:
        return self._all or _is_public(address) or any(address in network for network in self._allowed)

    async def resolve(self, host: str, port: int, seconds: float | None = None) -> list[str]:
        """Every address of ``host``, once all of them are found permitted. Raises OSError, TimeoutError."""
        try:
            async with asyncio.timeout(seconds):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError(f"{host!r} is not the name of a host") from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        self.check(host, addresses)
        return addresses

    async def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connected, non-blocking socket to the first address that answers. Raises OSError, TimeoutError."""
        failure: OSError = OSError(f"{host} has no address")
        addresses = await self.resolve(host, port, seconds)
        for address in addresses:
            try:
                return await _connected(address, port, seconds / len(addresses))
            except OSError as error:
                failure = error
        raise failure

    def client(self, timeout: float) -> httpx2.AsyncClient:
        """An HTTP client that follows no redirect, uses no proxy and connects to checked addresses only."""
        trusted = httpx2.create_ssl_context()
        transport = httpx2.AsyncHTTPTransport(verify=trusted, trust_env=False)
        transport._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=20,
            keepalive_expiry=30,
            network_backend=_CheckedBackend(self),
        )
        return httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that is mapped, tunnelled (6to4) or translated (NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner:
            return inner
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    assigned = isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST
    return assigned and address.is_global and not address.is_multicast


async def _connected(address: str, port: int, seconds: float | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setblocking(False)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(opened, (address, port))
    except BaseException:
        opened.close()
        raise
    return opened


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    def __init__(self, egress: Egress) -> None:
        self._egress, self._inner = egress, httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the backend's interface has it so
        *args: Any,
        **options: Any,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception = httpcore2.ConnectError("the host has no address")
        try:
            addresses = await self._egress.resolve(host, port, timeout)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("the name was not resolved in time") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        share = timeout and timeout / len(addresses)
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, share, *args, **options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


_fence: ContextVar[Egress | None] = ContextVar("egress_fence", default=None)
_resolve = socket.getaddrinfo


def _checked_getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
    found = _resolve(host, *args, **options)
    egress = _fence.get()
    if egress is not None:
        egress.check(str(host), [str(each[4][0]) for each in found])
    return found


@contextlib.contextmanager
def fenced(egress: Egress) -> Iterator[None]:
    """Inside, whatever a library resolves is checked: it connects to the addresses it was given here."""
    socket.getaddrinfo = _checked_getaddrinfo
    token = _fence.set(egress)
    try:
        yield
    finally:
        _fence.reset(token)

"""Clients that mean no good, or know no better: idle, slow, endless, many. All of one kind are held by one selector."""

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Client:
    """What came back so far, and whether the other side has hung up."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.heard = b""
        self.is_cut = False

    def say(self, what: bytes) -> None:
        try:
            self.socket.sendall(what)
        except OSError:
            self.is_cut = True

    def listen(self) -> None:
        try:
            came = self.socket.recv(65_536)
        except OSError:
            came = b""
        self.heard += came
        self.is_cut = not came

    @property
    def status(self) -> int:
        """0 where nothing was said."""
        return int(self.heard.split(b" ", 2)[1]) if self.heard.startswith(b"HTTP/") else 0


@contextmanager
def crowd(port: int, size: int) -> Iterator[list[Client]]:
    clients = [Client(port) for _ in range(size)]
    yield clients
    for client in clients:
        client.socket.close()


def listen_to(clients: list[Client], seconds: float, drip: bytes = b"", every: float = 1.0) -> float:
    """Until all have been cut off; each says ``drip`` now and then. How long it took; AssertionError when it is too
    long."""
    began = dripped = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while selector.get_map():
            assert time.monotonic() < began + seconds, f"{len(selector.get_map())} are not cut off"
            for key, _ in selector.select(0.1):
                key.data.listen()
                if key.data.is_cut:
                    selector.unregister(key.fileobj)
            if drip and time.monotonic() > dripped + every:
                dripped = time.monotonic()
                for key in list(selector.get_map().values()):
                    key.data.say(drip)
    return time.monotonic() - began


def ask(port: int, what: bytes, seconds: float = 15) -> Client:
    """Everything that is said to ``what`` until the other side hangs up, or is silent for half a second."""
    client = Client(port)
    client.say(what)
    client.socket.settimeout(seconds)
    while not client.is_cut:
        before = client.heard
        client.listen()
        client.socket.settimeout(0.5)
        if client.heard == before:
            break
    client.socket.close()
    return client

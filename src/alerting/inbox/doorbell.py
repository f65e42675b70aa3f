"""How does the worker hear at once that something came? A datagram socket in the data folder; polling as fallback."""

import os
import select
import socket
from pathlib import Path

NAME = "doorbell"


class Bell:
    """The receiver's side. Ringing never blocks and never fails: a worker that does not listen polls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket: socket.socket | None = None  # connected to the worker that listens

    def ring(self) -> None:
        """A worker that was started since the last time listens at a socket of its own: the old one refuses."""
        for _ in range(2):
            try:
                if self._socket is None:
                    self._socket = self._connected()
                self._socket.send(b"1")
                return
            except BlockingIOError:
                return  # it has been rung for often enough
            except OSError:
                self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        ringing = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            ringing.setblocking(False)
            with _short(self._folder) as address:
                ringing.connect(address)
        except OSError:
            ringing.close()
            raise
        return ringing


class Listener:
    """The worker's side."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with _short(folder) as address:
            self._socket.bind(address)

    def wait(self, seconds: float) -> bool:
        """Until the bell rings or ``seconds`` are over; whether it rang. All rings so far are taken at once."""
        ready, _, _ = select.select([self._socket], [], [], max(0.0, seconds))
        if ready:
            self._take_all()
        return bool(ready)

    def close(self) -> None:
        self._socket.close()

    def _take_all(self) -> None:
        try:
            while self._socket.recv(16):
                pass
        except BlockingIOError:
            return


class _short:  # noqa: N801 - a context manager used like a function
    """An address short enough for AF_UNIX (108 bytes) however deep the folder lies: through its descriptor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> str:
        plain = str(self._folder / NAME)
        if len(plain.encode()) < 100:
            return plain
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._descriptor}/{NAME}"

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

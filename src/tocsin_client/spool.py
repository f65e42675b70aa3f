"""What waits to be sent? One small file for each event, in order of time, durable before anyone tries the network."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such lock on this system: two may send the same, and its id makes that harmless
    fcntl = None  # type: ignore[assignment]

MOST_EVENTS = 1_000
MOST_BYTES = 32 * 1024 * 1024
_ENDING, _UNFINISHED = ".json", ".part"
_FORGOTTEN_SECONDS = 3600.0
_LOOK_SECONDS = 0.05


class Spool:
    """A folder that several processes share. Each method may raise OSError."""

    def __init__(self, folder: Path, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_events, self._most_bytes = most_events, most_bytes

    def add(self, event: bytes) -> str:
        """The name under which it waits, once it is durable."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        unfinished = self.folder / (name + _UNFINISHED)
        try:
            _write(unfinished, event)
            unfinished.rename(self.folder / (name + _ENDING))
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        _sync_folder(self.folder)
        return name

    def trim(self) -> int:
        """Keep within bounds: the oldest go, all but the newest. How many went."""
        sizes = self._sizes()
        events, held, dropped = len(sizes), sum(sizes.values()), 0
        for name in sorted(sizes)[:-1]:
            if events - dropped <= self._most_events and held <= self._most_bytes:
                break
            held -= sizes[name]
            dropped += 1
            self.remove(name)
        return dropped

    def oldest(self, most: int, most_bytes: int) -> list[tuple[str, bytes]]:
        """The first that wait, at least one if there is one that can be read."""
        found: list[tuple[str, bytes]] = []
        size = 0
        for name in sorted(self._sizes()):
            try:
                event = self._path(name).read_bytes()
            except OSError:  # dropped just now by another process, or another user's
                continue
            size += len(event)
            if found and (len(found) >= most or size > most_bytes):
                break
            found.append((name, event))
        return found

    def remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._path(name).unlink()

    @contextlib.contextmanager
    def held(self, deadline: float) -> Iterator[bool]:
        """Whether this process alone may send, having waited for it until ``deadline`` (monotonic) at most."""
        if fcntl is None:
            yield True
            return
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            held = _lock(lock, deadline)
            if held:
                self._forget_unfinished()
            yield held
        finally:
            os.close(lock)

    def _path(self, name: str) -> Path:
        return self.folder / (name + _ENDING)

    def _sizes(self) -> dict[str, int]:
        sizes = {}
        with os.scandir(self.folder) as found:
            for each in found:
                if each.name.endswith(_ENDING):
                    with contextlib.suppress(FileNotFoundError):
                        sizes[each.name[: -len(_ENDING)]] = each.stat().st_size
        return sizes

    def _forget_unfinished(self) -> None:
        """What a process left that was killed while it wrote."""
        for path in self.folder.glob("*" + _UNFINISHED):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _FORGOTTEN_SECONDS:
                    path.unlink()


def _lock(lock: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_SECONDS)


def _write(path: Path, data: bytes) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """The name, too, has to outlive a loss of power."""
    with contextlib.suppress(PermissionError):  # Windows opens no folders
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

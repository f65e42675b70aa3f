"""Is another process at work on this folder? Locks that the system takes back when their holder dies."""

import fcntl
import os
from pathlib import Path


class Held(Exception):
    """Another process holds the lock."""


def hold(path: Path, what: str) -> int:
    """Hold ``path`` as long as this process lives; the descriptor. Raises Held."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise Held(f"another {what} works on {path.parent}; stop it, or give another folder with --data") from None
    return descriptor

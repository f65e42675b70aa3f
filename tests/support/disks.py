"""Disks that are full or may not be written to, for one service: in a mount namespace of its own, so that nothing is
left of them when it ends. A limit on the size of files stands for a full disk where nothing may be mounted."""

import subprocess
from pathlib import Path
from typing import TypeAlias

import pytest

from support.service import Service

Wrap: TypeAlias = tuple[str, ...]
_TRY = 'mkdir -p "$0" && mount -t tmpfs -o size=64k tmpfs "$0"'


def _namespace(folder: Path) -> Wrap:
    for flags in ("-m", "-rm"):
        done = subprocess.run(["unshare", flags, "sh", "-c", _TRY, str(folder / "mountable")], capture_output=True)
        if done.returncode == 0:
            return ("unshare", flags)
    pytest.skip("nothing can be mounted here")


def small_disk(folder: Path, size: str) -> Wrap:
    """The data of the service lie on a disk of that size, which is gone with it."""
    mount = f'mkdir -p data && mount -t tmpfs -o size={size} tmpfs data && exec "$@"'
    return (*_namespace(folder), "sh", "-c", mount, "sh")


def read_only(folder: Path, part: str) -> Wrap:
    """That part of the folder cannot be written to, not even by root."""
    mount = f'mount --bind {part} {part} && mount -o remount,bind,ro {part} && exec "$@"'
    return (*_namespace(folder), "sh", "-c", mount, "sh")


def data_of(service: Service) -> Path:
    """As the service sees it."""
    return Path(f"/proc/{service.process.pid}/root{service.data}")


def fill(folder: Path) -> Path:
    """Nothing more goes onto that disk; the file to delete again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast

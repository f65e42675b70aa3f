"""Another host, as far as the network goes: a namespace with a link to the database and one to everything else."""

import os
import shutil
import subprocess

import pytest


class Host:
    """``database`` and ``elsewhere`` are this side's addresses as the other host sees them; needs root."""

    def __init__(self, number: int) -> None:
        if os.geteuid() != 0 or not shutil.which("ip"):
            pytest.skip("network namespaces need root and iproute2")
        self.name = f"tocsin{os.getpid() % 10_000}x{number}"
        net = f"10.{100 + os.getpid() % 100}"
        self.database, self.elsewhere = f"{net}.{number}.1", f"{net}.{100 + number}.1"
        if not _try("ip", "netns", "add", self.name):
            pytest.skip("network namespaces cannot be made here")
        self._link("d", self.database)
        self._link("e", self.elsewhere)
        _do("ip", "-n", self.name, "link", "set", "lo", "up")

    @property
    def wrap(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    def _link(self, which: str, address: str) -> None:
        here, there = f"t{which}{self.name[6:]}", f"u{which}{self.name[6:]}"
        other = f"{address[:-1]}2"
        _do("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", self.name)
        _do("ip", "addr", "add", f"{address}/24", "dev", here)
        _do("ip", "-n", self.name, "addr", "add", f"{other}/24", "dev", there)
        _do("ip", "link", "set", here, "up")
        _do("ip", "-n", self.name, "link", "set", there, "up")

    def cut(self) -> None:
        """Nothing comes from the database any more, and nothing says so."""
        _do("ip", "-n", self.name, "link", "set", f"ud{self.name[6:]}", "down")

    def mend(self) -> None:
        _do("ip", "-n", self.name, "link", "set", f"ud{self.name[6:]}", "up")

    def close(self) -> None:
        _try("ip", "netns", "del", self.name)


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _try(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0

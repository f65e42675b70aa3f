"""What does this machine allow? Printed with every result, since a disk decides much of it."""

import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from support.service import children_of, cpu_seconds


def fsync_milliseconds(folder: Path, rounds: int = 200) -> tuple[float, float]:
    """Median and 99th percentile of making 4 kB durable (``fdatasync``) in ``folder``."""
    path = folder / "fsync"
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(rounds):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1_000)
    path.unlink()
    return statistics.median(took), sorted(took)[int(rounds * 0.99)]


def told(folder: Path) -> str:
    middle, worst = fsync_milliseconds(folder)
    return f"{os.cpu_count()} cores; fdatasync of 4 kB: median {middle:.2f} ms, p99 {worst:.2f} ms"


def peak_megabytes(pid: int) -> float:
    """The most memory that a process ever had (resident)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


class Cpu:
    """Processor seconds of each process since this was made, and of those that they started meanwhile and that live."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = dict(processes)
        self._before = {name: cpu_seconds(pid) for name, pid in self._processes.items()}

    def spent(self) -> dict[str, float]:
        own = {name: cpu_seconds(pid) - self._before[name] for name, pid in self._processes.items()}
        started = {f"{name}'s reader": self._of_children(pid) for name, pid in self._processes.items()}
        return own | {name: seconds for name, seconds in started.items() if seconds}

    def told(self) -> str:
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.spent().items())

    def _of_children(self, pid: int) -> float:
        return sum(cpu_seconds(child) for child in children_of(pid) if child not in self._processes.values())

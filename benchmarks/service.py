"""A service of its own for a benchmark: started on a free port in an empty folder, ended by its process id."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """``tocsin serve`` in a new folder; ``config`` is the text of its tocsin.yaml."""

    def __init__(self, config: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
        self.port = free_port()
        command = [sys.executable, "-m", "alerting.cli.main", "serve"]
        command += ["--listen", f"127.0.0.1:{self.port}", "--data", str(self.folder / "data")]
        if config:
            path = self.folder / "tocsin.yaml"
            path.write_text(config)
            command += ["--config", str(path)]
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Service":
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def wait_ready(self) -> None:
        end = time.time() + 30
        while time.time() < end:
            try:
                if self.get("/health")["status"] == "ok":
                    return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.05)
        raise SystemExit("the service did not become ready")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)

    def wait_drained(self, seconds: float = 120) -> float:
        """Until all that was accepted is worked on and delivered; the seconds it took."""
        began = time.time()
        while time.time() < began + seconds:
            found = self.get("/api/v1/pipeline")
            if found["accepted"] == found["processed"] and not found["outbox_pending"]:
                return time.time() - began
            time.sleep(0.02)
        raise SystemExit(f"not drained: {found}")

    def processes(self) -> list[int]:
        """The receiver and the worker."""
        children = subprocess.run(
            ["ps", "--ppid", str(self._process.pid), "-o", "pid="], capture_output=True, text=True
        )
        return [self._process.pid, *map(int, children.stdout.split())]


def proportional_megabytes(pid: int) -> float:
    """PSS: shared pages divided among those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

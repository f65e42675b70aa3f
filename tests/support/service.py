"""A real service in a folder of its own: started on a free port, ended or killed by its process id."""

import base64
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_environment(home: Path, coverage: bool = True) -> dict[str, str]:
    """Nothing of the caller's own settings, except where the code lies; coverage may follow into the process."""
    prefixes = ("PYTHONPATH", "COVERAGE_") if coverage else ("PYTHONPATH",)
    followed = {name: value for name, value in os.environ.items() if name.startswith(prefixes)}
    return {"PATH": os.environ["PATH"], "HOME": str(home), **followed}


class Service:
    """``tocsin serve``; ``config`` is the text of its tocsin.yaml, ``environment`` goes on top of a bare one, and of
    what is set ``everywhere``."""

    everywhere: ClassVar[dict[str, str]] = {}

    def __init__(
        self, config: str = "", folder: Path | None = None, wrap: tuple[str, ...] = (), **environment: str
    ) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="tocsin-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.environment = {**bare_environment(self.folder), **self.everywhere, **environment}
        self._wrap = wrap
        self._command = [*wrap, sys.executable, "-m", "alerting.cli.main", "serve"]
        self._command += ["--listen", f"127.0.0.1:{self.port}", "--data", str(self.data)]
        if config:
            path = self.folder / "tocsin.yaml"
            path.write_text(config)
            self._command += ["--config", str(path)]
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(self._command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def __enter__(self) -> "Service":
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            # A wrapper such as strace keeps the signal to itself: it goes to what is wrapped.
            os.kill(self.processes()[1] if self._is_wrapped() else self.process.pid, signal.SIGTERM)
            self.process.wait(20)

    def _is_wrapped(self) -> bool:
        """Not by what only sets something and then becomes the service."""
        command = Path(f"/proc/{self.process.pid}/cmdline").read_bytes().decode().split("\0")
        return bool(self._wrap) and Path(command[0]).name == self._wrap[0]

    def kill(self) -> None:
        """Both processes at once, without a warning."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)

    def start_again(self) -> None:
        self.process = self._start()

    def processes(self) -> list[int]:
        """The receiver and the worker."""
        return [self.process.pid, *children_of(self.process.pid)]

    def limit_files(self, size: int = resource.RLIM_INFINITY) -> None:
        """No file can be written beyond ``size``, as on a full disk. The receiver first: what it starts is limited
        alike from then on."""
        limit_files(self.processes(), size)
        limit_files(self.processes()[1:], size)

    def wait_ready(self) -> None:
        self.wait_until(lambda: self.get("/health")["status"] == "ok", "ready")

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float = 60) -> float:
        return wait_until(true, what, seconds, lambda: self.log)

    def wait_drained(self, seconds: float = 60) -> float:
        """Until all that was accepted is worked on, and all that is due is delivered."""
        return self.wait_until(lambda: is_drained(self.get("/api/v1/pipeline")), "drained", seconds)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)

    def items(self, path: str) -> list[Any]:
        return every_item(self.get, path)

    def post(
        self,
        path: str,
        body: bytes | dict[str, Any] | list[Any],
        content_type: str = "application/json",
        **headers: str,
    ) -> tuple[int, bytes, dict[str, str]]:
        """(status, body, headers), whatever the status."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self._send(urllib.request.Request(f"{self.url}{path}", data, named, method="POST"))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """(status, what the JSON says), whatever the status."""
        data = None if body is None else json.dumps(body).encode()
        named = {"Content-Type": "application/json"}
        status, said, _ = self._send(urllib.request.Request(f"{self.url}{path}", data, named, method=method))
        return status, json.loads(said)

    def ask_as(self, name: str, password: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """(status, what the JSON says), logged in."""
        data = None if body is None else json.dumps(body).encode()
        said = base64.b64encode(f"{name}:{password}".encode()).decode()
        named = {"Content-Type": "application/json", "Authorization": f"Basic {said}"}
        status, answer, _ = self._send(urllib.request.Request(f"{self.url}{path}", data, named))
        return status, json.loads(answer)

    def _send(self, request: urllib.request.Request) -> tuple[int, bytes, dict[str, str]]:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read(), dict(refused.headers)


def children_of(pid: int) -> list[int]:
    """The processes that it started and has not yet let go of."""
    found = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True)
    return [int(child) for child in found.stdout.split()]


def is_gone(pid: int) -> bool:
    """Ended, whoever has still to be told of it."""
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def limit_files(pids: list[int], size: int = resource.RLIM_INFINITY) -> None:
    """No file of these processes can be written beyond ``size``; one that has ended needs no limit."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def every_item(get: Callable[[str], Any], path: str) -> list[Any]:
    """Of a list, over all its pages."""
    found: list[Any] = []
    cursor = None
    while True:
        page = get(f"{path}?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def wait_until(true: Callable[[], bool], what: str, seconds: float, log: Callable[[], str]) -> float:
    """Until ``true()``; the seconds it took. AssertionError, with the end of the log, when it takes too long."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        try:
            if true():
                return time.monotonic() - began
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.02)
    raise AssertionError(f"not {what} after {seconds} s\n{log()[-3000:]}")


def is_drained(pipeline: dict[str, Any]) -> bool:
    return pipeline["accepted"] == pipeline["processed"] and not pipeline["outbox_pending"]


def proportional_megabytes(pid: int) -> float:
    """PSS: shared pages divided among those who share them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

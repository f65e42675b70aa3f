"""Receivers and workers of one installation, each a process of its own, over one PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.service import bare_environment, free_port, is_drained, wait_until


class Fleet:
    """``config`` is the text of the tocsin.yaml that all are given."""

    def __init__(
        self, folder: Path, url: str, config: str, receivers: int, workers: int, wait: bool = True, **environment: str
    ) -> None:
        self.folder = folder
        self.environment = {**bare_environment(folder), "TOCSIN_DATABASE_URL": url, **environment}
        (folder / "tocsin.yaml").write_text(config)
        self.ports = [free_port() for _ in range(receivers)]
        self.receivers = [self.start_receiver(port) for port in self.ports]
        self.workers = [self.start_worker() for _ in range(workers)]
        if wait:
            self.wait_ready()

    @classmethod
    def of_one(cls, folder: Path, command: list[str]) -> "Fleet":
        """``tocsin serve`` as installed elsewhere; its last argument ends with the port it listens on."""
        fleet = cls(folder, "", "channels: {}", receivers=0, workers=0, wait=False)
        fleet.ports = [int(command[-1].rpartition(":")[2])]
        log = (folder / "log").open("ab")
        fleet.receivers = [subprocess.Popen(command, cwd=folder, env=bare_environment(folder), stdout=log, stderr=log)]
        return fleet

    def add_receiver(self, **environment: str) -> int:
        """Its port."""
        self.ports.append(free_port())
        self.receivers.append(self.start_receiver(self.ports[-1], **environment))
        return self.ports[-1]

    def wait_ready(self) -> None:
        self.wait_until(lambda: all(self._ready(port) for port in self.ports), "ready")

    def start(self, *command: str, wrap: tuple[str, ...] = (), **environment: str) -> "subprocess.Popen[bytes]":
        log = (self.folder / "log").open("ab")
        whole = [*wrap, sys.executable, "-m", "alerting.cli.main", *command]
        return subprocess.Popen(whole, cwd=self.folder, env={**self.environment, **environment}, stdout=log, stderr=log)

    def start_receiver(self, port: int, **environment: str) -> "subprocess.Popen[bytes]":
        return self.start("api", "--listen", f"127.0.0.1:{port}", **environment)

    def start_worker(self, wrap: tuple[str, ...] = (), **environment: str) -> "subprocess.Popen[bytes]":
        return self.start("worker", wrap=wrap, **environment)

    def kill_worker(self, place: int) -> None:
        """Without a warning; another one is started in its place, as a supervisor does."""
        os.kill(self.workers[place].pid, signal.SIGKILL)
        self.workers[place].wait(10)
        self.workers[place] = self.start_worker()

    def kill_receiver(self, place: int) -> None:
        """The same; the other one listens where this one did."""
        os.kill(self.receivers[place].pid, signal.SIGKILL)
        self.receivers[place].wait(10)
        self.receivers[place] = self.start_receiver(self.ports[place])

    def revive(self) -> None:
        """Those that ended by themselves are started anew, as a supervisor does."""
        for place, process in enumerate(self.receivers):
            if process.poll() is not None:
                self.receivers[place] = self.start_receiver(self.ports[place])
        for place, process in enumerate(self.workers):
            if process.poll() is not None:
                self.workers[place] = self.start_worker()

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers, *self.receivers]:
            if process.poll() is None:
                process.terminate()
        for process in [*self.workers, *self.receivers]:
            process.wait(20)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def get(self, path: str, port: int = 0) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.ports[0]}{path}", timeout=20) as answer:
            return json.load(answer)

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}{path}", timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def post(self, path: str, body: Any, port: int = 0) -> tuple[int, str]:
        """(status, Retry-After), whatever the status."""
        url = f"http://127.0.0.1:{port or self.ports[0]}{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers.get("Retry-After", "")

    def _ready(self, port: int) -> bool:
        return bool(self.get("/health", port)["status"] == "ok")

    def drained(self) -> bool:
        return is_drained(self.get("/api/v1/pipeline"))

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float = 60) -> float:
        return wait_until(true, what, seconds, lambda: self.log)

"""A watched machine: ``tocsin exec`` with a spool of its own, told of a Tocsin that is a sink, a service or nobody."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.service import bare_environment, free_port
from support.sinks import Answer, HttpSink, Request


def taking() -> HttpSink:
    """A Tocsin that takes every event."""
    return HttpSink(default=taken())


def taken() -> Answer:
    return Answer(202, body=b'{"accepted": 1, "rejected": []}')


def events_of(requests: list[Request]) -> list[dict[str, Any]]:
    return [event for request in requests for event in request.json]


class Watched:
    """``url`` is where its Tocsin should be; by default nobody listens there."""

    def __init__(self, folder: Path, url: str = "", **environment: str) -> None:
        self.spool = folder / "spool"
        self.environment = {
            **bare_environment(folder),
            "TOCSIN_URL": url or f"http://127.0.0.1:{free_port()}",
            "TOCSIN_SPOOL": str(self.spool),
            **environment,
        }

    def command(self, *command: str, options: tuple[str, ...] = ()) -> list[str]:
        wrapper = [sys.executable, "-m", "tocsin_client", "exec", "--workflow", "job", *options]
        return [*wrapper, "--", *command]

    def run(self, *command: str, options: tuple[str, ...] = (), **how: Any) -> "subprocess.CompletedProcess[bytes]":
        how = {"capture_output": True, "timeout": 60, **how}
        return subprocess.run(self.command(*command, options=options), env=self.environment, check=False, **how)

    def start(self, *command: str, options: tuple[str, ...] = (), **how: Any) -> "subprocess.Popen[bytes]":
        """In a session of its own, as by cron: no terminal of the tester's takes part, nor what the tester ignores."""
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True, **how}
        how.setdefault("preexec_fn", _ignore_nothing)
        return subprocess.Popen(self.command(*command, options=options), env=self.environment, **how)

    def waiting(self) -> list[dict[str, Any]]:
        """The events in the spool, oldest first."""
        return [json.loads(path.read_bytes()) for path in sorted(self.spool.glob("*.json"))]


def _ignore_nothing() -> None:
    """What was started in the background ignores the one, by ``nohup`` the other."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)

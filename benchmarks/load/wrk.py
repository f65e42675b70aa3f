"""Failures sent by wrk, a client in C: on two cores one in Python would be the slowest of all."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("failures.lua")


@dataclass(frozen=True, slots=True)
class Result:
    """``rate`` is of failures; ``p50`` and ``p99`` of requests, in milliseconds."""

    requests: int
    failures: int
    seconds: float
    p50: float
    p99: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        return self.failures / self.seconds


def send(
    url: str, form: str, batch: int, connections: int, seconds: int, *, pause: int = 0, workflows: int = 50
) -> Result:
    """``form``: "event" for Tocsin, "alert" for Alertmanager. What was not answered 2xx does not count. Each connection
    waits ``pause`` ms before it sends again."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is not on the PATH: apt-get install --no-install-recommends wrk")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT), url]
    said = subprocess.run(
        [*command, "--", form, str(batch), str(workflows), str(pause)], capture_output=True, text=True, check=True
    )
    told = json.loads(next(line for line in said.stdout.splitlines() if line.startswith("RESULT"))[7:])
    return Result(failures=(told["requests"] - told["refused"]) * batch, **told)

"""Real engines in environments of their own: run their small apps against a real service, and read what came of it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.service import Service, wait_until

LIVE = Path(__file__).parents[1] / "live"
CLIENT = Path(__file__).parents[2] / "src"  # where the apps find tocsin_client
REDIS = "redis://127.0.0.1:6379/0"


def needs(*paths: Path) -> Any:
    missing = [str(path) for path in paths if not path.exists()]
    return [
        pytest.mark.live,
        pytest.mark.skipif(bool(missing), reason="make setup-live makes the engines' environments"),
    ]


def python(engine: str, program: str = "python") -> Path:
    return LIVE / engine / ".venv" / "bin" / program


def run(command: list[str | Path], folder: Path, seconds: float = 150, **environment: str) -> str:
    """What the app printed. It has to end well."""
    named = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    told = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=folder, env=named)
    assert told.returncode == 0, told.stderr[-3000:]
    return told.stdout


@contextmanager
def running(command: list[str | Path], folder: Path, ready: str, **environment: str) -> Iterator[None]:
    """A worker, from when it says ``ready`` until it is told to end, and has."""
    log = folder / "worker.log"
    named = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    with log.open("wb") as written:
        worker = subprocess.Popen(command, cwd=folder, env=named, stdout=written, stderr=written)
    try:
        wait_until(lambda: ready in log.read_text(), "ready", 60, log.read_text)
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def runs_of(service: Service, engine: str, wanted: int) -> dict[str, dict[str, Any]]:
    """The engine's runs by their ids, once there are so many and all have ended."""

    def ended() -> list[dict[str, Any]]:
        found = [run for run in service.items("/api/v1/runs") if run["engine"] == engine]
        return [run for run in found if run["outcome"] != "running"]

    service.wait_until(lambda: len(ended()) >= wanted, f"told of {wanted} ended runs of {engine}")
    return {run["run_id"]: run for run in ended()}

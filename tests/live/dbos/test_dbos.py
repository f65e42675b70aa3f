"""A real DBOS app, pointed at a real service with nothing else configured."""

import subprocess
from pathlib import Path

import pytest

from support.service import Service
from support.sinks import HttpSink

HERE = Path(__file__).parent
PYTHON = HERE / ".venv" / "bin" / "python"
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not PYTHON.exists(), reason="make setup-live makes the environment of DBOS"),
]


@pytest.mark.parametrize("form", ["legacy", "semconv"])
def test_its_runs_appear_with_outcome_error_and_failing_step(tmp_path, form):
    with HttpSink() as sink, Service("", tmp_path, TOCSIN_NOTIFY=f"json://127.0.0.1:{sink.port}") as service:
        command = [str(PYTHON), str(HERE / "app.py"), str(service.port), form]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert told.returncode == 0, told.stderr
        ids = [line.split()[-1] for line in told.stdout.splitlines() if len(line.split()) == 2]
        service.wait_until(lambda: len(service.items("/api/v1/runs")) == 3, "told of three runs")
        runs = {run["run_id"]: run for run in service.items("/api/v1/runs")}
        assert set(runs) == set(ids)
        good, declined, gave_up = (runs[run_id] for run_id in ids)
        service.wait_until(lambda: len(sink.requests) == 2, "told of two failures")
        detail = service.get(f"/api/v1/runs/{declined['id']}")
    assert (good["engine"], good["workflow"], good["outcome"], good["error"]) == ("dbos", "pay", "succeeded", None)
    assert (declined["workflow"], declined["outcome"], declined["version"]) == ("pay", "failed", "7.1")
    assert declined["error"]["type"] == "CardDeclined"
    assert declined["error"]["message"] == "card declined for order 2"
    assert declined["failing_step"] == "charge"
    assert (gave_up["workflow"], gave_up["failing_step"], gave_up["attempts"]) == ("sync_stock", "fetch", 3)
    assert gave_up["error"]["type"] == "DBOSMaxStepRetriesExceeded"
    assert {span["name"] for span in detail["trace"]} == {"pay", "load", "charge"}

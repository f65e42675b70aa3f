"""Runs every release of the shop over every engine, and keeps what their OpenTelemetry SDKs sent."""

import json
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.grouping.jobs import VARIANTS, World, jobs_of
from benchmarks.grouping.releases import HERE, VERSIONS, install

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from alerting.tracking.record import RunRecord
from support.corpus import Body
from support.engines import run, running
from support.folding import fold
from support.sinks import HttpSink, Request

PYTHON = HERE / "python" / ".venv" / "bin"
NODE_MODULES = HERE / "node" / "node_modules"
ENGINES = ("dbos", "celery", "otel")
Run = Callable[[Path, Path, int, str], object]


def failures(engine: str, world: World, seed: str) -> list[RunRecord]:
    """Every run of the engine as Tocsin knows it, after all six releases have done all twenty jobs."""
    return [record for variant in range(1, VARIANTS + 1) for record in _release(engine, variant, world, seed)]


def _release(engine: str, variant: int, world: World, seed: str) -> list[RunRecord]:
    jobs = jobs_of(variant, world, f"{engine}-{seed}")
    with _folder() as root, HttpSink() as sink:
        folder = install(engine, variant, root)
        listed = root / "jobs.json"
        listed.write_text(json.dumps(jobs))
        _RUN[engine](folder, listed, sink.port, VERSIONS[variant - 1])
        runs = fold(_body(number, request) for number, request in enumerate(sink.requests))
    found = {record.run_id: record for record in runs.values() if record.bad}
    missing = [job["run"] for job in jobs if job["run"] not in found]
    if missing:
        raise SystemExit(f"{engine} {variant}: no failure was told of {missing}")
    return [found[job["run"]] for job in jobs]


@contextmanager
def _folder() -> Iterator[Path]:
    """A release's folder lies below one that is the same on every machine but for its parents' names."""
    with tempfile.TemporaryDirectory(prefix="grouping-") as made:
        root = Path(made) / "srv"
        root.mkdir()
        yield root


def _body(number: int, request: Request) -> Body:
    headers = {name.lower(): value for name, value in request.headers.items()}
    encoding = headers.get("content-encoding", "")
    return Body(str(number), request.path, headers.get("content-type", ""), encoding, request.body)


def _dbos(folder: Path, jobs: Path, port: int, version: str) -> None:
    run([PYTHON / "python", folder / "dbos_app.py", str(jobs), str(port), version], folder)


def _celery(folder: Path, jobs: Path, port: int, version: str) -> None:
    named = {
        "QUEUE": f"shop-{uuid.uuid4().hex[:8]}",
        "PYTHONPATH": str(folder),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_RESOURCE_ATTRIBUTES": f"service.version={version}",
    }
    instrument = PYTHON / "opentelemetry-instrument"
    worker = [instrument, PYTHON / "celery", "-A", "celery_app", "worker", "-c", "1", "-l", "INFO"]
    with running(worker, folder, "ready.", **named):
        run([instrument, PYTHON / "python", folder / "celery_app.py", str(jobs)], folder, **named)


def _otel(folder: Path, jobs: Path, port: int, version: str) -> None:
    run(["node", folder / "app.js", str(jobs), str(port), version], folder, NODE_PATH=str(NODE_MODULES))


_RUN: dict[str, Callable[[Path, Path, int, str], None]] = {"dbos": _dbos, "celery": _celery, "otel": _otel}

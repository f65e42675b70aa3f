"""With much to do a worker has a process that reads for it: killed with or without the worker, nothing is lost."""

import os
import signal
from pathlib import Path

from rules.instants import SECOND
from support.otlp import span, traces
from support.service import Service, children_of, is_gone

NOW = 1_795_500_000 * SECOND
BODIES, SPANS = 150, 100


def reader_of(worker):
    told = ((child, Path(f"/proc/{child}/cmdline").read_bytes()) for child in children_of(worker))
    return [child for child, command in told if b"alerting.consumer.reading" in command]


def backlog(service, first):
    _, worker = service.processes()
    os.kill(worker, signal.SIGSTOP)
    for number in range(first, first + BODIES):
        spans = [span(f"w{n % 5}", NOW, trace=1 + number * SPANS + n, failed=True) for n in range(SPANS)]
        assert service.post("/v1/traces", traces(spans), "application/x-protobuf")[0] == 200
    os.kill(worker, signal.SIGCONT)
    service.wait_until(lambda: bool(reader_of(worker)), "read ahead")
    return worker, reader_of(worker)[0]


def test_a_backlog_is_worked_off_though_the_reader_and_then_the_worker_are_killed(tmp_path):
    with Service("retention: {runs: 400d}", tmp_path) as service:
        worker, reader = backlog(service, 0)
        os.kill(reader, signal.SIGKILL)
        service.wait_drained(120)
        assert service.processes()[1] == worker
        os.kill(worker, signal.SIGKILL)
        service.wait_until(lambda: worker not in service.processes()[1:] and len(service.processes()) == 2, "anew")
        service.wait_drained()
        worker, reader = backlog(service, BODIES)
        os.kill(worker, signal.SIGKILL)
        service.wait_until(lambda: is_gone(reader), "gone with the worker")
        service.wait_until(lambda: len(service.processes()) == 2, "anew")
        service.wait_drained(120)
        groups = service.items("/api/v1/error-groups")
        assert sum(group["count"] for group in groups) == 2 * BODIES * SPANS
        _, reader = backlog(service, 2 * BODIES)
    assert is_gone(reader)
    assert "Traceback" not in service.log

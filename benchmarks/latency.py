"""Failure → webhook at a low rate, and what both processes weigh when idle.

    .venv/bin/python benchmarks/latency.py

One failure of a cause of its own every 100 ms, 200 in all: from just before the request to its arrival at the sink.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from benchmarks.load import machine

from support.service import Service, cpu_seconds, proportional_megabytes
from support.sinks import HttpSink

FAILURES, PAUSE, IDLE_SECONDS = 200, 0.1, 20
ONE_BY_ONE = "policies: {default: {channels: [hook], storm: {alerts: 1000}}}"  # 200 alerts in 20 s would be a storm


def main() -> None:
    print(machine.told(Path(tempfile.gettempdir())))
    with HttpSink() as sink:
        began = time.time()
        service = Service(f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}\n{ONE_BY_ONE}')
        with service:
            print(f"ready after {time.time() - began:.2f} s")
            idle(service)
            receiver, worker = service.processes()[:2]
            cpu = machine.Cpu({"receiver": receiver, "worker": worker})
            latencies = [one(service, sink, number) for number in range(FAILURES)]
            spent = cpu.told()
    ordered = sorted(latencies)
    middle, late, worst = (
        1000 * each for each in (statistics.median(ordered), ordered[FAILURES * 99 // 100], ordered[-1])
    )
    print(f"failure to webhook: p50 {middle:.1f} ms, p99 {late:.1f} ms, at most {worst:.1f} ms; {spent}")


def idle(service: Service) -> None:
    time.sleep(3)
    before = [cpu_seconds(pid) for pid in service.processes()]
    time.sleep(IDLE_SECONDS)
    used = sum(cpu_seconds(pid) for pid in service.processes()) - sum(before)
    sizes = [proportional_megabytes(pid) for pid in service.processes()]
    print(f"idle: receiver {sizes[0]:.0f} MB, worker {sizes[1]:.0f} MB, both {sum(sizes):.0f} MB (PSS); "
          f"{100 * used / IDLE_SECONDS:.2f} % of a core")  # fmt: skip


def one(service: Service, sink: HttpSink, number: int) -> float:
    event = {"workflow": f"w{number}", "run_id": "r", "outcome": "failed", "error": {"type": "E", "message": "x"}}
    began = time.time()
    assert service.post("/api/v1/events", event)[0] == 202
    request = sink.wait_for(number + 1)[number]
    time.sleep(PAUSE)
    return request.at - began


if __name__ == "__main__":
    if url := os.environ.get("TOCSIN_DATABASE_URL"):
        Service.everywhere = {"TOCSIN_DATABASE_URL": url}
    main()

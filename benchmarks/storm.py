"""20,000 failures over 10 s through /v1/traces in batches of 100, five workflows with one cause each, critical.

    .venv/bin/python benchmarks/storm.py

Prints how many first messages came, how long after its cause's first failure each did, and when all was drained.
"""

import http.client
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from benchmarks.load import ALL_CRITICAL, machine, post_traces

from support.otlp import span, traces
from support.service import Service
from support.sinks import HttpSink

FAILURES, SECONDS, BATCH, WORKFLOWS = 20_000, 10, 100, 5


def main() -> None:
    print(machine.told(Path(tempfile.gettempdir())))
    with HttpSink() as sink, Service(ALL_CRITICAL.format(url=sink.url)) as service:
        receiver, worker = service.processes()
        cpu = machine.Cpu({"receiver": receiver, "worker": worker})
        connection = http.client.HTTPConnection("127.0.0.1", service.port)
        first_sent: dict[str, float] = {}
        began = time.time()
        acknowledged = []
        for batch in range(FAILURES // BATCH):
            time.sleep(max(0.0, began + batch * SECONDS * BATCH / FAILURES - time.time()))
            acknowledged.append(send(connection, batch, first_sent))
        ended = time.time()
        drained = service.wait_drained()
        firsts = [r for r in sink.requests if r.json["reason"] == "first"]
        middle, worst = statistics.median(acknowledged) * 1000, max(acknowledged) * 1000
        print(f"sent {FAILURES} failures in {ended - began:.1f} s")
        print(f"acknowledged in median {middle:.1f} ms, at most {worst:.0f} ms")
        print(f"first messages: {len(firsts)}; all messages: {len(sink.requests)}")
        for request in firsts:
            workflow = request.json["alerts"][0]["workflow"]
            print(f"  {workflow}: {request.at - first_sent[workflow]:.3f} s after its first failure was sent")
        counts = sorted(alert["count"] for alert in service.get("/api/v1/alerts")["items"])
        print(f"failures counted by the alerts: {counts}, in all {sum(counts)}")
        print(f"drained {drained:.2f} s after the last was sent")
        print(cpu.told())


def send(connection: http.client.HTTPConnection, batch: int, first_sent: dict[str, float]) -> float:
    now = time.time()
    spans = []
    for number in range(BATCH):
        workflow = f"storm-{number % WORKFLOWS}"
        spans.append(span(workflow, int(now * 1e6), trace=1 + batch * BATCH + number, failed=True, message="no answer"))
        first_sent.setdefault(workflow, now)
    began = time.time()
    status = post_traces(connection, traces(spans))
    assert status == 200, status
    return time.time() - began


if __name__ == "__main__":
    if url := os.environ.get("TOCSIN_DATABASE_URL"):
        Service.everywhere = {"TOCSIN_DATABASE_URL": url}
    main()

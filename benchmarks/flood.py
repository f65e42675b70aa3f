"""200,000 failures of 5,000 causes at once, critical: is storm mode bounded, quick, and complete? Takes a minute.

    .venv/bin/python benchmarks/flood.py [--failures 200000] [--causes 5000]

Prints the messages that were sent, the most memory that either process took, and whether every failure was counted and
every cause named to the channel.
"""

import argparse
import http.client
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from benchmarks.load import ALL_CRITICAL, machine, post_traces

from support.otlp import span, traces
from support.service import Service, is_drained
from support.sinks import HttpSink

BATCH = 100


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--failures", type=int, default=200_000)
    options.add_argument("--causes", type=int, default=5_000)
    given = options.parse_args()
    print(machine.told(Path(tempfile.gettempdir())))
    bodies = [body(first, given.causes) for first in range(1, given.failures + 1, BATCH)]
    with HttpSink() as sink, Service(ALL_CRITICAL.format(url=sink.url)) as service:
        receiver, worker = service.processes()
        cpu = machine.Cpu({"receiver": receiver, "worker": worker})
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        for each in bodies:
            status = post_traces(connection, each)
            assert status == 200, status
        sent = time.monotonic() - began
        while not is_drained(service.get("/api/v1/pipeline")):
            time.sleep(0.2)
        took = time.monotonic() - began
        peaks = [machine.peak_megabytes(pid) for pid in (receiver, worker)]
        counted = [alert["count"] for alert in service.items("/api/v1/alerts")]
        reasons = Counter(request.json["reason"] for request in sink.requests)
        largest = max(len(request.body) for request in sink.requests)
        print(f"sent in {sent:.1f} s, drained after {took:.1f} s ({given.failures / took:,.0f}/s); {cpu.told()}")
        print(f"at most {peaks[0]:.0f} and {peaks[1]:.0f} MB; {len(counted)} alerts, {sum(counted):,} failures counted")
        print(f"{len(sink.requests)} messages: {dict(reasons)}; the largest has {largest:,} bytes")


def body(first: int, causes: int) -> bytes:
    """Each cause is a workflow and an error type of its own."""
    at = round(time.time() * 1e6)
    spans = []
    for number in range(first, first + BATCH):
        cause = number % causes
        failing = {"failed": True, "error": f"Fault{cause}", "message": f"item {number} is broken"}
        spans.append(span(f"workflow-{cause % 500}", at, trace=number, **failing))
    return traces(spans)


if __name__ == "__main__":
    main()

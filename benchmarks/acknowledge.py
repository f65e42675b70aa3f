"""Failures of 1.4 kB to Debian's Alertmanager and to Tocsin, one after the other, by the same client. Takes a minute.

    .venv/bin/python benchmarks/acknowledge.py [--seconds 8] [--connections 16]

How many each acknowledges in a second, singly and in batches of 100, and how fast Tocsin's worker works them off
meanwhile. Alertmanager holds them in memory alone; what Tocsin answers with 2xx is on the disk. Needs wrk and the
program of Debian's package ``prometheus-alertmanager``; starts its own, on free ports of loopback.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from benchmarks.load import ALL_CRITICAL, machine
from benchmarks.load.wrk import Result, send

from support.service import Service, free_port, wait_until
from support.sinks import HttpSink

ALERTMANAGER = "prometheus-alertmanager"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=8)
    options.add_argument("--connections", type=int, default=16)
    options.add_argument("--only", choices=("alertmanager", "tocsin"))
    given = options.parse_args()
    print(machine.told(Path(tempfile.gettempdir())))
    for batch, seconds in ((1, given.seconds), (100, max(1, given.seconds // 4))):  # a million wait for the worker then
        rates = {}
        if given.only != "tocsin":
            with alertmanager() as (url, process):
                cpu = machine.Cpu({"alertmanager": process.pid})
                rates["alertmanager"] = show("Alertmanager", send(url, "alert", batch, given.connections, seconds), cpu)
        if given.only != "alertmanager":
            rates["tocsin"] = ours(batch, given.connections, seconds)
        if len(rates) == 2:
            print(f"batches of {batch}: {rates['tocsin'] / rates['alertmanager']:.2f} times Alertmanager's rate\n")


def ours(batch: int, connections: int, seconds: int) -> float:
    with HttpSink() as sink, Service(ALL_CRITICAL.format(url=sink.url)) as service:
        receiver, worker = service.processes()
        cpu = machine.Cpu({"receiver": receiver, "worker": worker})
        before = service.get("/api/v1/pipeline")["processed"]
        rate = show("Tocsin", result := send(service.url, "event", batch, connections, seconds), cpu)
        worked = service.get("/api/v1/pipeline")["processed"] - before
        behind = machine.Cpu({"worker": worker})
        began = time.monotonic()
        service.wait_drained(600)
        after = time.monotonic() - began
        rest = result.failures - worked
        print(f"  meanwhile the worker worked off {worked / result.seconds:,.0f} failures/s; the other {rest:,} in "
              f"{after:.1f} s ({rest / after:,.0f}/s; {behind.told()}); {len(sink.requests)} messages")  # fmt: skip
        counted = sum(alert["count"] for alert in service.items("/api/v1/alerts"))
        unheard = connections * batch  # at most: what was answered when the client had left
        assert 0 <= counted - result.failures <= unheard, f"{result.failures} acknowledged, {counted} counted"
        if batch == 1:
            calmly(service.url, rate, connections, seconds)
        return rate


def calmly(url: str, rate: float, connections: int, seconds: int) -> None:
    """At about half of ``rate``: each connection pauses."""
    pause = round(connections / (rate / 2) * 1_000) - 1  # what an answer takes is the rest
    result = send(url, "event", 1, connections, seconds, pause=max(1, pause))
    print(f"  at {result.rate:,.0f} failures/s: p50 {result.p50:.1f} ms, p99 {result.p99:.1f} ms")


def show(name: str, result: Result, cpu: machine.Cpu) -> float:
    print(f"{name}: {result.rate:,.0f} failures/s acknowledged ({result.requests:,} requests; p50 {result.p50:.1f} ms, "
          f"p99 {result.p99:.1f} ms; refused {result.refused}, broken {result.broken}); {cpu.told()}")  # fmt: skip
    return result.rate


@contextmanager
def alertmanager() -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    if shutil.which(ALERTMANAGER) is None:
        sys.exit(f"{ALERTMANAGER} is not on the PATH: apt-get install --no-install-recommends {ALERTMANAGER}")
    folder = Path(tempfile.mkdtemp(prefix="alertmanager-"))
    (folder / "config.yml").write_text("route: {receiver: nobody, group_by: [workflow]}\nreceivers: [{name: nobody}]\n")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        ALERTMANAGER,
        f"--config.file={folder}/config.yml",
        f"--storage.path={folder}/data",
        "--cluster.listen-address=",
    ]
    command.append(f"--web.listen-address={url.removeprefix('http://')}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(f"{url}/-/ready"), "ready", 20, (folder / "log").read_text)
        yield url, process
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)


if __name__ == "__main__":
    main()

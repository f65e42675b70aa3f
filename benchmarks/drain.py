"""How fast is telemetry received and worked off, end to end, and does that depend on what is stored already?

    .venv/bin/python benchmarks/drain.py [failing|healthy|single ...] [--items 200000] [--on STORE]

Bodies are made first. Then four connections send them as fast as they are taken, and the clock runs until the last run
is counted, judged and in the reports. ``--on``: a folder with a store to begin with, of which a copy is used; see
``--fill RUNS``, which makes one there.
"""

import argparse
import http.client
import queue
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from benchmarks.history.planting import world
from benchmarks.load import ALL_CRITICAL, machine, post_traces
from benchmarks.load.bodies import KINDS, bodies

from alerting.database.sqlite import FILE_NAME, open_sqlite
from alerting.demo.history.filling import fill
from alerting.demo.history.playing import runs
from rules.instants import DAY
from support.service import Service, cpu_seconds, is_drained
from support.sinks import HttpSink

CONNECTIONS = 4
LOOK_SECONDS = 0.1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("kinds", nargs="*", metavar="|".join(KINDS))
    options.add_argument("--items", type=int, default=200_000)
    options.add_argument("--on", type=Path)
    options.add_argument("--fill", type=int)
    given = options.parse_args()
    print(machine.told(Path(tempfile.gettempdir())))
    if given.fill:
        filled(given.on, given.fill)
    for kind in given.kinds or KINDS:
        drain(kind, given.items, given.on)


def filled(folder: Path, number: int) -> None:
    """A month of ``number`` runs of fifty workflows, up to today."""
    folder.mkdir(parents=True)
    store = open_sqlite(folder)
    today = round(time.time() * 1e6)
    since = today - today % DAY - 30 * DAY
    print(f"{fill(store, runs(world(3, since=since, days=30, runs=number, workflows=50)))} runs are in {folder}")
    store.close()


def drain(kind: str, items: int, on: Path | None) -> None:
    told: queue.SimpleQueue[tuple[bytes, int]] = queue.SimpleQueue()
    count = 0
    for body, number in bodies(kind, items, round(time.time() * 1e6)):
        told.put((body, number))
        count += number
    folder = Path(tempfile.mkdtemp(prefix="drain-"))
    if on is not None:
        (folder / "data").mkdir()
        shutil.copy(on / FILE_NAME, folder / "data" / FILE_NAME)
    before = size_of(folder)
    with HttpSink() as sink, Service(ALL_CRITICAL.format(url=sink.url), folder) as service:
        receiver, worker = service.processes()
        wait_idle(worker)
        cpu = machine.Cpu({"receiver": receiver, "worker": worker})
        began = time.monotonic()
        senders = [threading.Thread(target=send, args=(service.port, told)) for _ in range(CONNECTIONS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        sent = time.monotonic() - began
        while not is_drained(service.get("/api/v1/pipeline")):
            time.sleep(LOOK_SECONDS)
        took = time.monotonic() - began
        peaks = [machine.peak_megabytes(pid) for pid in (receiver, worker)]
        print(f"{kind}: {count / took:,.0f} spans/s from the first request until all was worked off ({count:,} spans "
              f"acknowledged in {sent:.1f} s, worked off in {took:.1f} s); {cpu.told()}; at most {peaks[0]:.0f} and "
              f"{peaks[1]:.0f} MB; {len(sink.requests)} messages")  # fmt: skip
    told_size = (size_of(folder) - before) / count
    print(f"  {told_size:.0f} bytes a span on the disk: state store with its indexes, and raw bodies")
    shutil.rmtree(folder, ignore_errors=True)


def wait_idle(worker: int) -> None:
    """Until it has seen to what a store from elsewhere needs: past days are packed, old rows go."""
    while True:
        before = cpu_seconds(worker)
        time.sleep(1)
        if cpu_seconds(worker) - before < 0.1:
            return


def size_of(folder: Path) -> int:
    """Bytes of all databases below, with what is still in their logs."""
    for path in folder.rglob("*.db"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(path.stat().st_size for path in folder.rglob("*.db"))


def send(port: int, told: "queue.SimpleQueue[tuple[bytes, int]]") -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        try:
            body, _ = told.get_nowait()
        except queue.Empty:
            return
        status = 503
        while status == 503:
            status = post_traces(connection, body)
        assert status == 200, status


if __name__ == "__main__":
    main()

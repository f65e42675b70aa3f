"""How many acknowledged failures are lost when both processes are killed at full load?

    .venv/bin/python benchmarks/killed.py [--kills 5] [--connections 16]

wrk sends as fast as it is answered; both processes are killed with -9 in the middle and started again, as often as is
asked. Every failure that was answered with 2xx has to be counted in an alert, and none twice: at most the requests that
were in flight may be counted without their answer. A minute or two.
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from benchmarks.load import ALL_CRITICAL, machine
from benchmarks.load.wrk import Result, send

from support.service import Service
from support.sinks import HttpSink

SECONDS, KILLED_AFTER = 4, 1.5


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=5)
    options.add_argument("--connections", type=int, default=16)
    given = options.parse_args()
    print(machine.told(Path(tempfile.gettempdir())))
    with HttpSink() as sink, Service(ALL_CRITICAL.format(url=sink.url)) as service:
        results = [killed(service, given.connections) for _ in range(given.kills)]
        service.wait_drained(600)
        counted = sum(alert["count"] for alert in service.items("/api/v1/alerts"))
    acknowledged = sum(result.failures for result in results)
    in_flight = 2 * given.kills * given.connections  # when it was killed, and when wrk left
    lost = max(0, acknowledged - counted)
    print(f"{acknowledged:,} acknowledged over {given.kills} kills, {counted:,} counted: {lost} lost;"
          f" {len(sink.requests)} messages")  # fmt: skip
    assert 0 <= counted - acknowledged <= in_flight, "lost, or counted twice"


def killed(service: Service, connections: int) -> Result:
    with ThreadPoolExecutor(1) as other:
        sending = other.submit(send, service.url, "event", 1, connections, SECONDS)
        time.sleep(KILLED_AFTER)
        service.kill()
        service.start_again()
        service.wait_ready()
        return sending.result()


if __name__ == "__main__":
    main()

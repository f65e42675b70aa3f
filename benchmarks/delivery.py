"""A thousand messages for ten channels, two of which hang: how long until all that can be heard was heard?

    .venv/bin/python benchmarks/delivery.py

A hundred workflows fail at once, each is told to ten webhooks on loopback. Two of these take the connection and never
answer. Measured from just before the one request with all failures to the arrival of the last of the 800 messages.
"""

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.service import Service, cpu_seconds
from support.sinks import Answer, HttpSink

WORKFLOWS, CHANNELS, HANGING = 100, 10, 2


def main() -> None:
    with ExitStack() as stack:
        sinks = [stack.enter_context(HttpSink(default=_answer(n))) for n in range(CHANNELS)]
        service = stack.enter_context(Service(_config(sinks)))
        before = [cpu_seconds(pid) for pid in service.processes()]
        began = time.time()
        assert service.post("/api/v1/events", [_failure(n) for n in range(WORKFLOWS)])[0] == 202
        for sink in sinks[HANGING:]:
            sink.wait_for(WORKFLOWS, 120)
        arrived = [request.at for sink in sinks[HANGING:] for request in sink.requests]
        used = [cpu_seconds(pid) - was for pid, was in zip(service.processes(), before, strict=True)]
        print(f"{len(arrived)} messages heard on {CHANNELS - HANGING} channels, the first after "
              f"{min(arrived) - began:.2f} s, the last after {max(arrived) - began:.2f} s")  # fmt: skip
        print(f"CPU seconds of receiver and worker: {[round(each, 1) for each in used]}")
        state = service.get("/api/v1/pipeline")
        print(f"still owed to the {HANGING} that hang: {state['outbox_pending'] + state['outbox_retrying']}")


def _answer(number: int) -> Answer:
    return Answer(delay=600) if number < HANGING else Answer()


def _config(sinks: list[HttpSink]) -> str:
    channels = "".join(f'  c{n}: {{type: webhook, url: "{sink.url}"}}\n' for n, sink in enumerate(sinks))
    names = ", ".join(f"c{n}" for n in range(len(sinks)))
    return f"channels:\n{channels}policies: {{default: {{channels: [{names}], storm: {{alerts: 1000}}}}}}\n"


def _failure(number: int) -> dict[str, object]:
    return {"workflow": f"w{number}", "outcome": "failed", "error": {"type": "Boom", "message": "x"}}


if __name__ == "__main__":
    if url := os.environ.get("TOCSIN_DATABASE_URL"):
        Service.everywhere = {"TOCSIN_DATABASE_URL": url}
    main()

"""Who tells of runs? An exporter for each door: it sends the same body until it is acknowledged, and at times again."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chaos.checker import Occurrence
from rules.instants import MILLISECOND, SECOND, Instant, format_instant
from support import otlp

Told = tuple[str, str, bytes]  # path, media type, body
Door = Callable[[Sequence[Occurrence], Instant], Told]
CAUSES = 8  # of each door: two types of error in each of its workflows
PATIENCE = 10.0  # of an OTLP exporter
_MOST_TOGETHER = 4
_SPELL = 1.5  # seconds for which the same causes are at work


def events(told: Sequence[Occurrence], at: Instant) -> Told:
    return "/api/v1/events", "application/json", json.dumps([_event(each, at) for each in told]).encode()


def cloud_events(told: Sequence[Occurrence], at: Instant) -> Told:
    """One body each is what senders of webhooks do; a batch is their form for several."""
    batch = [
        {"specversion": "1.0", "type": "run.ended", "source": "/chaos", "id": each.run_id, "data": _event(each, at)}
        for each in told
    ]
    return "/ingest/webhooks/cloudevents", "application/cloudevents-batch+json", json.dumps(batch).encode()


def _event(each: Occurrence, at: Instant) -> dict[str, object]:
    error = {"type": each.error, "message": "broke"}
    return {
        "workflow": each.workflow,
        "run_id": each.run_id,
        "outcome": "failed" if each.error else "succeeded",
        "started_at": format_instant(at - MILLISECOND),
        "occurred_at": format_instant(at),
        **({"error": error} if each.error else {}),
    }


def spans(told: Sequence[Occurrence], at: Instant) -> Told:
    """The trace is the run."""
    made = [
        otlp.span(each.workflow, at, trace=int(each.run_id, 16), failed=bool(each.error), error=each.error, took=SECOND)
        for each in told
    ]
    return "/v1/traces", "application/x-protobuf", otlp.traces(made, service="chaos")


@dataclass(frozen=True)
class Source:
    """``number`` makes its runs its own; ``good``: whether it tells of good ones as well."""

    name: str
    number: int
    door: Door
    good: bool


SOURCES = (
    Source("events", 1, events, good=True),
    Source("cloud", 2, cloud_events, good=True),
    Source("spans", 3, spans, good=False),  # a success seen in spans counts only after ten seconds of quiet
)


class Exporter(threading.Thread):
    """``sent``, ``acknowledged``, and the answers that it must not get, until ``finish``."""

    def __init__(self, source: Source, ports: Sequence[int], chance: random.Random) -> None:
        super().__init__(daemon=True)
        self._source, self._ports, self._chance = source, list(ports), chance
        self._connection: http.client.HTTPConnection | None = None
        self._count = self._tries = 0
        self._finishing, self._giving_up = threading.Event(), threading.Event()
        self._broken: list[tuple[str, str]] = []
        self._turns_at = 0.0
        self.sent: list[Occurrence] = []
        self.acknowledged: list[Occurrence] = []
        self.refused: list[str] = []

    def finish(self, seconds: float) -> None:
        """What was begun is sent until it is acknowledged, or for so long."""
        self._finishing.set()
        self.join(seconds)
        self._giving_up.set()

    def run(self) -> None:
        while not self._finishing.is_set():
            together = self._some()
            told = self._source.door(together, time.time_ns() // 1_000)
            self.sent += together
            if self._send_until_taken(told):
                self.acknowledged += together
            if self._chance.random() < 0.1:
                self._send(told)  # its answer was lost, as far as the exporter knows
            self._finishing.wait(self._chance.uniform(0.01, 0.08))

    def _some(self) -> list[Occurrence]:
        if time.monotonic() > self._turns_at:
            self._turns_at = time.monotonic() + _SPELL
            self._broken = [cause for cause in self._causes() if self._chance.random() < 0.4]
        return [self._one() for _ in range(self._chance.randint(1, _MOST_TOGETHER))]

    def _causes(self) -> list[tuple[str, str]]:
        return [(f"{self._source.name}{n // 2}", f"E{n % 2}") for n in range(CAUSES)]

    def _one(self) -> Occurrence:
        """A run of any workflow; a bad one if that is broken just now."""
        self._count += 1
        workflow, error = self._chance.choice(self._causes())
        bad = (workflow, error) in self._broken or not self._source.good
        return Occurrence(workflow, error if bad else "", f"{self._source.number:024x}{self._count:08x}")

    def _send_until_taken(self, told: Told) -> bool:
        while not self._giving_up.is_set():
            if self._send(told):
                return True
            self._giving_up.wait(self._chance.uniform(0.05, 0.3))
        return False

    def _send(self, told: Told) -> bool:
        """After a fault the next port is tried, as behind a load balancer."""
        path, media, body = told
        try:
            if self._connection is None:
                port = self._ports[self._tries % len(self._ports)]
                self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            self._connection.request("POST", path, body, {"Content-Type": media})
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return False
        if answer.status == 503:
            self._hang_up()
        elif not 200 <= answer.status < 300 or b'"rejected":[{' in said:
            self.refused.append(f"{path}: {answer.status} {said[:300]!r}")
        return 200 <= answer.status < 300

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._tries += 1

"""A decent client: sends each of its failures until it is acknowledged, over a connection it keeps."""

import http.client
import json
import threading
import time
from collections.abc import Sequence


class Sender(threading.Thread):
    """``acknowledged`` are the run ids that were answered with 202; ``together`` go in one request."""

    def __init__(
        self, ports: Sequence[int], name: str, failures: int, causes: int, together: int = 1, every: float = 0.0
    ) -> None:
        super().__init__(daemon=True)
        self._ports, self._prefix, self._all, self._causes = list(ports), name, failures, causes
        self._together, self._every = together, every
        self._connection: http.client.HTTPConnection | None = None
        self._tries = 0
        self.acknowledged: list[str] = []
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self.join(10)

    def run(self) -> None:
        while len(self.acknowledged) < self._all and not self._stopping.is_set():
            first = len(self.acknowledged)
            numbers = range(first, min(first + self._together, self._all))
            if self._send([self._failure(number) for number in numbers]):
                self.acknowledged.extend(f"{self._prefix}-{number}" for number in numbers)
                time.sleep(self._every)
            else:
                time.sleep(0.02)

    def _failure(self, number: int) -> dict[str, object]:
        cause = number % self._causes
        error = {"type": f"E{cause}", "message": "broke"}
        return {"workflow": f"w{cause}", "run_id": f"{self._prefix}-{number}", "outcome": "failed", "error": error}

    def _send(self, events: list[dict[str, object]]) -> bool:
        """After a fault the next port is tried, as behind a load balancer."""
        try:
            if self._connection is None:
                port = self._ports[self._tries % len(self._ports)]
                self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
            self._connection.request("POST", "/api/v1/events", json.dumps(events), {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            answer.read()
            if answer.status == 202:
                return True
        except (OSError, http.client.HTTPException):
            pass
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._tries += 1
        return False

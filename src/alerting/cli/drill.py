"""``tocsin drill``: does word of a failure arrive? A marked run goes the whole way, through the doors of all others."""

import argparse
import threading
import uuid
from typing import Any

import httpx2

from alerting.cli.drilled import Answers, Standing, messages_of, standing
from alerting.cli.looking import as_sender, client, me, refused, unreachable
from alerting.cli.main import BAD, FINE
from alerting.clock import SystemClock
from rules.drills import LABEL
from rules.instants import SECOND

_LOOK_SECONDS = 0.1
_END_SECONDS = 3
_ENGINE = "drill"  # of its own: the drill's success must not resolve what really fails
_MESSAGE = "This is a drill: nothing is broken. Somebody wants to see whether word of a failure arrives."


class Refused(Exception):
    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__()
        self.answer = answer


def drill(asked: argparse.Namespace) -> int:
    try:
        with client(asked) as service:
            return _Drill(service, asked).run()
    except httpx2.TransportError as error:
        return unreachable(asked, error)
    except Refused as error:
        return refused(error.answer)


class _Drill:
    def __init__(self, service: httpx2.Client, asked: argparse.Namespace) -> None:
        self._service, self._asked, self._clock = service, asked, SystemClock()
        self._run = f"drill-{uuid.uuid4().hex[:12]}"
        self._began = self._clock.machine_now()
        self._said: set[str] = set()

    def run(self) -> int:
        print(f"drill: workflow {self._asked.workflow}, run {self._run}", flush=True)
        self._send("failed", self._run)
        self._say(f"taken in at {self._service.base_url}")
        reached = self._follow()
        for text in (*reached.lost, *reached.waits):
            self._say(f"✗ {text}")
        self._send("succeeded", f"{self._run}-over")
        self._end(reached.alerts)
        if reached.arrived:
            print("Every channel that was to be told has it.")
            return FINE
        print("Not every channel that was to be told has it." if reached.alerts else "Nobody was told.")
        return BAD

    def _follow(self) -> Standing:
        """Until all is heard, or lost, or the time is up."""
        while True:
            found = standing(self._ask())
            for text in found.done:
                self._say(text)
            if found.over or self._seconds() >= self._asked.timeout:
                return found
            _sleep()

    def _ask(self) -> Answers:
        answer = self._service.get(f"/api/v1/runs/{self._run}/explain")
        if answer.status_code == 404:
            return Answers(None, {}, {})
        explained = _object(answer)
        ids = [message["id"] for message in messages_of(explained)]
        tries = {each: self._items("deliveries", notification=each, limit=100) for each in ids}
        return Answers(explained, tries, {each["name"]: each for each in self._items("channels")})

    def _items(self, what: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _object(self._service.get(f"/api/v1/{what}", params=query))["items"]
        return found

    def _send(self, outcome: str, run: str) -> None:
        event: dict[str, Any] = {
            "workflow": self._asked.workflow,
            "run_id": run,
            "outcome": outcome,
            "engine": _ENGINE,
            "environment": self._asked.environment,
            "labels": {LABEL: "true"},
        }
        if outcome == "failed":
            event |= {"severity": self._asked.severity, "error": {"type": "TocsinDrill", "message": _MESSAGE}}
        answer = self._service.post("/api/v1/events", json=event, headers=as_sender())
        if answer.status_code != 202 or answer.json().get("rejected"):
            raise Refused(answer)

    def _end(self, alerts: list[str]) -> None:
        """By the success, as a real alert ends; what its rule would leave open for longer, by hand: the next drill
        must not find it."""
        if not alerts:
            return
        self._say("a success was sent, to end it")
        for alert in self._still_open(alerts):
            self._service.post(f"/api/v1/alerts/{alert}/resolve", json={"by": f"drill by {me()}"})
            self._say(f"alert {alert} would stay open by its rule; resolved by hand")
        for alert in self._still_open(alerts):
            self._say(f"alert {alert} is still open; tocsin resolve {alert} ends it")

    def _still_open(self, alerts: list[str]) -> list[str]:
        """After some seconds at most."""
        left = alerts
        for _ in range(int(_END_SECONDS / _LOOK_SECONDS)):
            left = [each for each in alerts if not self._is_over(each)]
            if not left:
                break
            _sleep()
        return left

    def _is_over(self, alert: str) -> bool:
        over: bool = _object(self._service.get(f"/api/v1/alerts/{alert}"))["state"] == "resolved"
        if over:
            self._say(f"alert {alert} is resolved")
        return over

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            print(f"  {self._seconds():6.2f} s  {text}", flush=True)

    def _seconds(self) -> float:
        return (self._clock.machine_now() - self._began) / SECOND


def _object(answer: httpx2.Response) -> dict[str, Any]:
    if answer.status_code != 200:
        raise Refused(answer)
    found: dict[str, Any] = answer.json()
    return found


def _sleep() -> None:
    threading.Event().wait(_LOOK_SECONDS)

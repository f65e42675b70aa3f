"""What does Debian's Alertmanager send, and when, and what does ours? The same pushes to both.

Alertmanager runs in real time, ours on a clock turned by hand. Pushes that fail a workflow fire its alert there, those
that say it is over resolve it.
"""

import json
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.timeline import Act, Houses, Push, Timeline, failed, restarted, succeeded, unreachable
from notifiers.message import Receipt, Verdict
from rules.instants import SECOND, format_instant
from support.service import free_port, wait_until
from support.sinks import Answer, HttpSink, Request

PROGRAM = "prometheus-alertmanager"
Sent = list[tuple[float, str]]


@dataclass(frozen=True)
class Step:
    """``does``: fails, over, or restart. ``ago``: how long before it is told, in seconds."""

    at: float
    does: str
    workflow: str = ""
    ago: int = 0


@dataclass(frozen=True)
class Scenario:
    """``refuses``: the receiver answers with this code for so many seconds. ``lasts``: an alert of which nothing more
    is heard is over after so many seconds. ``until``: how long it is looked at."""

    letter: str
    title: str
    steps: tuple[Step, ...]
    group_wait: str = "1s"
    group_interval: str = "5s"
    repeat: str = "1h"
    refuses: tuple[int, float] = (0, 0)
    lasts: int = 0
    until: float = 12


_FOO = Step(0, "fails", "foo")
SCENARIOS = (
    Scenario("A", "`bar` fires and is over between two messages",
             (_FOO, Step(2.5, "fails", "bar"), Step(3.5, "over", "bar"))),
    Scenario("B", "fires and is over inside `group_wait`", (_FOO, Step(0.4, "over", "foo"))),
    Scenario("C", "the receiver answers 429 once; over before the next message",
             (_FOO, Step(3, "over", "foo")), refuses=(429, 1.5)),
    Scenario("D", "told; restart; nothing is heard any more", (_FOO, Step(3, "restart")), lasts=5),
    Scenario("E", "`group_wait` 4 s, `foo` is a minute old, a sibling 0.3 s later",
             (Step(0, "fails", "foo", 60), Step(0.3, "fails", "bar")), group_wait="4s"),
    Scenario("F", "`group_interval` 4 s, repeated after 6 s", (_FOO,), group_interval="4s", repeat="6s", until=18.5),
    Scenario("G", "the receiver answers 500 for 4 s", (_FOO, Step(11, "over", "foo")), refuses=(500, 4), until=18.5),
    Scenario("G′", "the same for 12 s; over meanwhile", (_FOO, Step(8, "over", "foo")), refuses=(500, 12), until=18.5),
)  # fmt: skip


def ours(scenario: Scenario, folder: Path) -> Sent:
    houses = Houses(folder)
    code, seconds = scenario.refuses

    def answers(since: int) -> Receipt:
        return unreachable(code, 1 if code == 429 else None) if since < seconds * SECOND else _DELIVERED

    house = houses(_our_configuration(scenario), answers=answers)
    timeline = Timeline(house, [Push(round(step.at * SECOND), (_push(step),)) for step in scenario.steps])
    timeline.play(round(scenario.until * SECOND))
    houses.close()
    return [
        (round(line.at / SECOND, 1), f"{workflow} {reason}")
        for line in timeline.told
        for workflow, reason in line.told.about.items()
    ]


_DELIVERED = Receipt(Verdict.DELIVERED)


def _our_configuration(scenario: Scenario) -> str:
    policy = {
        "channels": ["ops"],
        "group_by": [],
        "group_wait": scenario.group_wait,
        "group_interval": scenario.group_interval,
        "remind": {"high": [scenario.repeat]},
    }
    rule = {"name": "failed", **({"resolve": {"quiet_for": f"{scenario.lasts}s"}} if scenario.lasts else {})}
    channel = {"type": "webhook", "url": "http://127.0.0.1:9/x"}
    return json.dumps({"channels": {"ops": channel}, "rules": [rule], "policies": {"default": policy}})


def _push(step: Step) -> Act:
    if step.does == "restart":
        return restarted()
    return failed(step.workflow, ago=f"{step.ago}s") if step.does == "fails" else succeeded(step.workflow)


class Collector(HttpSink):
    """Refuses while it is told to; ``taken`` are those that it did not refuse."""

    def __init__(self, code: int, seconds: float) -> None:
        super().__init__()
        self.taken: list[Request] = []
        self._code, self._seconds, self._until = code, seconds, 0.0

    def begin(self) -> None:
        self._until = time.time() + self._seconds

    def _take(self, request: Request) -> Answer:
        refused = request.at < self._until
        super()._take(request)
        if refused:
            return Answer(self._code, {"Retry-After": "1"})
        self.taken.append(request)
        return Answer()


class Alertmanager:
    """A process of its own in ``folder``, with one route."""

    def __init__(self, folder: Path, scenario: Scenario, hook: str) -> None:
        self._folder, self._url = folder, f"127.0.0.1:{free_port()}"
        folder.mkdir()
        (folder / "alertmanager.yml").write_text(json.dumps(_their_configuration(scenario, hook)))
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [PROGRAM, f"--config.file={self._folder / 'alertmanager.yml'}", f"--storage.path={self._folder}",
                   f"--web.listen-address={self._url}", "--cluster.listen-address="]  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def __enter__(self) -> "Alertmanager":
        try:
            self._wait_ready()
        except AssertionError:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _wait_ready(self) -> None:
        wait_until(self._ready, "ready", 20, (self._folder / "log").read_text)

    def _ready(self) -> bool:
        with urllib.request.urlopen(f"http://{self._url}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)

    def push(self, alert: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{self._url}/api/v2/alerts", json.dumps([alert]).encode(), headers)
        urllib.request.urlopen(request, timeout=5).close()

    def restart(self) -> None:
        self._stop()
        self._process = self._start()
        self._wait_ready()


def _their_configuration(scenario: Scenario, hook: str) -> dict[str, Any]:
    return {
        "route": {
            "receiver": "hook",
            "group_by": ["alertname"],
            "group_wait": scenario.group_wait,
            "group_interval": scenario.group_interval,
            "repeat_interval": scenario.repeat,
        },
        "receivers": [{"name": "hook", "webhook_configs": [{"url": hook, "send_resolved": True}]}],
    }


def theirs(scenario: Scenario, folder: Path) -> Sent:
    with Collector(*scenario.refuses) as collector, Alertmanager(folder, scenario, collector.url) as alertmanager:
        began = _drive(alertmanager, scenario, collector)
    return [
        (round(request.at - began, 1), f"{alert['labels']['workflow']} {alert['status']}")
        for request in collector.taken
        for alert in request.json["alerts"]
    ]


def _drive(alertmanager: Alertmanager, scenario: Scenario, collector: Collector) -> float:
    began = time.time()
    collector.begin()
    fired: dict[str, float] = {}
    for step in scenario.steps:
        time.sleep(max(0.0, began + step.at - time.time()))
        if step.does == "restart":
            alertmanager.restart()
            continue
        fired.setdefault(step.workflow, time.time() - step.ago)
        alertmanager.push(_alert(scenario, step, fired[step.workflow]))
    time.sleep(max(0.0, began + scenario.until - time.time()))
    return began


def _alert(scenario: Scenario, step: Step, fired: float) -> dict[str, Any]:
    alert = {"labels": {"alertname": "failed", "workflow": step.workflow}, "startsAt": _time(fired)}
    if step.does == "over":
        alert["endsAt"] = _time(time.time())
    elif scenario.lasts:
        alert["endsAt"] = _time(time.time() + scenario.lasts)
    return alert


def _time(seconds: float) -> str:
    return format_instant(round(seconds * SECOND))


def side_by_side() -> list[tuple[Scenario, Sent, Sent]]:
    """(scenario, theirs, ours), all scenarios at the same time."""
    with tempfile.TemporaryDirectory(prefix="tocsin-") as name, ThreadPoolExecutor(len(SCENARIOS)) as pool:
        folders = [Path(name) / str(place) for place in range(len(SCENARIOS))]
        found = list(pool.map(theirs, SCENARIOS, folders))
        mine = [ours(each, folder / "ours") for each, folder in zip(SCENARIOS, folders, strict=True)]
    return list(zip(SCENARIOS, found, mine, strict=True))


def table(found: list[tuple[Scenario, Sent, Sent]]) -> str:
    rows = [f"| {each.letter} | {each.title} | {_cell(them)} | {_cell(us)} |" for each, them, us in found]
    return "\n".join(["| | what happens | Alertmanager sends | Tocsin sends |", "|---|---|---|---|", *rows])


def _cell(sent: Sent) -> str:
    return ", ".join(f"{seconds:g} s: {what}" for seconds, what in sent) or "nothing"

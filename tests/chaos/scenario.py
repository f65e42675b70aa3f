"""One run of chaos: senders tell, an installation is disturbed, everything is mended; what came of it is evidence."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from chaos.checker import Cause, Counted, Evidence, Heard, Occurrence, Part, untold
from chaos.disturbing import Act, Diary, Installation, carry_out
from chaos.exporters import SOURCES, Exporter
from support.service import every_item, is_drained, wait_until
from support.sinks import HttpSink, Request

CHANNELS = ("ops", "pager", "board")
_CHANNEL = '  {name}: {{type: webhook, url: "{url}"}}\n'
# Short times, so that alerts end, come back and are said again all the while; and each is told apart.
_RULES = """
rules: [{{name: any-failure, resolve: {{on_success: 1, quiet_for: 2s}}}}]
policies:
  default:
    channels: [{channels}]
    group_by: [{group_by}]
    timing: {{high: now}}
    group_wait: 0s
    group_interval: 500ms
    dedup_window: 2s
    storm: {{alerts: 100000}}
    flapping: {{changes: 100000, within: 1h}}
"""


_WORD_SECONDS = 10


class Running(Installation, Protocol):
    """An installation that answers."""

    diary: Diary
    ports: list[int]

    @property
    def log(self) -> str: ...

    def get(self, path: str) -> Any: ...


def configuration(sinks: Sequence[HttpSink], group_by: str) -> str:
    channels = "".join(_CHANNEL.format(name=name, url=sink.url) for name, sink in zip(CHANNELS, sinks, strict=True))
    return f"channels:\n{channels}{_RULES.format(channels=', '.join(CHANNELS), group_by=group_by)}"


def play(seed: int, acts: Sequence[Act], there: Running, sinks: Sequence[HttpSink], patience: float) -> Evidence:
    """``patience``: how many seconds all may take to be told once everything is mended."""
    exporters = [Exporter(source, there.ports, random.Random(f"{seed}/{source.name}")) for source in SOURCES]
    for exporter in exporters:
        exporter.start()
    carry_out(acts, there, sinks)
    for exporter in exporters:
        exporter.finish(patience)
    assert [said for exporter in exporters for said in exporter.refused] == []
    wait_until(lambda: _is_over(there), "all worked on and over", patience, lambda: there.log)
    # The word that it is over may wait for the spacing of its conversation; if it never comes, the checker says so.
    with suppress(AssertionError):
        wait_until(lambda: not any(untold(_evidence(exporters, there, sinks))), "all told", _WORD_SECONDS, lambda: "")
    return _evidence(exporters, there, sinks)


def _is_over(there: Running) -> bool:
    time.sleep(0.2)  # to ask costs what is asked, too
    there.revive()
    found = there.get("/api/v1/pipeline")
    if not is_drained(found) or found["outbox_retrying"]:
        return False
    return all(alert["state"] == "resolved" for alert in every_item(there.get, "/api/v1/alerts"))


def _evidence(exporters: Sequence[Exporter], there: Running, sinks: Sequence[HttpSink]) -> Evidence:
    heard = [_heard(name, request) for name, sink in zip(CHANNELS, sinks, strict=True) for request in sink.requests]
    return Evidence(
        sent=[each for exporter in exporters for each in exporter.sent],
        acknowledged=[each for exporter in exporters for each in exporter.acknowledged],
        counted=_counted(there),
        channels=CHANNELS,
        heard=heard,
        disturbances=there.diary.disturbances,
    )


def _heard(channel: str, request: Request) -> Heard:
    said = request.json
    parts = tuple(
        Part(each["id"], (each["workflow"], each["error"]["type"]), each["reason"], each["state"], each["count"])
        for each in said["alerts"]
    )
    return Heard(channel, said["id"], parts, request.at, request.status, request.answered_at)


def _counted(there: Running) -> Counted:
    runs = every_item(there.get, "/api/v1/runs")
    failures = every_item(there.get, "/api/v1/failures")
    groups = {each["id"]: each for each in every_item(there.get, "/api/v1/error-groups")}
    alerts = every_item(there.get, "/api/v1/alerts")
    causes = {name: (each["workflow"], each["error"]["type"]) for name, each in groups.items()}
    return Counted(
        runs=[(each["workflow"], each["run_id"], each["outcome"]) for each in runs],
        failures=[Occurrence(each["workflow"], each["error"]["type"], each["run_id"]) for each in failures],
        groups=_summed((causes[name], each["count"]) for name, each in groups.items()),
        alerted=_summed((causes[each["error_group"]], each["count"]) for each in alerts),
        alerts={each["id"]: (causes[each["error_group"]], each["state"]) for each in alerts},
    )


def _summed(counts: Any) -> dict[Cause, int]:
    found: Counter[Cause] = Counter()
    for cause, count in counts:
        found[cause] += count
    return dict(found)

"""A new version starts on what the one before left in flight: all of it is worked on, and nobody is told twice."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from alerting.database import upgrading
from support.databases import Database
from support.service import Service
from support.sinks import Answer, HttpSink
from support.versions import as_the_version_before, copy_as_the_version_before


def fail(service: Service, workflow: str, *run_ids: str) -> None:
    for run_id in run_ids:
        event = {"workflow": workflow, "run_id": run_id, "outcome": "failed", "error": {"type": "Boom"}}
        assert service.post("/api/v1/events", event)[0] == 202


def told(sink: HttpSink) -> list[str]:
    return sorted(alert["workflow"] for request in sink.requests for alert in request.json["alerts"])


class Embedded:
    """``environment`` of the service whose data lie in ``folder``."""

    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self._path = folder / "data" / "tocsin.db"

    def go_back(self) -> None:
        as_the_version_before(self._path)

    def ask(self, query: str) -> list[tuple[str, int]]:
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(query).fetchall()

    def close(self) -> None:
        """The test's folder goes by itself."""


class Shared:
    def __init__(self, _folder: Path) -> None:
        self._databases = [Database()]

    @property
    def environment(self) -> dict[str, str]:
        return {"TOCSIN_DATABASE_URL": self._databases[-1].url}

    def go_back(self) -> None:
        self._databases.append(copy_as_the_version_before(self._databases[0].url))

    def ask(self, query: str) -> list[tuple[str, int]]:
        return [tuple(row.values()) for row in self._databases[-1].rows(query)]

    def close(self) -> None:
        for database in self._databases:
            database.drop()


@pytest.mark.parametrize("kind", [Embedded, Shared])
def test_what_was_in_flight_is_worked_on_by_the_next_version_and_told_once(tmp_path, kind):
    store = kind(tmp_path)
    away = Answer(503, {"Retry-After": "2"})
    with HttpSink(default=away) as sink:
        config = f"""
channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}
policies: {{default: {{channels: [hook], group_by: [workflow]}}}}
"""
        service = Service(config, tmp_path, **store.environment)
        service.wait_ready()
        sink.default = Answer()
        fail(service, "told", "r1")
        sink.wait_for(1)
        service.wait_until(lambda: service.items("/api/v1/notifications")[0]["status"] == "sent", "recorded")
        sink.default = away
        fail(service, "owed", "r2", "r3")
        sink.wait_for(2)
        service.wait_drained()
        os.kill(service.processes()[1], signal.SIGSTOP)
        fail(service, "told", "r4")
        fail(service, "waiting", "r5")
        service.kill()
        store.go_back()
        service.environment.update(store.environment)
        sink.requests.clear()
        sink.default = Answer()
        service.start_again()
        service.wait_ready()
        service.wait_drained()
        sink.wait_for(2, 30)
        service.wait_until(lambda: not service.get("/api/v1/pipeline")["outbox_retrying"], "all told")
        stored = sorted(failure["run_id"] for failure in service.items("/api/v1/failures"))
        counts = {alert["workflow"]: alert["count"] for alert in service.items("/api/v1/alerts")}
        warnings = service.get("/health")["warnings"]
        service.stop()
    assert store.ask("SELECT version_num, 1 FROM alembic_version") == [(upgrading.HEAD, 1)]
    counted = {name: int(n) for name, n in store.ask("SELECT workflow, SUM(n) FROM rollup_run GROUP BY workflow")}
    store.close()
    assert stored == ["r1", "r2", "r3", "r4", "r5"]
    assert counts == counted == {"told": 2, "owed": 2, "waiting": 1}
    assert told(sink) == ["owed", "waiting"]
    assert warnings == []

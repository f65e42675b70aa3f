"""A new version starts on what the one before left in flight: all of it is worked on, and nobody is told twice."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

from alerting.database import upgrading
from support.service import Service
from support.sinks import Answer, HttpSink

BEFORE = upgrading._KNOWN[-2]


def as_the_version_before(path: Path) -> None:
    """What is in the store, in the tables that the version before had; counts are summed where it knew fewer cells."""
    old = path.with_suffix(".old")
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        upgrading._upgrade(connection, "", BEFORE)
    engine.dispose()
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("ATTACH ? AS now", (str(path),))
        for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table != "alembic_version":
                _copy(connection, table)
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    old.rename(path)


def _copy(connection: sqlite3.Connection, table: str) -> None:
    there = [row[1] for row in connection.execute(f"PRAGMA now.table_info({table})")]
    names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})") if row[1] in there]
    keys = ", ".join(f'"{name}"' for name in names if name != "n")
    into = ", ".join(f'"{name}"' for name in names)
    if "n" in names:
        connection.execute(f"INSERT INTO {table} ({keys}, n) SELECT {keys}, SUM(n) FROM now.{table} GROUP BY {keys}")
    else:
        connection.execute(f"INSERT OR REPLACE INTO {table} ({into}) SELECT {into} FROM now.{table}")


def fail(service: Service, workflow: str, *run_ids: str) -> None:
    for run_id in run_ids:
        event = {"workflow": workflow, "run_id": run_id, "outcome": "failed", "error": {"type": "Boom"}}
        assert service.post("/api/v1/events", event)[0] == 202


def told(sink: HttpSink) -> list[str]:
    return sorted(alert["workflow"] for request in sink.requests for alert in request.json["alerts"])


def test_what_was_in_flight_is_worked_on_by_the_next_version_and_told_once(tmp_path):
    away = Answer(503, {"Retry-After": "2"})
    with HttpSink(default=away) as sink:
        config = f"""
channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}
policies: {{default: {{channels: [hook], group_by: [workflow]}}}}
"""
        service = Service(config, tmp_path)
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
        as_the_version_before(service.data / "tocsin.db")
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
    with closing(sqlite3.connect(service.data / "tocsin.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (upgrading.HEAD,)
        counted = dict(connection.execute("SELECT workflow, SUM(n) FROM rollup_run GROUP BY workflow"))
    assert stored == ["r1", "r2", "r3", "r4", "r5"]
    assert counts == counted == {"told": 2, "owed": 2, "waiting": 1}
    assert told(sink) == ["owed", "waiting"]
    assert warnings == []

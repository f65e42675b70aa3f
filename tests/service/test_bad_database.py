"""What goes wrong between Tocsin and its database is said plainly, and costs nothing that was acknowledged."""

import asyncio
import re
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from support.databases import query
from support.faketime import FAKETIME
from support.fleet import Fleet
from support.service import bare_environment, free_port
from support.sinks import HttpSink


def refused(folder: Path, url: str, command: str = "worker") -> str:
    """What a command says that will not start; never the password."""
    done = subprocess.run(
        [sys.executable, "-m", "alerting.cli.main", command],
        cwd=folder,
        env={**bare_environment(folder), "TOCSIN_DATABASE_URL": url, "TOCSIN_LISTEN": f"127.0.0.1:{free_port()}"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "sesame" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("command", ["api", "worker", "serve"])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root:sesame@127.0.0.1/x", "must begin with postgresql://"),
        ("postgresql://root:sesame@127.0.0.1", "names no database"),
        ("postgresql://root:sesame@127.0.0.1/x?colour=red", "unknown parameter 'colour'"),
        ("postgresql://root:sesame@127.0.0.1:1/x", "root@127.0.0.1:1/x: .*refused"),
        ("postgresql://root:sesame@no-such-host.invalid/x", "no-such-host.invalid"),
    ],
)
def test_a_wrong_url_is_refused_at_the_start(tmp_path, url, said, command):
    assert re.search(said, refused(tmp_path, url, command))


def test_a_database_that_is_not_there_and_a_user_without_rights(tmp_path, server):
    assert "create it with createdb" in refused(tmp_path, server.url.replace("/postgres", "/nowhere"))
    execute(server.url, "CREATE ROLE guest LOGIN")
    guest = server.url.replace("root@", "guest@")
    said = refused(tmp_path, guest)
    assert "permission denied" in said
    assert "GRANT CREATE ON SCHEMA public" in said
    assert "no such user" in refused(tmp_path, server.url.replace("root@", "nobody@"))


def test_a_schema_of_a_later_version_is_refused(tmp_path, database):
    with Fleet(tmp_path, database.url, "channels: {}", receivers=1, workers=1):
        pass
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "has schema 9999" in refused(tmp_path, database.url)


def execute(url: str, statement: str) -> None:
    async def go() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(go())


def failure(fleet: Fleet, run_id: str, port: int = 0, workflow: str = "pay") -> tuple[int, str]:
    """(status, Retry-After)"""
    return fleet.post("/api/v1/events", {"workflow": workflow, "run_id": run_id, "outcome": "failed",
                                         "error": {"type": "Boom", "message": "x"}}, port)  # fmt: skip


def test_a_database_that_goes_away_is_waited_for(tmp_path, server):
    with Fleet(tmp_path, server.url, "channels: {}", receivers=1, workers=2) as fleet:
        assert failure(fleet, "before") == (202, "")
        server.stop()
        status, again = failure(fleet, "during")
        assert status == 503
        assert 1 <= int(again) <= 4
        assert fleet.status("/health") == fleet.status("/api/v1/runs") == 503
        time.sleep(8)  # longer than any lease
        server.start()
        fleet.wait_until(lambda: failure(fleet, "after")[0] == 202, "accepting again", 20)
        fleet.wait_until(lambda: bool(fleet.drained()), "drained", 30)
        assert all(worker.poll() is None for worker in fleet.workers)
        stored = sorted(row["run_id"] for row in query(server.url, "SELECT run_id FROM failure"))
    assert stored == ["after", "before"]


def test_a_database_that_may_only_be_read_is_waited_for(tmp_path, server):
    with Fleet(tmp_path, server.url, "channels: {}", receivers=1, workers=1) as fleet:
        assert failure(fleet, "before")[0] == 202
        fleet.wait_until(fleet.drained, "drained")
        _only_read(server.url, "on")
        fleet.wait_until(lambda: failure(fleet, "refused")[0] == 503, "refused", 20)
        assert fleet.status("/api/v1/runs") == 200
        assert fleet.status("/health") == 503
        time.sleep(2)  # workers try once a second
        _only_read(server.url, "off")
        fleet.wait_until(lambda: failure(fleet, "after")[0] == 202, "accepting again", 20)
        fleet.wait_until(fleet.drained, "drained", 30)
        assert all(worker.poll() is None for worker in fleet.workers)
        stored = {row["run_id"] for row in query(server.url, "SELECT run_id FROM failure")}
    assert {"before", "after"} <= stored


def _only_read(url: str, value: str) -> None:
    execute(url, f"ALTER SYSTEM SET default_transaction_read_only = {value}")
    execute(url, "SELECT pg_reload_conf()")


def test_a_server_without_a_free_connection_is_named_and_recovered_from(tmp_path, server):
    async def take_all() -> list["asyncpg.Connection[asyncpg.Record]"]:
        taken = []
        try:
            while True:
                taken.append(await asyncpg.connect(server.url))
        except asyncpg.TooManyConnectionsError:
            return taken

    async def exhausted(fleet: Fleet) -> tuple[list[int], str]:
        taken = await take_all()
        try:
            said = await asyncio.to_thread(refused, tmp_path, server.url)
            statuses = [(await asyncio.to_thread(failure, fleet, f"r{n}"))[0] for n in range(5)]
            return statuses, said
        finally:
            for connection in taken:
                await connection.close()

    with Fleet(tmp_path, server.url, "channels: {}", receivers=1, workers=1) as fleet:
        statuses, said = asyncio.run(exhausted(fleet))
        assert "no connection is left: raise max_connections" in said
        assert set(statuses) <= {202, 503}
        fleet.wait_until(lambda: failure(fleet, "after")[0] == 202, "accepting again", 20)
        fleet.wait_until(fleet.drained, "drained", 30)
        stored = {row["run_id"] for row in query(server.url, "SELECT run_id FROM failure")}
    assert stored >= {"after", *(f"r{n}" for n, status in enumerate(statuses) if status == 202)}


def test_hosts_whose_clocks_are_five_minutes_off_decide_as_the_others(tmp_path, database):
    """A window of three minutes would be over at once for one, and never begin for the other."""
    if FAKETIME is None:
        pytest.skip("libfaketime is not installed")
    fake = {"LD_PRELOAD": str(FAKETIME), "DONT_FAKE_MONOTONIC": "1"}
    ahead, behind = {**fake, "FAKETIME": "+5m"}, {**fake, "FAKETIME": "-5m"}
    with HttpSink() as sink:
        config = f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}\n'
        config += "policies: {default: {channels: [hook], dedup_window: 3m}}\n"
        with Fleet(tmp_path, database.url, config, receivers=1, workers=0, wait=False) as fleet:
            fleet.workers = [fleet.start_worker(**ahead), fleet.start_worker(**behind)]
            port = fleet.add_receiver(**ahead)
            fleet.wait_ready()
            for number in range(40):
                used = [port, fleet.ports[0]][number % 2]
                assert failure(fleet, f"r{number}", used, f"w{number % 8}")[0] == 202
            time.sleep(8)  # leases would be over, and deadlines due, were the clocks believed
            fleet.wait_until(fleet.drained, "drained")
            warnings = fleet.get("/health", port)["warnings"]
            assert all(worker.poll() is None for worker in fleet.workers)
            assert "taken for dead" not in fleet.log
        by_database = "abs(received_at - extract(epoch FROM now()) * 1000000)"
        off = query(database.url, f"SELECT max({by_database}) AS off FROM failure")
    assert off[0]["off"] < 30_000_000
    assert any("s ahead of the database's" in warning for warning in warnings)
    assert sorted(request.json["reason"] for request in sink.requests) == ["first"] * 8

"""Behind pgbouncer in transaction mode nothing can be prepared, kept for a session or listened to: it polls."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.databases import SERVER, Database, query
from support.fleet import Fleet
from support.sender import Sender
from support.service import free_port
from support.sinks import HttpSink

CONFIG = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
max_client_conn = 100
"""


@pytest.fixture
def pooler(tmp_path: Path) -> Iterator[int]:
    """The port of a real one, before the server of this machine."""
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    host, _, port = SERVER.rpartition("@")[2].partition(":")
    listen = free_port()
    file = tmp_path / "pgbouncer.ini"
    file.write_text(CONFIG.format(host=host, port=port, user=urlsplit(SERVER).username, listen=listen))
    as_user = ["--user", "postgres"] if os.geteuid() == 0 else []
    with (tmp_path / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen([program, *as_user, str(file)], stdout=log, stderr=log)
    yield listen
    process.terminate()
    process.wait(10)


def test_a_fleet_behind_pgbouncer_tells_once_and_loses_nothing(tmp_path, pooler):
    database = Database()
    server = SERVER.rpartition("@")[0]
    url = f"{server}@127.0.0.1:{pooler}/{database.name}?pgbouncer=1"
    try:
        with HttpSink() as sink:
            config = f'channels: {{hook: {{type: webhook, url: "{sink.url}"}}}}'
            with Fleet(tmp_path, url, config, receivers=1, workers=2) as fleet:
                senders = [Sender(fleet.ports, f"s{n}", 300, 6, 3) for n in range(2)]
                for sender in senders:
                    sender.start()
                for sender in senders:
                    sender.join(60)
                fleet.wait_until(fleet.drained, "drained")
                log = fleet.log
        stored = sorted(row["run_id"] for row in query(database.url, "SELECT run_id FROM failure"))
    finally:
        database.drop()
    assert stored == sorted(run_id for sender in senders for run_id in sender.acknowledged)
    assert [request.json["reason"] for request in sink.requests] == ["first"] * 6
    assert "Traceback" not in log
    assert "refused" not in log

"""A backup is taken while failures pour in: all that was acknowledged before it began is in it."""

import subprocess
import sys
import time

from support.databases import Database, query
from support.fleet import Fleet
from support.sender import Sender
from support.service import Service, bare_environment


def tocsin(folder, *command, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "alerting.cli.main", *command],
        cwd=folder,
        env={**bare_environment(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def while_sending(ports, take):
    """Take a backup in the middle; the run ids acknowledged before it began."""
    sender = Sender(ports, "s", 700, 5, every=0.001)
    sender.start()
    while len(sender.acknowledged) < 30:
        time.sleep(0.01)
    before = list(sender.acknowledged)
    take()
    sender.join(60)
    assert 30 <= len(before) < len(sender.acknowledged) == 700
    return before


def test_an_embedded_installation_is_backed_up_while_it_runs(tmp_path):
    file = tmp_path / "tocsin.backup"
    with Service("", tmp_path) as service:
        before = while_sending([service.port], lambda: tocsin(tmp_path, "backup", str(file), "--data", "data"))
    said = tocsin(tmp_path, "restore", str(file), "--data", "again/data")
    assert "counts and checksums are the same" in said
    (tmp_path / "again").mkdir(exist_ok=True)
    with Service("", tmp_path / "again") as restored:
        restored.wait_drained()
        stored = {failure["run_id"] for failure in restored.items("/api/v1/failures")}
    assert set(before) <= stored


def test_a_shared_installation_is_backed_up_while_it_runs(tmp_path):
    database, other = Database(), Database()
    file = tmp_path / "tocsin.backup"
    try:
        with Fleet(tmp_path, database.url, "channels: {}", receivers=1, workers=2) as fleet:
            before = while_sending(
                fleet.ports, lambda: tocsin(tmp_path, "backup", str(file), TOCSIN_DATABASE_URL=database.url)
            )
        tocsin(tmp_path, "restore", str(file), TOCSIN_DATABASE_URL=other.url)
        with Fleet(tmp_path, other.url, "channels: {}", receivers=1, workers=2) as fleet:
            fleet.wait_until(fleet.drained, "drained")
            stored = {row["run_id"] for row in query(other.url, "SELECT run_id FROM failure")}
    finally:
        database.drop()
        other.drop()
    assert set(before) <= stored


def test_a_disk_that_is_full_is_said_and_leaves_nothing(tmp_path):
    with Service("", tmp_path) as service:
        service.post("/api/v1/events", {"workflow": "pay", "run_id": "r", "outcome": "failed"})
    limited = ["sh", "-c", 'ulimit -f 64; exec "$@"', "sh", sys.executable, "-m", "alerting.cli.main"]
    done = subprocess.run([*limited, "backup", "small.backup", "--data", "data"], cwd=tmp_path,
                          env=bare_environment(tmp_path, coverage=False), capture_output=True, text=True,
                          timeout=60)  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("small.backup*"))

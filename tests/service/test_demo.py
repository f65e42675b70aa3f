"""Does the demo show what it promises: alerts as they are raised, a report, an end?"""

import signal
import socket
import subprocess
import sys

import pytest

from support.service import bare_environment, free_port


def test_a_day_is_played_told_and_reported(tmp_path):
    command = [sys.executable, "-m", "alerting.cli.main", "demo", "--once", "--seconds", "10"]
    command += ["--listen", f"127.0.0.1:{free_port()}", "--data", str(tmp_path / "demo")]
    bare = bare_environment(tmp_path)
    told = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=90)
    assert told.returncode == 0, told.stderr
    assert "sync-inventory: UpstreamTimeout in step fetch" in told.stdout
    assert "resolved: sync-inventory" in told.stdout
    assert "again: +" in told.stdout
    assert "[critical]" in told.stdout
    report = (tmp_path / "demo" / "report.html").read_text()
    assert "import-catalog" in report
    again = subprocess.run(
        [*command[:-1], str(tmp_path)], cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=90
    )
    assert (again.returncode, "holds other files" in again.stderr) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_ended_and_takes_the_service_with_it(tmp_path, number):
    port = free_port()
    command = [sys.executable, "-m", "alerting.cli.main", "demo", "--seconds", "2", "--data", str(tmp_path / "demo")]
    command += ["--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=bare_environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as demo:
        assert any("Ctrl-C ends it" in line for line in demo.stdout)
        demo.send_signal(number)
        assert demo.wait(30) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0

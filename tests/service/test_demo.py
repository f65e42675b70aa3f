"""Does the demo show what it promises: alerts as they are raised, a report, an end?"""

import signal
import socket
import subprocess
import sys

import pytest
from sqlalchemy import text as sql

from alerting.clock import SystemClock
from alerting.database.sqlite import open_sqlite
from alerting.reporting.answering import report_of
from alerting.reporting.asking import Wanted
from alerting.storage.changes import changes_between
from rules.instants import DAY
from support.service import bare_environment, free_port


def past_and_day_agree(store):
    """One fault is one error group, whichever way its runs came into the store."""
    query = "SELECT workflow, step, error_type, count, first_seen, last_seen FROM error_group"
    with store.read() as connection:
        groups = connection.execute(sql(query)).all()
        deployed = [change.version for change in changes_between(connection, 0, SystemClock().now())]
        engines = {row.engine for row in connection.execute(sql("SELECT engine FROM run"))}
    assert len({group[:3] for group in groups}) == len(groups)
    today = SystemClock().now() - DAY
    both = {group.error_type for group in groups if group.first_seen < today - DAY and group.last_seen > today}
    assert both == {"SMTPServerBusy", "UpstreamTimeout", "GatewayError"}
    assert deployed == ["2.2.0", "2.3.0", "2.3.1", "2.4.0"]
    assert engines == {"otel"}


def the_report_finds_what_was_planted(store):
    report = report_of(store, Wanted(since="21d"), SystemClock().now())
    for key, found in {
        "groups": "Fix first: KeyError in import-catalog, step parse",
        "flow": "1 fixed",
        "incidents": "1 still open",
        "durations": "import-catalog became slower",
        "flakiness": "The flakiest is step store of sync-inventory",
        "rhythm": "No: incidents aside",
        "objectives": "charge-card used most of its budget",
    }.items():
        assert found in report.section(key).finding
    changes = report.section("changes").finding
    assert "the share of bad runs of charge-card fell" in changes
    assert "deployed 2.3.1" in changes
    assert "host=worker-3" in changes


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
    assert not {"AssertionError", "OperationalError", "ParserError"} & set(told.stdout.split())  # were before the day
    report = (tmp_path / "demo" / "report.html").read_text()
    assert "The period before had" in report
    assert "Worse: charge-card, import-catalog." in report
    store = open_sqlite(tmp_path / "demo")
    past_and_day_agree(store)
    the_report_finds_what_was_planted(store)
    store.close()
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

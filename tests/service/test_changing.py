"""Rules, channels and silences, changed while it runs: through the API, by the file, by the command."""

import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.service import Service
from support.sinks import HttpSink

FILE = """\
rules: [{name: anything}]
channels: {ops: {type: webhook, url: "http://127.0.0.1:9/x"}}
silences: [{match: {workflow: legacy}, until: 2096-12-01T00:00:00Z, comment: being rewritten}]
"""
SECRET = "http://127.0.0.1:9/s3cret"


@pytest.fixture(scope="module")
def service(tmp_path_factory, store):
    with Service(FILE, tmp_path_factory.mktemp("changing"), **store) as started:
        yield started


@pytest.fixture
def own_file(service):
    """Written over by the test; the first one is in force again when it ends."""
    path = service.folder / "tocsin.yaml"
    yield path
    path.write_text(FILE)
    assert service.ask("POST", "/api/v1/reload")[0] == 200


def names(service, what):
    return {item["name"]: item["provided_by"] for item in service.items(f"/api/v1/{what}")}


def audit(service):
    return service.get("/api/v1/audit?limit=500")["items"]


def tocsin(service, *arguments):
    command = [sys.executable, "-m", "alerting.cli.main", *arguments, "--url", service.url]
    environment = {**service.environment, "USER": "ann"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)


def test_a_rule_is_made_replaced_and_deleted(service):
    rule = {"name": "slow", "match": {"workflow": "report-*"}}
    status, told = service.ask("POST", "/api/v1/rules?by=ann", rule)
    assert (status, told["match"], told["provided_by"]) == (202, rule["match"], "api")
    assert names(service, "rules") == {"anything": "file", "slow": "api"}
    assert service.ask("POST", "/api/v1/rules", rule)[0] == 409
    assert service.ask("PUT", "/api/v1/rules/slow", {"severity": "low"})[0] == 202
    [found] = [item for item in service.items("/api/v1/rules") if item["name"] == "slow"]
    assert (found["severity"], found["match"]) == ("low", {})
    assert service.ask("DELETE", "/api/v1/rules/slow")[0] == 202
    assert names(service, "rules") == {"anything": "file"}
    assert service.ask("DELETE", "/api/v1/rules/slow")[0] == 404
    latest = [(row["action"], row["object"], row["by"], row["before"], row["after"]) for row in audit(service)[:3]]
    replaced = {"name": "slow", "severity": "low"}
    assert latest == [
        ("delete", "rule slow", "api", replaced, None),
        ("put", "rule slow", "api", rule, replaced),
        ("create", "rule slow", "ann", None, rule),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "rules", {"name": "anything"}),
        ("PUT", "rules/anything", {"severity": "low"}),
        ("DELETE", "rules/anything", None),
        ("PUT", "channels/ops", {"type": "webhook", "url": SECRET}),
        ("DELETE", "channels/ops", None),
    ],
)
def test_what_the_file_provides_is_changed_there(service, method, path, body):
    status, told = service.ask(method, f"/api/v1/{path}", body)
    assert status == 409
    assert "tocsin.yaml; change it there" in told["error"]


@pytest.mark.parametrize(
    ("path", "body", "where", "said"),
    [
        ("rules", {"name": "a", "match": {"workflw": "x"}}, "match.workflw", "did you mean workflow"),
        ("rules", {"name": "a", "condition": {"count": 0, "within": "1m"}}, "condition.count", "1 or more"),
        ("rules", {"match": {}}, "name", "is missing"),
        ("rules", {"name": 5}, "name", "must be text"),
        ("rules", {"name": "a/b"}, "name", "no /"),
        ("rules", {"name": "a", "match": {"workflow": "\0"}}, "", "U+0000"),
        ("channels", {"name": "a", "type": "webhook"}, "url", "is missing"),
        ("channels", {"name": "a", "type": "webhook", "url": "${NOT_THERE}"}, "url", "NOT_THERE is not set"),
        ("silences", {"match": {"workflow": "x"}, "until": "2h"}, "comment", "is missing"),
        ("silences", {"match": {"workflow": "x"}, "until": "soon", "comment": "c"}, "until", "duration from now"),
        ("silences", {"match": {"workflow": "x"}, "until": "2020-01-01T00:00:00Z", "comment": "c"}, "until", "past"),
        ("silences", {"match": {"workflow": "x"}, "comment": "c"}, "", "say either until"),
        ("silences", {"match": {"x": "x"}, "until": "2h", "comment": "c"}, "match.x", "is not a field"),
        ("silences", {"kind": "nap", "until": "2h", "comment": "c"}, "kind", "silence or maintenance"),
        ("silences/preview", {"match": {"x": "x"}}, "match.x", "is not a field"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_changes_nothing(service, path, body, where, said):
    before = audit(service)
    status, told = service.ask("POST", f"/api/v1/{path}", body)
    assert status == 422
    [problem] = told["problems"]
    assert problem["where"] == where
    assert said in problem["message"]
    assert audit(service) == before


def test_what_is_no_object_is_refused(service):
    assert service.post("/api/v1/rules", b"[")[0] == 400
    assert service.post("/api/v1/rules", b"[]")[0] == 422
    assert service.post("/api/v1/rules", b'{"name": "a", "match": ' + b"[" * 90 + b"]" * 90 + b"}")[0] == 422


def test_a_channel_is_made_and_its_address_is_told_nobody(service):
    status, told = service.ask("PUT", "/api/v1/channels/hook", {"type": "webhook", "url": SECRET, "fallback": "ops"})
    assert status == 202
    assert names(service, "channels") == {"ops": "file", "hook": "api"}
    assert service.ask("DELETE", "/api/v1/channels/hook")[0] == 202
    everything = [told, service.items("/api/v1/channels"), audit(service)]
    assert "s3cret" not in str(everything)
    assert audit(service)[0]["before"] == {"type": "webhook", "url": "[hidden]", "fallback": "ops"}


@pytest.mark.usefixtures("on_both")
def test_a_message_goes_to_a_channel_that_was_just_made(tmp_path):
    with HttpSink() as sink, Service("", tmp_path) as service:
        assert service.ask("PUT", "/api/v1/channels/hook", {"type": "webhook", "url": sink.url})[0] == 202
        service.post("/api/v1/events", {"workflow": "w", "outcome": "failed", "run_id": "r"})
        assert sink.wait_for(1)[0].json["channel"] == "hook"


def test_a_silence_is_looked_at_before_made_and_ended(service):
    failed = {"outcome": "failed", "error": {"type": "Boom", "message": "it broke"}}
    service.post("/api/v1/events", [{**failed, "workflow": each, "run_id": each} for each in ("pay-in", "ship")])
    service.wait_until(lambda: len(service.items("/api/v1/alerts")) == 2, "alerted")
    wanted = {"match": {"workflow": "pay*", "error.type": "Boom", "severity": ">=low"}}
    [hidden] = service.ask("POST", "/api/v1/silences/preview", wanted)[1]["items"]
    assert hidden["workflow"] == "pay-in"
    status, made = service.ask("POST", "/api/v1/silences", {**wanted, "until": "2h", "comment": "known", "by": "ann"})
    assert (status, made["by"], made["kind"]) == (202, "ann", "silence")
    planned = {"kind": "maintenance", "starts": "1h", "until": "3h", "comment": "upgrade"}
    _, later = service.ask("POST", "/api/v1/silences", {"match": {"workflow": "x"}, **planned})
    found = {
        item["id"]: (item["state"], item["kind"], item["provided_by"]) for item in service.items("/api/v1/silences")
    }
    assert found.pop(made["id"]) == ("active", "silence", "api")
    assert found.pop(later["id"]) == ("pending", "maintenance", "api")
    [(of_file, told)] = found.items()
    assert told == ("active", "silence", "file")
    assert service.ask("DELETE", f"/api/v1/silences/{of_file}")[0] == 409
    for each in (made, later):
        assert service.ask("DELETE", f"/api/v1/silences/{each['id']}?by=bob")[0] == 202
        assert service.ask("DELETE", f"/api/v1/silences/{each['id']}")[0] == 404
    assert [item["id"] for item in service.items("/api/v1/silences")] == [of_file]
    assert (audit(service)[0]["by"], audit(service)[0]["object"]) == ("bob", f"maintenance {later['id']}")


def test_acknowledging_and_resolving_are_audited(service):
    service.post("/api/v1/events", {"workflow": "audited", "outcome": "failed", "run_id": "a"})
    service.wait_until(lambda: service.get("/api/v1/alerts?workflow=audited")["items"], "alerted")
    [alert] = service.get("/api/v1/alerts?workflow=audited")["items"]
    for action in ("acknowledge", "resolve"):
        assert service.ask("POST", f"/api/v1/alerts/{alert['id']}/{action}", {"by": "ann"})[0] == 202
    found = [(row["action"], row["object"], row["by"]) for row in audit(service)[:2]]
    assert found == [(action, f"alert {alert['id']}", "ann") for action in ("resolve", "acknowledge")]


def test_twenty_at_once_all_survive(service):
    with ThreadPoolExecutor(20) as together:
        paths = [f"/api/v1/rules/many-{n}" for n in range(20)]
        answers = list(together.map(lambda path: service.ask("PUT", path, {"match": {"workflow": "x"}}), paths))
        assert [status for status, _ in answers] == [202] * 20
        assert set(names(service, "rules")) == {"anything", *(f"many-{n}" for n in range(20))}
        assert {status for status, _ in together.map(lambda path: service.ask("DELETE", path), paths)} == {202}
    assert names(service, "rules") == {"anything": "file"}


def test_a_file_that_was_changed_is_in_force_by_itself_and_what_was_made_stays(service, own_file):
    service.ask("PUT", "/api/v1/rules/made", {"match": {"workflow": "x"}})
    own_file.write_text(FILE + "severity: [{match: {}, severity: low}]\n")
    own_file.write_text(FILE.replace("anything", "by-hand"))
    service.wait_until(lambda: names(service, "rules") == {"by-hand": "file", "made": "api"}, "in force", 15)
    assert audit(service)[0]["action"] == "reload"
    assert service.ask("DELETE", "/api/v1/rules/made")[0] == 202


def test_an_invalid_file_never_replaces_a_valid_one(service, own_file):
    own_file.write_text("rulez: []\n")
    status, told = service.ask("POST", "/api/v1/reload")
    assert status == 422
    assert told["problems"][0]["where"].endswith("tocsin.yaml:1:1: rulez")
    assert names(service, "rules") == {"anything": "file"}
    health = service.get("/health")
    assert (health["status"], health["configuration"]["status"]) == ("ok", "refused")
    assert "did you mean rules" in health["configuration"]["problems"][0]["message"]
    with urllib.request.urlopen(f"{service.url}/metrics") as answer:
        assert "tocsin_configuration_refused 1.0" in answer.read().decode()
    said = tocsin(service, "reload")
    assert (said.returncode, "did you mean rules" in said.stdout) == (1, True)
    assert "the configuration was refused" in service.log
    service.ask("PUT", "/api/v1/rules/meanwhile", {})
    assert service.ask("DELETE", "/api/v1/rules/meanwhile")[0] == 202
    own_file.write_text(FILE)
    assert tocsin(service, "reload").returncode == 0
    assert service.get("/health")["configuration"] == {"status": "active", "problems": []}


def test_a_file_that_takes_the_name_of_what_was_made_is_refused_until_that_is_gone(service, own_file):
    service.ask("PUT", "/api/v1/rules/made", {})
    own_file.write_text(FILE.replace("anything", "made"))
    status, told = service.ask("POST", "/api/v1/reload")
    assert (status, told["problems"][0]["where"]) == (422, "made through the API: rules.made")
    assert service.ask("DELETE", "/api/v1/rules/made")[0] == 202
    service.wait_until(lambda: names(service, "rules") == {"made": "file"}, "in force", 15)


def test_a_signal_reloads(service, own_file):
    own_file.write_text(FILE.replace("anything", "signalled"))
    os.kill(service.process.pid, signal.SIGHUP)
    service.wait_until(lambda: names(service, "rules") == {"signalled": "file"}, "in force", 15)


def test_the_commands(service):
    preview = tocsin(service, "silence", "--match", "workflow=nothing-*", "--preview")
    assert (preview.returncode, preview.stdout) == (0, "No open alert matches.\n")
    made = tocsin(service, "silence", "--match", "workflow=a", "--match", "workflow=b", "--until-resolved",
                  "--comment", "known")  # fmt: skip
    assert made.returncode == 0, made.stderr
    [found] = [item for item in service.items("/api/v1/silences") if item["id"] == made.stdout.strip()]
    assert (found["match"], found["by"], found["until_resolved"]) == ({"workflow": ["a", "b"]}, "ann", True)
    assert "workflow=a|b" in tocsin(service, "silences").stdout
    assert tocsin(service, "unsilence", found["id"]).returncode == 0
    assert tocsin(service, "unsilence", found["id"]).returncode == 1
    assert tocsin(service, "silence", "--match", "workflow=a").returncode == 2
    assert tocsin(service, "silence", "--match", "workflow", "--preview").returncode == 2
    wrong = tocsin(service, "silence", "--match", "workflow=a", "--until", "soon", "--comment", "c")
    assert (wrong.returncode, wrong.stdout.startswith("until: ")) == (1, True)
    assert tocsin(service, "reload").stdout == "Nothing has changed.\n"


def test_a_service_that_is_not_there_cannot_be_told(tmp_path):
    command = [sys.executable, "-m", "alerting.cli.main", "reload", "--url", "http://127.0.0.1:9"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=30).returncode == 3


@pytest.mark.usefixtures("on_both")
def test_what_was_made_outlives_a_kill(tmp_path):
    with Service(FILE, tmp_path) as service:
        service.ask("PUT", "/api/v1/rules/made", {})
        os.kill(service.processes()[1], signal.SIGSTOP)  # the worker takes nothing in any more
        service.ask("PUT", "/api/v1/rules/late", {})
        service.kill()
        service.start_again()
        service.wait_ready()
        assert names(service, "rules") == {"anything": "file", "made": "api", "late": "api"}
        service.stop()
        (tmp_path / "tocsin.yaml").write_text("rulez: []\n")
        service.start_again()
        assert service.process.wait(30) == 1


def test_two_receivers_lose_nothing_of_each_other(database, tmp_path):
    environment = {"TOCSIN_DATABASE_URL": database.url}
    (tmp_path / "two").mkdir()
    with Service(FILE, tmp_path, **environment) as one, Service(FILE, tmp_path / "two", **environment) as two:
        with ThreadPoolExecutor(20) as together:
            asked = [((one, two)[n % 2], f"/api/v1/rules/many-{n}") for n in range(20)]
            answers = list(together.map(lambda each: each[0].ask("PUT", each[1], {}), asked))
        assert {status for status, _ in answers} == {202}
        wanted = {"anything", *(f"many-{n}" for n in range(20))}
        for service in (one, two):
            service.wait_until(lambda service=service: set(names(service, "rules")) == wanted, "followed", 15)


def test_who_did_it_is_said_by_the_login(tmp_path):
    with Service(FILE, tmp_path, TOCSIN_ADMIN_PASSWORD="correct-horse") as service:
        service.environment["TOCSIN_ADMIN_PASSWORD"] = "correct-horse"
        assert tocsin(service, "silence", "--match", "workflow=a", "--until", "1h", "--comment", "c").returncode == 0
        assert [row["by"] for row in database_rows(service)] == ["ann"]
        with pytest.raises(urllib.error.HTTPError):
            service.get("/api/v1/audit")


def database_rows(service):
    with sqlite3.connect(service.data / "tocsin.db") as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM audit").fetchall()

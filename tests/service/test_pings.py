"""Pings in the form of Healthchecks: who may, what they say, and which run they are about."""

import json
import urllib.error
import urllib.request
import uuid

import pytest

from support.service import Service

CONFIG = """
pings:
  - {key: "${NIGHTLY_KEY}", workflow: nightly-backup, environment: production}
  - {key: import-7f, workflow: import}
  - {key: import-old, workflow: import}
"""
KEY = "4f2a9c1e7b"


@pytest.fixture(scope="module")
def service(store, tmp_path_factory):
    guards = {"TOCSIN_ADMIN_PASSWORD": "", "TOCSIN_INGEST_KEY": "ingest-key", "NIGHTLY_KEY": KEY}
    with Service(CONFIG, tmp_path_factory.mktemp("pings"), **store, **guards) as started:
        yield started


def ping(service, address, body=None, method=None):
    """(status, text) of ``/ping/ADDRESS``."""
    request = urllib.request.Request(f"{service.url}/ping/{address}", body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def runs(service, workflow="nightly-backup"):
    """Oldest first."""
    service.wait_drained()
    found = [run for run in service.items("/api/v1/runs") if run["workflow"] == workflow]
    return sorted(found, key=lambda run: (run["started_at"] or run["ended_at"], run["ended_at"]))


def newest(service, before, workflow="nightly-backup"):
    """The one run that came since ``before``."""
    known = {run["id"] for run in before}
    [new] = [run for run in runs(service, workflow) if run["id"] not in known]
    return new


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_ping_is_a_run_that_succeeded(service, method):
    before = runs(service)
    status, text = ping(service, KEY, b"" if method == "POST" else None, method)
    assert (status, text) == (200, "" if method == "HEAD" else "OK")
    run = newest(service, before)
    assert (run["engine"], run["outcome"], run["environment"]) == ("ping", "succeeded", "production")
    assert run["run_id"].endswith("Z")


def test_a_start_and_an_end_without_an_id_are_one_run(service):
    before = runs(service)
    ping(service, f"{KEY}/start")
    assert newest(service, before)["outcome"] == "running"
    ping(service, KEY)
    run = newest(service, before)
    assert run["outcome"] == "succeeded"
    assert run["started_at"] < run["ended_at"]


def test_at_once_after_one_another_they_are_still_one_run(service):
    before = runs(service)
    for _ in range(5):
        assert [ping(service, f"{KEY}/{what}") for what in ("start", "3")] == [(200, "OK")] * 2
    new = runs(service)[len(before) :]
    assert [run["outcome"] for run in new] == ["failed"] * 5
    assert all(run["started_at"] for run in new)


def test_an_end_after_an_end_is_a_run_of_its_own(service):
    before = runs(service)
    for address in (f"{KEY}/start", KEY, KEY):
        ping(service, address)
    assert len(runs(service)) == len(before) + 2


def test_with_ids_runs_may_overlap(service):
    before = runs(service)
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    for address in (f"start?rid={first}", f"start?rid={second}", f"fail?rid={first}", f"0?rid={second.upper()}"):
        assert ping(service, f"{KEY}/{address}")[0] == 200
    outcomes = {run["run_id"]: run["outcome"] for run in runs(service)[len(before) :]}
    assert outcomes == {first: "failed", second: "succeeded"}


def test_the_end_of_what_was_started_before_a_restart_is_still_its_end(tmp_path):
    with Service(CONFIG, tmp_path, NIGHTLY_KEY=KEY) as service:
        ping(service, f"{KEY}/start")
        service.wait_drained()
        service.kill()
        service.start_again()
        service.wait_ready()
        ping(service, f"{KEY}/fail", b"disk full")
        [run] = runs(service)
    assert (run["outcome"], run["error"]["message"]) == ("failed", "disk full")
    assert run["started_at"] < run["ended_at"]


def test_two_keys_of_one_workflow_speak_of_the_same_runs(service):
    ping(service, "import-old/start")
    ping(service, "import-7f")
    [run] = runs(service, "import")
    assert (run["outcome"], run["environment"]) == ("succeeded", "")


@pytest.mark.parametrize(
    ("address", "body", "error"),
    [
        ("fail", b"copying\ndisk full\n", {"type": "ReportedFailure", "message": "disk full"}),
        ("fail", None, {"type": "ReportedFailure", "message": "the job says that it failed"}),
        ("3", b"disk full", {"type": "NonZeroExit", "message": "exit code 3: disk full"}),
        ("127", b"sh: x: not found", {"type": "CommandNotFound", "message": "exit code 127: sh: x: not found"}),
        ("1", b'  File "/a/b.py", line 1, in f\nshop.Gone: it is\n', {"type": "Gone", "message": "it is"}),
        ("fail", b"\xff\x00" + b"x" * 200_000 + b"\nlast", {"type": "ReportedFailure", "message": "last"}),
    ],
)  # fmt: skip
def test_a_failure_is_told_by_the_last_lines_of_the_body(service, address, body, error):
    before = runs(service)
    assert ping(service, f"{KEY}/{address}", body) == (200, "OK")
    run = newest(service, before)
    assert run["outcome"] == "failed"
    assert {name: run["error"][name] for name in ("type", "message")} == error


def test_a_log_is_a_sign_of_life_and_neither_begins_nor_ends_a_run(service):
    before = runs(service)
    assert ping(service, f"{KEY}/log", b"nobody runs") == (200, "OK")
    assert runs(service) == before
    ping(service, f"{KEY}/start")
    started = newest(service, before)
    assert ping(service, f"{KEY}/log", b"half done") == (200, "OK")
    assert ping(service, f"{KEY}/log?rid={uuid.uuid4()}") == (200, "OK")
    alive = newest(service, before)
    assert (alive["outcome"], alive["started_at"]) == ("running", started["started_at"])
    ping(service, KEY)
    assert newest(service, before)["outcome"] == "succeeded"


@pytest.mark.parametrize("key", ["nightly-backup", KEY[:-1], KEY + "x", "x" * 5_000, "%C3%A9"])
@pytest.mark.parametrize("what", ["", "/start", "/fail", "/3"])
def test_a_key_that_is_not_in_the_file_makes_no_workflow(service, key, what):
    before = service.get("/api/v1/pipeline")["accepted"]
    status, text = ping(service, key + what, b"body")
    assert (status, text) == (404, "not found: add this key under pings: in tocsin.yaml, and start Tocsin again")
    assert service.get("/api/v1/pipeline")["accepted"] == before


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        (f"{KEY}/stop", 400, "start, fail, log, an exit code"),
        (f"{KEY}/256", 400, "from 0 to 255"),
        (f"{KEY}/-1", 400, "from 0 to 255"),
        (f"{KEY}?rid=1", 400, "rid is not a UUID"),
        ("nobody/stop", 400, "start, fail, log, an exit code"),
        (f"{KEY}/start/now", 404, ""),
    ],
)
def test_a_wrong_ping_is_refused_with_the_remedy(service, address, status, said):
    before = service.get("/api/v1/pipeline")["accepted"]
    answered, text = ping(service, address)
    assert answered == status
    assert said in text
    assert service.get("/api/v1/pipeline")["accepted"] == before


def test_a_body_without_end_is_refused(service):
    before = service.items("/api/v1/failures")
    try:
        status = ping(service, f"{KEY}/fail", b"x" * (17 * 1024 * 1024))[0]
    except OSError:  # a client that goes on sending may see the end of the connection before the answer
        status = 413
    assert status == 413
    assert service.items("/api/v1/failures") == before


def test_the_key_stands_nowhere(service):
    ping(service, f"{KEY}/fail", b"why")
    seen = json.dumps([service.items(f"/api/v1/{what}") for what in ("runs", "failures", "alerts")])
    with urllib.request.urlopen(f"{service.url}/metrics", timeout=10) as answer:
        seen += answer.read().decode()
    assert KEY not in seen + service.log

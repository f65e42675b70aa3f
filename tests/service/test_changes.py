"""What was changed, marked in every way there is, and what became of an error group: through the running service."""

import hmac
import json
import subprocess
import sys
import urllib.parse
import urllib.request
from hashlib import sha256

import pytest

from support.service import Service

KEY = "let-me-in"
CONFIG = 'webhooks: {github: {secret: "${GITHUB_SECRET}"}}\n'


@pytest.fixture(scope="module")
def service(tmp_path_factory, store):
    folder = tmp_path_factory.mktemp("changes")
    with Service(CONFIG, folder, TOCSIN_INGEST_KEY=KEY, GITHUB_SECRET="octo", **store) as started:
        yield started


def told(service, body, **headers):
    status, said, _ = service.post("/api/v1/changes", body, **{"x_tocsin_key": KEY, **headers})
    return status, json.loads(said)


def listed(service, **query):
    return service.get(f"/api/v1/changes?{urllib.parse.urlencode(query)}")


def titles(service, **query):
    return [each["title"] for each in listed(service, **query)["items"]]


def until(service, title):
    service.wait_until(lambda: title in titles(service), f"told of {title}")


def tocsin(service, *arguments):
    command = [sys.executable, "-m", "alerting.cli.main", *arguments, "--url", service.url]
    environment = {**service.environment, "USER": "ann"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)


def form(service, path, **fields):
    body = urllib.parse.urlencode(fields).encode()
    status, page, _ = service.post(path, body, "application/x-www-form-urlencoded")
    return status, page.decode()


def test_a_change_is_taken_with_the_key_and_listed(service):
    change = {"title": "pool of 50", "kind": "configuration", "workflow": ["pay*"], "version": "c9", "id": "pool",
              "url": "https://ci.example/1", "environment": "live", "source": "terraform"}  # fmt: skip
    assert told(service, change, x_tocsin_key="wrong")[0] == 401
    for _ in range(2):
        assert told(service, change) == (202, {"accepted": 1, "rejected": [], "ids": ["pool"]})
    until(service, "pool of 50")
    service.wait_drained()
    [found] = [each for each in listed(service)["items"] if each["id"] == "pool"]
    assert found.pop("at").endswith("Z")
    assert found == change


def test_a_wrong_change_is_refused_with_its_member(service):
    status, said = told(service, [{"title": "x", "kind": "deploy"}])
    assert (status, said["accepted"], said["rejected"][0]["index"]) == (400, 0, 0)
    assert "did you mean deployment?" in said["rejected"][0]["error"]
    status, said = told(service, [{"title": "half right", "id": "half"}, {}])
    assert (status, said["ids"], said["rejected"][0]["index"]) == (202, ["half"], 1)
    assert told(service, b"{")[0] == 400
    assert told(service, [{"title": "x"}] * 1001)[0] == 400
    assert told(service, b"\x00", content_encoding="gzip")[0] == 400
    away = [each for each in service.get("/api/v1/sources")["turned_away"] if each["door"] == "/api/v1/changes"]
    assert away


def test_the_list_is_asked_for_a_time_a_workflow_and_in_pages(service):
    many = [{"title": f"of {n}", "workflow": f"w{n % 2}", "at": f"2026-06-01T00:0{n}:00Z"} for n in range(6)]
    assert told(service, [*many, {"title": "of all", "at": "2026-06-01T00:09:00Z"}])[0] == 202
    until(service, "of all")
    day = {"since": "2026-06-01T00:00:00Z", "until": "2026-06-02T00:00:00Z"}
    assert titles(service, **day, workflow="w1") == ["of all", "of 5", "of 3", "of 1"]
    assert titles(service, **day, workflow="w*")[1:3] == ["of 5", "of 4"]
    assert titles(service, **day, workflow="other") == ["of all"]
    assert titles(service, since="2026-06-01T00:02:00Z", until="2026-06-01T00:04:00Z") == ["of 3", "of 2"]
    for asked in ({**day, "workflow": "w1"}, day):
        found, cursor = [], {}
        while True:
            page = listed(service, limit=2, **asked, **cursor)
            assert len(page["items"]) <= 2
            found += [each["title"] for each in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert found == titles(service, **asked)
    status, _ = service.ask("GET", "/api/v1/changes?workflow=w%5B")
    assert status == 400


def test_a_deployment_of_github_is_a_change_and_one_under_way_is_none(service):
    for state in ("in_progress", "success"):
        body = json.dumps({
            "deployment_status": {"state": state, "environment": "live"},
            "deployment": {"id": 9, "sha": "abc", "ref": "v9"}, "repository": {"full_name": "octo/shop"},
        }).encode()  # fmt: skip
        signature = "sha256=" + hmac.new(b"octo", body, sha256).hexdigest()
        status, said, _ = service.post("/ingest/webhooks/github", body, X_Hub_Signature_256=signature)
        assert (status, json.loads(said)["accepted"]) == (202, int(state == "success"))
    until(service, "deployed octo/shop v9 to live")


def test_it_is_marked_by_a_command(service):
    done = tocsin(service, "changed", "deployed 3.1", "--version", "3.1", "--workflow", "a", "--workflow", "b*",
                  "--kind", "image", "--link", "https://ci.example/3", "--id", "by-hand")  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "by-hand\n")
    until(service, "deployed 3.1")
    [found] = [each for each in listed(service)["items"] if each["id"] == "by-hand"]
    assert (found["workflow"], found["version"], found["kind"], found["source"]) == (["a", "b*"], "3.1", "image", "ann")
    assert "deployed 3.1" in tocsin(service, "changes", "--workflow", "bcd").stdout
    wrong = tocsin(service, "changed", "x", "--kind", "deploy")
    assert (wrong.returncode, "did you mean deployment?" in wrong.stderr) == (1, True)


def test_it_is_marked_on_a_page_and_shows_at_once(service):
    status, page = form(service, "/changes", title="opened <the> gates", workflow="pay*, nightly", kind="schedule")
    assert status == 200
    assert "opened &lt;the&gt; gates" in page
    assert "pay*, nightly" in page
    status, page = form(service, "/changes", title="kept", workflow="pay[")
    assert (status, "bad [...]" in page, 'value="kept"' in page) == (400, True, True)
    assert "kept" not in titles(service)


def test_a_group_is_resolved_on_its_page_in_the_latest_version_and_comes_back(service):
    error = {"type": "Timeout", "message": "no answer"}

    def run(run_id, outcome, version):
        event = {"workflow": "ship", "run_id": run_id, "outcome": outcome, "version": version}
        event |= {"error": error} if outcome == "failed" else {}
        assert service.post("/api/v1/events", event, x_tocsin_key=KEY)[0] == 202
        service.wait_drained()

    def group():
        [found] = service.get("/api/v1/error-groups?workflow=ship")["items"]
        return service.get(f"/api/v1/error-groups/{found['id']}")

    run("s1", "failed", "1.9")
    path = f"/groups/{group()['id']}"
    run("s2", "succeeded", "1.10")
    with urllib.request.urlopen(service.url + path) as page:
        assert 'value="1.10"' in page.read().decode()
    status, page = form(service, f"{path}/resolve", version="1.10")
    assert (status, "in version 1.10" in page, "by page" in page) == (200, True, True)
    run("s3", "failed", "1.9")
    assert (group()["state"], group()["resolved_version"]) == ("resolved", "1.10")
    run("s4", "failed", "1.11")
    assert group()["state"] == "regressed"
    assert [(each["kind"], each["version"], each["by"]) for each in group()["history"]] == [
        ("regressed", "1.11", None),
        ("resolved", "1.10", "page"),
        ("new", "1.9", None),
    ]
    assert tocsin(service, "resolve", group()["id"], "--version", "1.12").returncode == 0
    service.wait_until(lambda: group()["resolved_version"] == "1.12", "resolved by the command")
    assert group()["history"][0]["by"] == "ann"
    assert form(service, "/groups/nothing/resolve", version="")[0] == 404

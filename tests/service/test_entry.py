"""Beyond loopback: pages ask for the password, ingest for the key; commands say what is wrong."""

import base64
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest

from support.service import Service, bare_environment, free_port

PASSWORD, KEY = "correct-horse", "ingest-key-1"
EVENT = {"workflow": "w", "outcome": "succeeded"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    with Service("", folder, TOCSIN_ADMIN_PASSWORD=PASSWORD, TOCSIN_INGEST_KEY=KEY) as service:
        yield service


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Bearer {KEY}"}, 202),
        ({"x_tocsin_key": KEY}, 202),
        ({"authorization": f"Bearer {PASSWORD}"}, 401),
    ],
)
def test_ingest_asks_for_the_key(guarded, headers, status):
    assert guarded.post("/api/v1/events", EVENT, **headers)[0] == status
    assert guarded.post("/v1/traces", b"", "application/x-protobuf", **headers)[0] == (401 if status == 401 else 200)


def answer(service, path, **headers):
    opener = urllib.request.build_opener(NoRedirect)
    try:
        found = opener.open(urllib.request.Request(service.url + path, headers=headers), timeout=10)
    except urllib.error.HTTPError as refused:
        return refused
    return found


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


@pytest.mark.parametrize(
    "path", ["/", "/runs", "/api/v1/runs", "/metrics", "/reports/trend", "/reports/trend/rest", "/api/openapi.json"]
)
def test_pages_and_api_ask_for_the_password(guarded, path):
    assert answer(guarded, path).status == 401
    assert answer(guarded, path, Authorization=f"Bearer {KEY}").status == 401
    basic = base64.b64encode(f"any:{PASSWORD}".encode()).decode()
    assert answer(guarded, path, Authorization=f"Basic {basic}").status == 200


def test_a_browser_is_sent_to_the_login_and_back(guarded):
    sent = answer(guarded, "/runs", Accept="text/html")
    assert (sent.status, sent.headers["location"]) == (303, "/login?next=/runs")
    status, body, _ = guarded.post("/login", b"password=wrong&next=/", "application/x-www-form-urlencoded")
    assert (status, b"not the password" in body) == (401, True)
    form = urllib.parse.urlencode({"password": PASSWORD, "next": "//evil.example"}).encode()
    request = urllib.request.Request(f"{guarded.url}/login", form)
    with pytest.raises(urllib.error.HTTPError) as redirect:
        urllib.request.build_opener(NoRedirect).open(request, timeout=10)
    assert (redirect.value.status, redirect.value.headers["location"]) == (303, "/")
    cookie = redirect.value.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert answer(guarded, "/runs", Cookie=cookie.split(";")[0]).status == 200
    assert answer(guarded, "/runs", Cookie=cookie.split(";")[0] + "x").status == 401


def test_health_is_open_and_tells_nothing_secret(guarded):
    assert guarded.get("/health")["status"] == "ok"


def tocsin(*arguments, cwd, **environment):
    command = [sys.executable, "-m", "alerting.cli.main", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**bare_environment(cwd), **environment}, capture_output=True, text=True, timeout=30
    )


def test_listening_beyond_loopback_without_password_and_key_is_refused(tmp_path):
    told = tocsin("serve", "--listen", f"0.0.0.0:{free_port()}", cwd=tmp_path)
    assert told.returncode == 2
    assert "TOCSIN_ADMIN_PASSWORD and TOCSIN_INGEST_KEY" in told.stderr


def test_a_taken_port_and_a_taken_folder_are_said_with_the_remedy(tmp_path, guarded):
    told = tocsin("serve", "--listen", f"127.0.0.1:{guarded.port}", cwd=tmp_path)
    assert (told.returncode, "--listen" in told.stderr) == (2, True)
    told = tocsin("serve", "--listen", f"127.0.0.1:{free_port()}", "--data", str(guarded.data), cwd=tmp_path)
    assert (told.returncode, "--data" in told.stderr) == (2, True)


def test_a_channel_that_would_tell_nobody_keeps_the_service_from_starting(tmp_path):
    told = tocsin("serve", "--listen", f"127.0.0.1:{free_port()}", cwd=tmp_path, TOCSIN_NOTIFY="json://a,slak://s3cret")
    assert (told.returncode, "URL 2: slak:// is not a service" in told.stderr) == (2, True)
    assert "s3cret" not in told.stderr


def test_an_invalid_file_keeps_the_service_from_starting(tmp_path):
    (tmp_path / "tocsin.yaml").write_text("rulez: []\n")
    told = tocsin("serve", "--listen", f"127.0.0.1:{free_port()}", cwd=tmp_path)
    assert told.returncode == 1
    assert "tocsin.yaml:1:1" in told.stderr
    checked = tocsin("check", cwd=tmp_path)
    assert (checked.returncode, "did you mean rules?" in checked.stdout) == (1, True)
    (tmp_path / "tocsin.yaml").write_text("rules: [{name: a}]\n")
    assert tocsin("check", cwd=tmp_path).returncode == 0
    assert tocsin("check", "nowhere.yaml", cwd=tmp_path).returncode == 2


def test_looking_acting_and_reporting_from_the_command_line(tmp_path):
    nobody = tocsin("runs", "--url", f"http://127.0.0.1:{free_port()}", cwd=tmp_path)
    assert (nobody.returncode, "tocsin serve" in nobody.stderr) == (3, True)
    with Service("", tmp_path) as service:
        service.post(
            "/api/v1/events", {"workflow": "pay", "outcome": "failed", "error": {"type": "Boom", "message": "x"}}
        )
        service.wait_drained()
        for what in ("runs", "alerts", "groups", "channels", "deliveries"):
            told = tocsin(what, "--url", service.url, cwd=tmp_path)
            assert told.returncode == 0, told.stderr
        assert "pay" in tocsin("runs", "--url", service.url, "--json", cwd=tmp_path).stdout
        [alert] = service.items("/api/v1/alerts")
        assert tocsin("ack", alert["id"], "--url", service.url, cwd=tmp_path).returncode == 0
        assert tocsin("resolve", "nope", "--url", service.url, cwd=tmp_path).returncode == 1
        for form in ("html", "csv", "json"):
            told = tocsin("report", "--since", "1d", "--data", str(service.data), "--out", f"r.{form}", cwd=tmp_path)
            assert told.returncode == 0, told.stderr
            assert "pay" in (tmp_path / f"r.{form}").read_text()
    assert tocsin("report", "--out", "r.doc", cwd=tmp_path).returncode == 2
    assert tocsin("report", "--out", "r.html", "--data", "nowhere", cwd=tmp_path).returncode == 1

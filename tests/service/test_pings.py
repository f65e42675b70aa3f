"""Heartbeat pings in the form of Healthchecks, by whoever can only call an address."""

import urllib.error
import urllib.request

import pytest

from support.service import Service

CONFIG = """
pings:
  - {key: 4f2a9c1e7b, workflow: nightly-backup, environment: production}
  - {key: "${OTHER_KEY}", workflow: hourly-sync}
"""
RID = "6E1B1F1C-6b1f-4a5e-9d0a-0d6c5f4b3a21"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(
        CONFIG, tmp_path_factory.mktemp("pings"), OTHER_KEY="s3cret", TOCSIN_INGEST_KEY="for others"
    ) as running:
        yield running


def ping(service, path, body=None, method=None):
    request = urllib.request.Request(f"{service.url}/ping/{path}", body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def runs_of(service, workflow, wanted):
    def found():
        return [run for run in service.items("/api/v1/runs") if run["workflow"] == workflow]

    service.wait_until(lambda: len(found()) == wanted and service.get("/api/v1/pipeline")["lag_seconds"] == 0, "told")
    return found()


def test_a_start_and_an_end_are_one_run_with_its_last_words(service):
    assert ping(service, f"4f2a9c1e7b/start?rid={RID}") == (200, b"OK")
    assert ping(service, f"4f2a9c1e7b/2?rid={RID}", b"copying\nOSError: disk full\n") == (200, b"OK")
    service.wait_until(
        lambda: [run["outcome"] for run in service.items("/api/v1/runs") if run["engine"] == "ping"] == ["failed"],
        "failed",
    )
    [run] = runs_of(service, "nightly-backup", 1)
    assert (run["run_id"], run["environment"], run["outcome"]) == (RID.lower(), "production", "failed")
    assert (run["error"]["type"], "disk full" in run["error"]["message"]) == ("NonZeroExit", True)


def test_without_an_id_an_end_closes_the_start_that_is_open(service):
    for word in ("/start", "/log", ""):
        assert ping(service, f"s3cret{word}", method="HEAD")[0] == 200
    service.wait_until(
        lambda: any(run["outcome"] == "succeeded" for run in service.items("/api/v1/runs")), "succeeded"
    )  # fmt: skip
    [run] = runs_of(service, "hourly-sync", 1)
    assert run["outcome"] == "succeeded"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("unknown", 404, b"pings:"),
        ("4f2a9c1e7b/256", 400, b"0 to 255"),
        ("4f2a9c1e7b/stop", 400, b"start, fail, log"),
        ("4f2a9c1e7b?rid=1", 400, b"UUID"),
    ],
)
def test_what_is_wrong_is_said(service, path, status, said):
    answered, text = ping(service, path)
    assert (answered, said in text, b"4f2a9c1e7b" in text) == (status, True, False)

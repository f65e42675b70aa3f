"""Tocsin as an Inngest app. The executor's side is played: its server cannot be had here. Its signed calls are made as
the protocol says, and answered by Inngest's own SDK."""

import hmac
import json
import re
import time
import urllib.error
import urllib.request
from hashlib import sha256

import pytest

from support.service import Service
from support.sinks import HttpSink

KEY = "signkey-prod-" + "ab" * 32
OLD_KEY = "signkey-prod-" + "cd" * 32
RUN = "01M82YBFE9PH3X4WA2XSWADN8Q"


def failed(message="card declined"):
    error = {"error": "NonRetriableError", "name": "PaymentDeclinedError", "message": message, "stack": "Error: x"}
    data = {"function_id": "shop-charge", "run_id": RUN, "error": error, "_inngest": {"status": "Failed"}}
    return {"name": "inngest/function.failed", "id": RUN, "ts": int(time.time() * 1_000), "data": data, "user": {}}


def call_of(event):
    """What the executor posts, in the canonical form that it signs."""
    stack = {"stack": [], "current": 0}
    ctx = {"attempt": 0, "disable_immediate_execution": False, "env": "", "stack": stack, "step_id": "step",
           "fn_id": "00000000-0000-4000-a000-000000000000", "max_attempts": 21, "use_api": False,
           "run_id": "01M82YBFE9PH3X4WA2XSWADN8R"}  # fmt: skip
    told = {"ctx": ctx, "event": event, "events": [event], "steps": {}, "use_api": False, "version": -1}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signature(body, key=KEY, at=None):
    stamp = str(int(at or time.time()))
    plain = re.sub(r"^signkey-\w+-", "", key).encode()
    return f"t={stamp}&s={hmac.new(plain, body + stamp.encode(), sha256).hexdigest()}"


def call(service, body, signed):
    headers = {"x_inngest_signature": signed} if signed else {}
    return service.post("/api/inngest?fnId=tocsin-forward&stepId=step", body, **headers)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    keys = {"INNGEST_SIGNING_KEY": KEY, "INNGEST_SIGNING_KEY_FALLBACK": OLD_KEY, "TOCSIN_INGEST_KEY": "for others"}
    with Service("", tmp_path_factory.mktemp("inngest"), **keys) as running:
        yield running


def test_a_signed_failure_becomes_a_message(tmp_path):
    with HttpSink() as sink, Service(
        "", tmp_path, INNGEST_SIGNING_KEY=KEY, TOCSIN_NOTIFY=f"json://127.0.0.1:{sink.port}"
    ) as service:  # fmt: skip
        body = call_of(failed())
        status, said, _ = call(service, body, signature(body))
        assert (status, said) == (200, b'"taken"')
        service.wait_until(lambda: len(sink.requests) == 1, "told of the failed run")
        [run] = service.items("/api/v1/runs")
    assert (run["engine"], run["workflow"], run["run_id"]) == ("inngest", "shop-charge", RUN)
    assert run["error"]["type"] == "PaymentDeclinedError"


def test_the_fallback_key_is_as_good(service):
    body = call_of(failed())
    assert call(service, body, signature(body, OLD_KEY))[0] == 200


@pytest.mark.parametrize("wrong", ["none", "another key", "changed", "old", "upper case"])
def test_what_is_not_signed_right_is_not_let_in(service, wrong):
    body = call_of(failed())
    signed = {
        "none": "",
        "another key": signature(body, "signkey-prod-" + "00" * 32),
        "changed": signature(call_of(failed("all is well"))),
        "old": signature(body, at=time.time() - 3600),
        "upper case": signature(body).upper().replace("T=", "t=").replace("S=", "s="),
    }[wrong]
    before = service.get("/api/v1/pipeline")["accepted"]
    status, _, _ = call(service, body, signed)
    assert status in {401, 500}
    assert service.get("/api/v1/pipeline")["accepted"] == before


def test_two_megabytes_of_error_text_arrive(service):
    body = call_of(failed("x" * 1_900_000))
    assert call(service, body, signature(body))[0] == 200


def test_without_a_key_it_says_what_to_set(tmp_path):
    with Service("", tmp_path) as service:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{service.url}/api/inngest", timeout=10)
        assert (refused.value.code, b"INNGEST_SIGNING_KEY" in refused.value.read()) == (503, True)


def test_it_registers_its_function_with_the_inngest_server(tmp_path):
    with HttpSink() as api, Service(
        "", tmp_path, INNGEST_SIGNING_KEY=KEY, INNGEST_API_BASE_URL=f"http://127.0.0.1:{api.port}"
    ) as service:  # fmt: skip
        request = urllib.request.Request(f"{service.url}/api/inngest", b"", method="PUT")
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as answered:
            answered.close()
        [registered] = [sent for sent in api.requests if sent.path.startswith("/fn/register")]
    told = registered.json
    assert told.get("appname", told.get("app_name")) == "tocsin"
    [function] = told["functions"]
    assert {trigger["event"] for trigger in function["triggers"]} == {
        "inngest/function.failed", "inngest/function.finished", "inngest/function.cancelled"
    }  # fmt: skip

"""From another system's webhook to a message, through the real doors."""

import hmac
import json
from hashlib import sha256

from support.service import Service
from support.sinks import HttpSink

CONFIG = """
webhooks:
  github: {secret: "${GITHUB_SECRET}"}
  stepfunctions:
    signature: x-api-key
    secret: "${STEPS_SECRET}"
    map:
      workflow: "$.detail.stateMachineArn"
      run_id: "$.detail.executionArn"
      outcome: {path: "$.detail.status", words: {SUCCEEDED: succeeded, FAILED: failed, TIMED_OUT: timed_out}}
      occurred_at: "$.time"
      error.type: "$.detail.error"
      labels.region: "$.region"
"""
SECRETS = {"GITHUB_SECRET": "octo", "STEPS_SECRET": "walk"}


def failed_run():
    run = {"id": 7, "name": "deploy", "status": "completed", "conclusion": "failure", "run_attempt": 1,
           "head_sha": "abc", "html_url": "https://github.example/runs/7"}  # fmt: skip
    return json.dumps({"action": "completed", "workflow_run": run, "repository": {"full_name": "octo/shop"}}).encode()


def execution(status):
    detail = {"stateMachineArn": "arn:pay", "executionArn": "arn:pay:1", "status": status, "error": "States.TaskFailed"}
    return {"source": "aws.states", "time": "2026-11-20T10:00:00Z", "region": "eu-1", "detail": detail}


def test_a_signed_webhook_is_told_and_an_unsigned_one_is_not_let_in(tmp_path):
    notify = {"TOCSIN_INGEST_KEY": "key"}
    with HttpSink() as sink, Service(
        CONFIG, tmp_path, TOCSIN_NOTIFY=f"json://127.0.0.1:{sink.port}", **SECRETS, **notify
    ) as service:  # fmt: skip
        body = failed_run()
        signature = "sha256=" + hmac.new(b"octo", body, sha256).hexdigest()
        refused, said, _ = service.post("/ingest/webhooks/github", body, X_Hub_Signature_256="sha256=00")
        assert (refused, b"X-Hub-Signature-256" in said, b"octo" in said) == (401, True, False)
        accepted, said, _ = service.post("/ingest/webhooks/github", body, X_Hub_Signature_256=signature)
        assert (accepted, json.loads(said)) == (202, {"accepted": 1, "rejected": []})
        service.wait_until(lambda: len(sink.requests) == 1, "told of the failed run")
        [run] = service.items("/api/v1/runs")
        assert (run["engine"], run["workflow"], run["run_id"], run["version"]) == (
            "github-actions",
            "deploy",
            "7",
            "abc",
        )
        assert service.post("/ingest/webhooks/gitlab", b"{}")[0] == 401
        assert service.post("/ingest/webhooks/gitlab?key=key", b"{}")[0] == 400


def test_a_sender_of_any_kind_is_mapped_by_the_file(tmp_path):
    with Service(CONFIG, tmp_path, **SECRETS) as service:
        path = "/ingest/webhooks/stepfunctions"
        assert service.post(path, execution("FAILED"))[0] == 401
        assert service.post(path, execution("FAILED"), x_api_key="walk")[0] == 202
        status, said, _ = service.post(path, execution("ODD"), x_api_key="walk")
        assert (status, b"'odd' is not known" in said) == (400, True)
        status, said, _ = service.post("/ingest/webhooks/stepfunction", {})
        assert (status, b"stepfunctions" in said) == (404, True)
        service.wait_drained()
        service.wait_until(lambda: len(service.items("/api/v1/runs")) == 1, "told of the execution")
        [run] = service.items("/api/v1/runs")
    assert (run["engine"], run["workflow"], run["outcome"]) == ("event", "arn:pay", "failed")
    assert run["error"]["type"] == "TaskFailed"


def test_a_binary_cloudevent_is_an_event_of_its_own(tmp_path):
    with Service("", tmp_path) as service:
        named = {"ce_specversion": "1.0", "ce_type": "run.ended", "ce_source": "/cron", "ce_id": "1"}
        status, _, _ = service.post("/ingest/webhooks/cloudevents", {"workflow": "w", "outcome": "failed"}, **named)
        assert status == 202
        service.wait_until(lambda: len(service.items("/api/v1/runs")) == 1, "told of the run")
        status, said, _ = service.post("/ingest/webhooks/cloudevents", {"temperature": 1}, **named)
        assert (status, json.loads(said)["accepted"]) == (202, 0)

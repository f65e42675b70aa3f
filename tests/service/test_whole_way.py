"""From a real request to a real message: webhook, mail and Apprise; told once, then that it is over."""

import pytest
from standardwebhooks import Webhook

from support.service import Service
from support.sinks import Answer, HttpSink
from support.smtp import SmtpSink

pytestmark = pytest.mark.usefixtures("on_both")

BOOM = {
    "workflow": "pay-invoice",
    "outcome": "failed",
    "error": {"type": "Boom", "message": "it broke"},
    "step": "charge",
}


def test_a_failure_is_told_by_webhook_mail_and_apprise_and_so_is_its_end(tmp_path):
    config = """
severity: [{{match: {{workflow: "pay*"}}, severity: critical}}]
channels:
  hook: {{type: webhook, url: "{hook}", secret: "${{HOOK_SECRET}}"}}
  mail: {{type: email, smtp: "{smtp}", from: "tocsin@example.com", to: ["ops@example.com"]}}
  other: {{type: apprise, url: "json://127.0.0.1:{port}/x"}}
"""
    with HttpSink() as hook, HttpSink() as other, SmtpSink() as smtp:
        text = config.format(hook=hook.url, smtp=smtp.url, port=other.port)
        with Service(text, tmp_path, HOOK_SECRET="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") as service:
            assert service.post("/api/v1/events", {**BOOM, "run_id": "r1"})[0] == 202
            [first] = hook.wait_for(1)
            other.wait_for(1)
            service.wait_drained()
            service.post("/api/v1/events", [{**BOOM, "run_id": f"r{n}"} for n in range(2, 5)])
            service.wait_drained()
            service.post("/api/v1/events", {"workflow": "pay-invoice", "outcome": "succeeded", "run_id": "ok"})
            hook.wait_for(2)
            service.wait_drained()
            [alert] = service.items("/api/v1/alerts")
            notifications = service.items("/api/v1/notifications")
        resolved = hook.requests[1].json
    said = first.json
    assert (said["reason"], said["severity"], said["channel"]) == ("first", "critical", "hook")
    assert said["alerts"][0]["error"] == {"type": "Boom", "message": "it broke"}
    assert said["alerts"][0]["error_group"] == alert["error_group"]
    assert said["links"]["alert"].endswith(alert["id"])
    Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(first.body, first.headers)
    assert (resolved["reason"], resolved["alerts"][0]["count"]) == ("resolved", 4)
    assert alert["state"] == "resolved"
    assert len(hook.requests) == len(other.requests) == len(smtp.mails) == 2
    assert [n["status"] for n in notifications] == ["sent"] * 6
    subjects = [mail["Subject"] for _, mail in smtp.mails]
    assert subjects == [
        "[critical] pay-invoice: Boom in step charge",
        "[critical] resolved: pay-invoice: Boom in step charge",
    ]


def test_a_channel_that_is_down_gets_one_message_when_it_is_back(tmp_path):
    with HttpSink([Answer(503, {"Retry-After": "1"})] * 2) as hook:
        with Service(f'channels: {{hook: {{type: webhook, url: "{hook.url}"}}}}', tmp_path) as service:
            service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
            requests = hook.wait_for(3, 20)
            service.wait_drained()
            tries = service.items("/api/v1/deliveries")
        assert len({request.headers["webhook-id"] for request in requests}) == 1
    assert [each["receipt"] for each in tries] == ["delivered", "unreachable", "unreachable"]


def test_failed_and_recovered_before_anyone_heard_is_one_message(tmp_path):
    with HttpSink([Answer(503, {"Retry-After": "2"})]) as hook:
        with Service(f'channels: {{hook: {{type: webhook, url: "{hook.url}"}}}}', tmp_path) as service:
            service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
            hook.wait_for(1)
            service.post("/api/v1/events", {"workflow": "pay-invoice", "outcome": "succeeded", "run_id": "ok"})
            hook.wait_for(2, 20)
            service.wait_drained()
        assert [request.json["reason"] for request in hook.requests] == ["first", "recovered"]


def test_a_refused_message_goes_to_the_fallback_and_the_channel_is_ill(tmp_path):
    with HttpSink(default=Answer(404)) as gone, HttpSink() as spare:
        config = f"""
channels:
  hook: {{type: webhook, url: "{gone.url}", fallback: spare}}
  spare: {{type: webhook, url: "{spare.url}"}}
policies: {{default: {{channels: [hook]}}}}
"""
        with Service(config, tmp_path) as service:
            service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
            [told] = spare.wait_for(1)
            service.wait_drained()
            health = service.get("/health")
    assert "Told here because channel hook could not deliver it" in told.json["text"]
    assert health["status"] == "ok"
    assert "hook" in health["warnings"][0]


@pytest.mark.parametrize("notify", ["", "set"])
def test_without_a_file_any_failure_is_high_and_told_to_notify(tmp_path, notify):
    with HttpSink() as sink:
        environment = {"TOCSIN_NOTIFY": f"json://127.0.0.1:{sink.port}/x"} if notify else {}
        with Service("", tmp_path, **environment) as service:
            service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
            service.wait_drained()
            [alert] = service.items("/api/v1/alerts")
            assert alert["severity"] == "high"
            assert len(sink.requests) == (1 if notify else 0)


def test_acknowledging_and_resolving_over_the_api_and_the_page(tmp_path):
    with Service("", tmp_path) as service:
        service.post("/api/v1/events", {**BOOM, "run_id": "r1"})
        service.wait_drained()
        [alert] = service.items("/api/v1/alerts")
        status, _, _ = service.post(f"/api/v1/alerts/{alert['id']}/acknowledge", {"by": "ann"})
        assert status == 202
        service.wait_until(lambda: service.items("/api/v1/alerts")[0]["acknowledged_by"] == "ann", "acknowledged")
        service.post(f"/alerts/{alert['id']}/resolve", b"", "application/x-www-form-urlencoded")
        assert service.items("/api/v1/alerts")[0]["state"] == "resolved"
        assert service.post("/api/v1/alerts/nope/resolve", {"by": "ann"})[0] == 404
        assert service.post(f"/alerts/{alert['id']}/resolve", b"", origin="http://evil.example")[0] == 403

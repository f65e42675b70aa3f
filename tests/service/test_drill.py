"""``tocsin drill`` and ``tocsin deliveries``: does word arrive, where is it if not, and can it be sent again?"""

import subprocess
import sys

import pytest

from support.service import Service, bare_environment, free_port
from support.sinks import Answer, HttpSink

pytestmark = pytest.mark.usefixtures("on_both")


def tocsin(service, *arguments, **environment):
    command = [sys.executable, "-m", "alerting.cli.main", *arguments, "--url", service.url]
    around = {**service.environment, "USER": "ann", **environment}
    done = subprocess.run(command, env=around, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def hooks(**sinks):
    channels = ", ".join(f'{name}: {{type: webhook, url: "{sink.url}"}}' for name, sink in sinks.items())
    return f"channels: {{{channels}}}\npolicies: {{default: {{channels: [{', '.join(sinks)}]}}}}\n"


def test_a_drill_arrives_and_ends_and_is_marked_and_not_counted(tmp_path):
    with HttpSink() as ops, HttpSink() as spare, Service(hooks(ops=ops, spare=spare), tmp_path) as service:
        code, said = tocsin(service, "drill")
        assert code == 0, said
        for step in ("taken in", "recognised as run", "rule any-failure", "ops (", "spare (", "is resolved"):
            assert step in said
        requests = ops.wait_for(2)
        service.wait_drained()
        report = service.get("/api/v1/reports/trend?since=1d")
        deliveries = tocsin(service, "deliveries", "--channel", "ops")[1]
        for _ in range(2):  # one after the other: none is in the way of the next
            code, said = tocsin(service, "drill")
            assert (code, "is resolved" in said) == (0, True), said
    first, over = (request.json for request in requests[:2])
    assert (first["reason"], over["reason"]) == ("drill", "resolved")
    assert first["title"] == "[critical] drill: tocsin-drill: TocsinDrill"
    assert over["title"] == "[critical] drill: resolved: tocsin-drill: TocsinDrill"
    assert "did not really fail" in first["text"]
    assert set(first["links"]) >= {"acknowledge", "silence"}
    assert report["sections"][0]["finding"] == "No run ended in this period."
    assert "delivered" in deliveries
    assert "spare" not in deliveries


@pytest.mark.once
def test_a_drill_does_not_end_what_really_fails(tmp_path):
    with HttpSink() as ops, Service(hooks(ops=ops), tmp_path) as service:
        service.post("/api/v1/events", {"workflow": "pay", "run_id": "r1", "outcome": "failed"})
        service.wait_drained()
        assert tocsin(service, "drill", "--workflow", "pay")[0] == 0
        service.wait_drained()
        states = {alert["engine"]: alert["state"] for alert in service.items("/api/v1/alerts")}
    assert states["drill"] == "resolved"
    assert states.get("event", "firing") == "firing"


@pytest.mark.once
def test_a_channel_that_refuses_is_named_and_its_dead_letter_is_sent_again(tmp_path):
    with (
        HttpSink([Answer(404, body=b"gone")] * 2) as ops,
        HttpSink() as spare,
        Service(hooks(ops=ops, spare=spare), tmp_path) as service,
    ):
        code, said = tocsin(service, "drill")
        assert code == 1
        assert "✗ ops (" in said
        assert "HTTP 404" in said
        service.wait_drained()
        channels = {each["name"]: each for each in service.items("/api/v1/channels")}
        assert (channels["ops"]["state"], channels["ops"]["dead_24h"] > 0) == ("ill", True)
        assert (channels["spare"]["state"], channels["spare"]["dead_24h"]) == ("ok", 0)
        assert channels["spare"]["last_delivered_at"]
        [dead, *_] = service.get("/api/v1/notifications?status=dead&channel=ops")["items"]
        assert dead["id"] in tocsin(service, "deliveries")[1]
        code, said = tocsin(service, "deliveries", "--retry", dead["id"])
        assert (code, said) == (0, f"{dead['id']} is queued again\n")
        service.wait_until(lambda: service.get("/api/v1/channels")["items"][0]["state"] == "ok", "well again")
        service.wait_drained()
        [again] = service.get(f"/api/v1/notifications?notification={dead['id']}")["items"]
        assert (again["status"], again["waiting"]) == ("sent", [])
        assert service.ask("POST", f"/api/v1/notifications/{dead['id']}/retry")[0] == 409
        assert service.ask("POST", "/api/v1/notifications/nothing/retry")[0] == 404
        audited = [(row["action"], row["by"]) for row in service.items("/api/v1/audit")]
        assert ("retry", "ann") in audited
        assert tocsin(service, "deliveries", "--retry", "nothing")[0] == 1


@pytest.mark.once
def test_a_receiver_that_is_away_is_waited_for_until_the_time_is_up(tmp_path):
    with HttpSink(default=Answer(503, {"Retry-After": "60"})) as ops, Service(hooks(ops=ops), tmp_path) as service:
        code, said = tocsin(service, "drill", "--timeout", "2")
        assert code == 1
        assert "503" in said
        assert "next try at" in said
        [waiting] = service.get("/api/v1/notifications?status=queued&channel=ops")["items"][-1:]
        [owed] = waiting["waiting"]
        assert (owed["channel"], owed["attempts"] > 0) == ("ops", True)
        [channel] = service.items("/api/v1/channels")
        assert (channel["state"], channel["waiting"] > 0) == ("paused", True)
        shown = tocsin(service, "deliveries")[1]
        assert "Waiting" in shown
        assert f"paused until {channel['paused_until']}" in shown


@pytest.mark.once
def test_what_keeps_it_from_being_sent_is_said(tmp_path):
    with HttpSink() as ops, Service(hooks(ops=ops), tmp_path) as service:
        silence = {"match": {"workflow": "tocsin-*"}, "until": "1h", "comment": "moving house"}
        assert service.ask("POST", "/api/v1/silences", silence)[0] == 202
        code, said = tocsin(service, "drill")
        assert code == 1
        assert "not sent because silenced: moving house" in said
        [alert] = service.items("/api/v1/alerts")
        unsent = service.get(f"/api/v1/notifications?status=suppressed&alert={alert['id']}")["items"]
        assert ("silenced", "moving house") in {(each["reason"], each["because"]) for each in unsent}
        assert {each["status"] for each in unsent} == {"suppressed"}
        assert "moving house" in tocsin(service, "deliveries", "--alert", alert["id"])[1]
        assert service.ask("GET", "/api/v1/notifications?status=suppressed,dead")[0] == 400
        assert service.ask("GET", "/api/v1/notifications?status=lost")[0] == 400


@pytest.mark.once
def test_no_rule_that_looks_at_it_is_said(tmp_path):
    config = "rules: [{name: payments, match: {workflow: pay}}]"
    with Service(config, tmp_path) as service:
        code, said = tocsin(service, "drill", "--workflow", "other")
    assert code == 1
    assert "workflow is 'other', not 'pay'" in said
    assert "Nobody was told" in said


@pytest.mark.once
def test_keys_are_used_and_asked_for(tmp_path):
    guarded = {"TOCSIN_INGEST_KEY": "an ingest key", "TOCSIN_ADMIN_PASSWORD": "a password"}
    with HttpSink() as ops, Service(hooks(ops=ops), tmp_path, **guarded) as service:
        assert tocsin(service, "drill")[0] == 0
        code, said = tocsin(service, "drill", TOCSIN_INGEST_KEY="wrong one")
        assert (code, "ingest key is missing or wrong" in said) == (1, True)


@pytest.mark.once
def test_a_service_that_is_not_there_is_3(tmp_path):
    command = [sys.executable, "-m", "alerting.cli.main", "drill", "--url", f"http://127.0.0.1:{free_port()}"]
    done = subprocess.run(command, env=bare_environment(tmp_path), capture_output=True, timeout=30, check=False)
    assert done.returncode == 3

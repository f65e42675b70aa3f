"""A real app of Inngest's Python SDK. Only the server is played, as its protocol says: it cannot be had here."""

import json
import time
import urllib.error
import urllib.request

from support.engines import LIVE, needs, python, running
from support.service import Service, free_port

HERE = LIVE / "inngest"
pytestmark = needs(python("inngest"))


def call(port, function, event, run_id):
    """What the executor posts for one call; the app's answer."""
    ctx = {"attempt": 0, "disable_immediate_execution": True, "use_api": False, "run_id": run_id,
           "stack": {"stack": [], "current": 0}}  # fmt: skip
    told = {"ctx": ctx, "event": event, "events": [event], "steps": {}, "use_api": False}
    url = f"http://127.0.0.1:{port}/api/inngest?fnId=shop-{function}&stepId=step"
    request = urllib.request.Request(url, json.dumps(told).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def event(name, data, id_):
    return {"name": name, "data": data, "id": id_, "ts": int(time.time() * 1_000), "user": {}}


def ended(function, run_id, status, trigger, **more):
    """What the server makes of the end of a run."""
    name = "inngest/function.failed" if status == "Failed" else "inngest/function.finished"
    data = {"function_id": f"shop-{function}", "run_id": run_id, "event": trigger, "_inngest": {"status": status}}
    return event(name, {**data, **more}, run_id)


def test_what_the_sdk_answers_comes_out_as_runs(tmp_path):
    port = free_port()
    with Service("", tmp_path) as service:
        environment = {"TOCSIN_URL": service.url, "INNGEST_DEV": "1"}
        with running([python("inngest"), HERE / "app.py", str(port)], tmp_path, "running on", **environment):
            placed = event("order/placed", {"order": 7}, "e1")
            status, error = call(port, "pay", placed, "r1")
            assert status >= 400
            well, _ = call(port, "welcome", placed, "r2")
            assert well in {200, 206}
            failed = ended("pay", "r1", "Failed", placed, error={**error, "error": "NonRetriableError"}, result=error)
            for each in (failed, ended("welcome", "r2", "Completed", placed, result="hello")):
                status, said = call(port, "to-tocsin", each, f"forwards-{each['id']}")
                assert status in {200, 206}, said
        service.wait_drained()
        runs = {run["workflow"]: run for run in service.items("/api/v1/runs")}
        [group] = service.items("/api/v1/error-groups")
    assert runs.keys() == {"shop-pay", "shop-welcome"}
    pay = runs["shop-pay"]
    assert (pay["engine"], pay["run_id"], pay["outcome"]) == ("inngest", "r1", "failed")
    assert (pay["error"]["type"], pay["error"]["message"]) == ("CardDeclined", "card declined for order 7")
    assert runs["shop-welcome"]["outcome"] == "succeeded"
    assert any("charge" in value for _, value in group["components"])

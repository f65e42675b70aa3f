"""Does ``explain`` say of any run why somebody was told, or nobody?"""

import pytest

from alerting.cli.explaining import words
from rules.instants import MINUTE, SECOND
from support.doors import doors
from support.house import House

CONFIG = """
channels: {ops: {type: webhook, url: "http://127.0.0.1:9/x"}}
rules:
  - name: payments
    match: {workflow: "pay*", environment: production}
    when: error.type != "CardDeclined" && attempt >= 0
  - name: often
    match: {workflow: "pay*"}
    condition: {count: 3, within: 10m}
  - name: in-a-row
    match: {workflow: "pay*"}
    condition: {consecutive: 2}
    notify: shadow
  - {name: imports, match: {workflow: import}}
"""


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, CONFIG)
    yield made
    made.close()


@pytest.fixture
def client(house):
    return doors(house)


def asked(client, run):
    answer = client.get(f"/api/v1/runs/{run}/explain")
    assert answer.status_code == 200, answer.text
    return answer.json(), {rule["rule"]: rule for rule in answer.json()["rules"]}


def test_a_run_that_was_told(house, client):
    house.event(run_id="r1", environment="production")
    house.work()
    found, rules = asked(client, "r1")
    assert found["summary"] == "failed: rules that look at it: payments, often, in-a-row"
    payments = rules["payments"]
    assert [each["change"] for each in payments["judged"]] == ["inactive → firing (1)"]
    assert [each["value"] for each in payments["when"]["parts"]] == ["true", "true"]
    assert [(each["about"], each["channel"], each["status"]) for each in payments["messages"]] == [
        ("first", "ops", "queued")
    ]
    assert payments["route"]["channels"] == ["ops"]
    assert payments["route"]["group"] == {"workflow": "pay"}
    assert "quiet" in {each["kind"] for each in payments["planned"]}
    assert rules["often"]["messages"] == []
    assert rules["in-a-row"]["route"]["silence"] == "shadow"
    assert rules["imports"]["because"] == "workflow is 'pay', not 'import'"


def test_which_matcher_and_which_part_said_no(house, client):
    house.event(run_id="r1", environment="test", error={"type": "CardDeclined"})
    house.event(run_id="r2", environment="production", error={"type": "CardDeclined"})
    house.work()
    _, first = asked(client, "r1")
    assert first["payments"]["match"][1] == {
        "field": "environment", "wanted": "production", "actual": "test", "holds": False
    }  # fmt: skip
    _, second = asked(client, "r2")
    assert second["payments"]["because"] == 'when is false: error.type != "CardDeclined"'


def test_a_failure_that_was_counted_only(house, client):
    house.event(run_id="r1", environment="production")
    house.work()
    house.pass_time(MINUTE)
    house.event(run_id="r2", environment="production")
    house.work()
    _, rules = asked(client, "r2")
    assert [each["change"] for each in rules["payments"]["judged"]] == ["firing (1) → firing (2)"]
    assert [(each["channel"], each["reason"]) for each in rules["payments"]["silences"]] == [("ops", "dedup")]


def test_runs_that_did_not_fail(house, client):
    house.event(run_id="good", outcome="succeeded")
    house.event(run_id="open", outcome="running")
    house.event(run_id="gone", outcome="cancelled")
    house.work()
    found, rules = asked(client, "good")
    assert found["summary"].startswith("succeeded: rules that watch successes: in-a-row; a success also")
    assert rules["payments"]["because"] == "does not look at successes"
    assert asked(client, "open")[0]["summary"] == "running: no rule watches open runs of this workflow"
    assert asked(client, "gone")[0]["summary"] == "cancelled: no rule watches such ends of this workflow"


def test_a_consequence_and_one_that_is_not_judged_yet(house, client):
    error = {"type": "Boom", "message": "it broke"}
    house.event("child", "c1", error=error, parent_run_id="p1")
    house.event("pay", "p1", error=error)
    house.event("pay", "vague", error=None)
    house.work()
    assert "a consequence of run c1" in asked(client, "p1")[0]["summary"]
    found, _ = asked(client, "vague")
    assert found["summary"] == "failed: not judged yet, more may come of it"
    assert [each["kind"] for each in found["planned"]] == ["enrich"]
    house.pass_time(10 * SECOND)
    assert asked(client, "vague")[0]["summary"].startswith("failed: rules that look at it")


def test_people_read_it(house, client):
    house.event(run_id="r1", environment="production")
    house.work()
    text = "\n".join(words(asked(client, "r1")[0]))
    assert "✓ rule payments (each): looks at failures like this one" in text
    assert "    ✗ workflow: import, it is 'pay'" in text
    page = client.get("/runs/r1").text
    assert '<h2 id="why">Why</h2>' in page
    assert "Tells nobody: shadow" in page
    assert client.get("/api/v1/runs/nothing/explain").status_code == 404

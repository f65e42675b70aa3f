"""Is a bad run laid beside the nearest good one, and are both still there when the raw bodies are gone?"""

import msgspec
import pytest

from alerting.scrub import Scrubber
from alerting.storage import traces as kept
from alerting.storage.runs import load_run
from alerting.traces.reading import raw_spans
from rules.instants import DAY, HOUR, MINUTE, SECOND
from support.doors import doors
from support.house import House
from support.otlp import attributes, span, traces

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\nretention: {raw: 2h}\n'
PROTOBUF = "application/x-protobuf"


@pytest.fixture
def alone(tmp_path):
    made = House(tmp_path, HOOK)
    yield made
    made.close()


class Shop:
    """Runs of one workflow, each in a trace of its own: load, charge and, when all goes well, ship."""

    def __init__(self, house):
        self.house, self.number = house, 0

    def run(self, ok=True, version="1.0", workflow="pay", host="a", tries=1):
        self.number += 1
        now, trace = self.house.clock.now(), self.number
        parts = [span("load", now - 800_000, trace=trace, number=2, parent=1, took=100_000)]
        for each in range(tries):
            failed = not ok or each + 1 < tries
            parts.append(span("charge", now - 600_000 + each * 90_000, trace=trace, number=3 + each, parent=1,
                              took=80_000, failed=failed, error="CardDeclined", message="no funds"))  # fmt: skip
        if ok:
            parts.append(span("ship", now - 100_000, trace=trace, number=90, parent=1, took=50_000))
        root = span(workflow, now, trace=trace, failed=not ok, error="CardDeclined", message="no funds")
        root.attributes.extend(attributes(shard=host, order__id=f"{trace:032x}"))
        self.house.put("traces", traces([*parts, root], version=version), len(parts) + 1, PROTOBUF)
        self.house.work()
        return f"{trace:032x}"

    def later(self, duration=MINUTE):
        self.house.pass_time(duration)


@pytest.fixture
def shop(alone):
    return Shop(alone)


@pytest.fixture
def client(alone):
    return doors(alone)


def asked(client, run):
    answer = client.get(f"/api/v1/runs/{run}/beside")
    assert answer.status_code == 200, answer.text
    return answer.json()


def steps(found):
    return [(step["name"], step["divergence"]) for step in found["steps"]]


def test_a_bad_run_beside_the_nearest_good_one(shop, client):
    shop.run()
    shop.later()
    good = shop.run()
    shop.later()
    bad = shop.run(ok=False, host="b", tries=2)
    found = asked(client, bad)
    assert (found["run"]["run_id"], found["good"]["run_id"], found["same_version"]) == (bad, good, True)
    assert steps(found) == [("pay", "outcome"), ("load", None), ("charge", "outcome"), ("ship", "missing")]
    assert (found["first_divergence"], found["missing"], found["extra"], found["why"]) == (2, 1, 0, None)
    assert found["finding"] == "charge failed after 2 attempts; in the good run it ended well."
    [top, _, charge, ship] = found["steps"]
    assert top["attributes"] == [{"name": "shard", "bad": "b", "good": "a"}]
    assert charge["bad"] == {
        "start_ms": 320.0, "took_ms": 170.0, "failed": True, "attempts": 2, "message": "CardDeclined: no funds",
    }  # fmt: skip
    assert charge["ratio"] == 2.125
    assert ship["bad"] is None


def test_a_good_run_of_the_same_version_comes_before_one_nearer_in_time(shop, client):
    shop.run(version="1.0")
    same = shop.run(version="2.0")
    shop.later()
    shop.run(version="1.0")
    bad = shop.run(ok=False, version="2.0")
    found = asked(client, bad)
    assert (found["good"]["run_id"], found["same_version"]) == (same, True)


def test_else_the_last_good_run_of_a_version_before(shop, client):
    shop.run(version="1.0")
    shop.later()
    before = shop.run(version="1.1")
    shop.later()
    bad = shop.run(ok=False, version="2.0")
    shop.later()
    shop.run(version="3.0")
    found = asked(client, bad)
    assert (found["good"]["run_id"], found["same_version"]) == (before, False)
    assert {"name": "version", "bad": "2.0", "good": "1.1"} in found["attributes"]
    assert found["steps"][0]["attributes"] == [{"name": "service.version", "bad": "2.0", "good": "1.1"}]
    assert all(step["attributes"] == [] for step in found["steps"][1:])


def test_runs_that_tell_no_version_find_each_other(shop, client):
    """No index leads there."""
    good = shop.run(version="")
    shop.later(HOUR)
    bad = shop.run(ok=False, version="")
    found = asked(client, bad)
    assert (found["good"]["run_id"], found["run"]["version"]) == (good, "")


def test_where_nothing_can_be_compared_it_is_said_why(shop, client, alone):
    shop.run(workflow="other")
    bad = shop.run(ok=False)
    found = asked(client, bad)
    assert found["why"].startswith("There is no good run of pay, of version 1.0 or one before it")
    assert (found["good"], found["steps"], found["finding"]) == (None, [], found["why"])
    alone.event(run_id="told")
    alone.work()
    assert asked(client, "told")["why"].startswith("No spans are kept of this run")
    good = shop.run()
    assert asked(client, good)["why"] == "This run ended as succeeded: only a bad run is laid beside a good one."
    assert client.get("/api/v1/runs/nothing/beside").status_code == 404


def test_the_page_says_the_same(shop, client):
    shop.run()
    bad = shop.run(ok=False, host="<b>")
    page = client.get(f"/runs/{bad}/beside").text
    assert "charge failed; in the good run it ended well." in page
    assert page.count("they part here") == 1
    assert "&lt;b&gt;" in page
    assert "<b>" not in page.replace("<b>bad</b>", "").replace("<b>good</b>", "")
    assert "/beside" in client.get(f"/runs/{bad}").text
    [group] = client.get("/api/v1/error-groups").json()["items"]
    assert "/beside" in client.get(f"/groups/{group['id']}").text
    alone = shop.run(ok=False, workflow="lonely")
    assert "There is no good run of lonely" in client.get(f"/runs/{alone}/beside").text


def copies(h):
    joined = "trace t JOIN run r ON r.id = t.run"
    return h.rows(f"SELECT t.error_group, r.id, r.run_id, r.outcome FROM {joined} ORDER BY t.at")


def test_both_are_kept_when_the_raw_bodies_are_gone(house):
    h = house(HOOK)
    shop, client = Shop(h), doors(h)
    good = shop.run(version="")
    shop.later()
    bad = shop.run(ok=False, version="")
    h.attend()
    shop.later(20 * SECOND)
    assert {(row["run_id"], row["outcome"]) for row in copies(h)} == {(bad, "failed"), (good, "succeeded")}
    for _ in range(3):  # of whole days and hours nothing is left
        shop.later(DAY)
        h.event("other", outcome="succeeded")
        h.attend()
        shop.later(HOUR)
    with h.store.read() as connection:
        records = [load_run(connection, row["id"]) for row in copies(h)]
    assert [raw_spans(h.archive, record, Scrubber()) for record in records] == [[], []]
    found = asked(client, bad)
    assert steps(found)[-1] == ("ship", "missing")
    assert found["good"]["run_id"] == good


def test_a_group_keeps_few_copies_the_first_bad_one_among_them(shop, alone):
    first = ""
    for _ in range(9):
        shop.run()
        shop.later()
        bad = shop.run(ok=False)
        first = first or bad
        shop.later(11 * MINUTE)
    rows = copies(alone)
    assert [row["outcome"] for row in rows].count("failed") == 5
    assert [row["outcome"] for row in rows].count("succeeded") == 2
    assert rows[0]["run_id"] == first
    assert rows[-2]["run_id"] == bad or rows[-1]["run_id"] == bad
    assert len({row["error_group"] for row in rows}) == 1


def test_copies_of_a_period_are_listed_latest_first_good_and_bad_apart(shop, alone):
    start = alone.clock.now()
    runs = []
    for workflow in ("pay", "pack", "ship"):
        shop.run(workflow=workflow)
        shop.later()
        runs.append(shop.run(ok=False, workflow=workflow))
        shop.later(11 * MINUTE)
    with alone.store.read() as connection:
        end = alone.clock.now()
        found = kept.kept_traces(connection, start, end, 2)
        assert [(each.run.workflow, each.bad) for each in found] == [
            ("ship", True), ("pack", True), ("ship", False), ("pack", False),
        ]  # fmt: skip
        assert [len(each.spans) for each in found] == [3, 3, 4, 4]
        some = kept.kept_traces(connection, start, end, 9, ["pa*"])
        assert {each.run.workflow for each in some} == {"pay", "pack"}
        assert kept.kept_traces(connection, start, end, 9, ["nothing"]) == []
        assert kept.kept_traces(connection, start, end, 9, environment="elsewhere") == []
        late = load_run(connection, found[0].run.id).ended_at
        assert [each.run.workflow for each in kept.kept_traces(connection, late, end, 9)] == ["ship"]
        assert [each.bad for each in kept.kept_traces(connection, start, late, 9)].count(True) == 2


def test_copies_made_before_spans_told_where_they_ran_are_read(alone):
    old = {"trace_id": "t", "span_id": "s", "parent_span_id": "", "name": "a", "service": "x", "started_at": 1,
           "ended_at": 2, "status": "ok"}  # fmt: skip
    body = msgspec.msgpack.encode([old])
    with alone.store.write() as connection:
        connection.execute(kept._trace.insert().values(run="r", error_group="g", at=1, body=body))
    with alone.store.read() as connection:
        [read] = kept.kept_spans(connection, "r")
    assert (read.name, read.place) == ("a", {})


def test_the_traces_of_many_causes_are_kept_by_looking_once_through_the_bodies(shop, alone, monkeypatch):
    looked, telemetry = [], type(alone.archive).telemetry

    def counted(self, *window):
        looked.append(window)
        return telemetry(self, *window)

    monkeypatch.setattr(type(alone.archive), "telemetry", counted)
    for number in range(40):
        shop.run(workflow=f"w{number}")
        shop.run(ok=False, workflow=f"w{number}")
    shop.later(MINUTE)
    with alone.store.read() as connection:
        found = kept.kept_traces(connection, 0, alone.clock.now(), 100)
    assert len([each for each in found if each.bad and len(each.spans) > 1]) == 40
    assert len([each for each in found if not each.bad and len(each.spans) > 1]) == 40
    assert len(looked) <= 4

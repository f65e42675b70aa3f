"""A run that failed only because one that it started did is no alert of its own."""

import pytest

from rules.instants import SECOND
from support.house import START
from support.otlp import attributes, span, traces

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}'
DBOS = "dbos-tracer"
PARENT = "0b6b9a4e-77f5-4c1c-9b5e-0d3a5f1f2a11"


def workflow(name, run_id, number, parent=0, at=0, took=SECOND, error="KeyError", message="no column 5"):
    made = span(name, START + at, trace=5, number=number, parent=parent, failed=True, error=error, took=took,
                message=message)  # fmt: skip
    made.attributes.extend(attributes(operationType="workflow", operationUUID=run_id))
    return traces([made], scope=DBOS)


def child(**more):
    return workflow("validate", f"{PARENT}-1", 2, 1, **more)


def parent(**more):
    return workflow("import", PARENT, 1, at=SECOND // 10, took=2 * SECOND, **more)


def put(h, *bodies):
    for body in bodies:
        h.put("traces", body, 1, media="application/x-protobuf")


def test_the_child_is_told_and_the_parent_follows(house):
    h = house(HOOK)
    put(h, child())
    h.work()
    h.pass_time(7 * SECOND)  # DBOS tells no type on a span: it is told as it is
    put(h, parent())
    h.work()
    h.pass_time(7 * SECOND)
    h.attend()
    runs = {row["workflow"]: row for row in h.rows("SELECT * FROM run")}
    assert {name: row["outcome"] for name, row in runs.items()} == {"validate": "failed", "import": "failed"}
    assert [reason for _, reason, _ in h.told()] == ["first"]
    [silent] = h.rows("SELECT reason, because, run FROM decision WHERE kind = 'silent' AND reason = 'consequence'")
    assert (silent["run"], f"{PARENT}-1" in silent["because"]) == (runs["import"]["id"], True)
    assert [row["count"] for row in h.rows("SELECT count FROM error_group")] == [1]


@pytest.mark.parametrize("other", [{"error": "ValueError"}, {"message": "disk full"}])
def test_a_parent_with_a_fault_of_its_own_is_told(house, other):
    h = house(HOOK)
    put(h, child(), parent(**other))
    h.work()
    h.pass_time(7 * SECOND)
    h.attend()
    assert [reason for _, reason, _ in h.told()] == ["first", "first"]


def test_what_is_sent_again_stays_a_consequence(house):
    h = house(HOOK)
    put(h, child(), parent())
    h.work()
    h.pass_time(7 * SECOND)
    put(h, parent(), child())
    h.work()
    h.pass_time(7 * SECOND)
    assert [reason for _, reason, _ in h.told()] == ["first"]


def test_a_parent_that_came_first_was_told_and_is_counted_with_its_child_in_the_end(house):
    h = house(HOOK)
    put(h, parent())
    h.work()
    h.pass_time(7 * SECOND)
    assert len(h.told()) == 1
    put(h, child())
    h.work()
    h.pass_time(7 * SECOND)
    h.attend()
    grouped = {row["workflow"]: bool(row["error_group"]) for row in h.rows("SELECT workflow, error_group FROM run")}
    assert grouped == {"validate": True, "import": False}
    assert [row["count"] for row in h.rows("SELECT count FROM error_group")] == [1]

"""An end that does not say whose it is, or of which workflow: joined with what names it, and never lost."""

import itertools

import pytest

from rules.instants import SECOND
from support.house import START
from support.otlp import attributes, logs, record, span, traces

SCOPE = "taskiq.middlewares.opentelemetry_middleware"
HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}'


def sent(number, parent=0, retries=""):
    made = span("send/sync", START, trace=7, number=number, parent=parent, took=1)
    made.attributes.extend(attributes(messaging__message__id="task-1"))
    if retries:
        made.attributes.extend(attributes(**{"taskiq._retries": retries}))
    return traces([made], scope=SCOPE)


def tried(number, parent, at, reason=""):
    made = span("execute/sync", START + at, trace=7, number=number, parent=parent)
    if reason:
        made.attributes.extend(attributes(taskiq__retry__reason=reason))
    return traces([made], scope=SCOPE)


def take(h, *bodies):
    for body in bodies:
        h.put("traces", body, 1, media="application/x-protobuf")
        h.work()


BODIES = (sent(1), tried(2, 1, SECOND, "gone"), sent(3, 2, "1"), tried(4, 3, 2 * SECOND))


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))][::5])
def test_the_senders_span_names_the_run_of_every_try(house, order):
    h = house(HOOK)
    take(h, *(BODIES[at] for at in order))
    h.attend()
    h.work()
    [run] = h.rows("SELECT workflow, run_id, outcome, attempts FROM run")
    assert dict(run) == {"workflow": "sync", "run_id": "task-1", "outcome": "succeeded", "attempts": 2}
    h.pass_time(10 * SECOND)
    assert len(h.rows("SELECT * FROM run")) == 1
    assert h.told() == []


def test_a_failure_whose_sender_is_never_heard_of_is_told_all_the_same(house):
    h = house(HOOK)
    take(h, tried(2, 1, 0, "gone"))
    assert h.rows("SELECT * FROM run") == []
    h.pass_time(7 * SECOND)
    h.pass_time(7 * SECOND)
    [run] = h.rows("SELECT workflow, outcome, error_message FROM run")
    assert dict(run) == {"workflow": "sync", "outcome": "failed", "error_message": "gone"}
    assert [reason for _, reason, _ in h.told()] == ["first"]
    take(h, sent(1))
    [run] = h.rows("SELECT run_id, outcome FROM run")
    assert dict(run) == {"run_id": "task-1", "outcome": "failed"}


def flow_span():
    made = span("spiked-ant", START, trace=8, failed=True)
    made.attributes.extend(attributes(prefect__run__type="flow", prefect__run__id="f1"))
    made.events.add(name="Failed", attributes=attributes(prefect__state__name="Failed"))
    return traces([made], scope="prefect")


def flow_log():
    return logs([record("Beginning flow run 'spiked-ant'", START - SECOND, flow_run_id="f1", flow_name="pay")],
                scope="prefect.flow_runs")  # fmt: skip


@pytest.mark.parametrize("name_first", [True, False])
def test_the_name_of_a_flow_comes_with_its_logs(house, name_first):
    h = house(HOOK)
    for kind in ("logs", "traces") if name_first else ("traces", "logs"):
        h.put(kind, flow_log() if kind == "logs" else flow_span(), 1, media="application/x-protobuf")
        h.work()
    h.attend()
    h.work()
    [run] = h.rows("SELECT workflow, run_id, outcome, error_type FROM run")
    assert dict(run) == {"workflow": "pay", "run_id": "f1", "outcome": "failed", "error_type": "ValueError"}
    assert [reason for _, reason, _ in h.told()] == ["first"]


def test_a_flow_whose_logs_never_come_is_told_without_its_name_and_gets_it_later(house):
    h = house(HOOK)
    h.put("traces", flow_span(), 1, media="application/x-protobuf")
    h.work()
    h.pass_time(7 * SECOND)
    h.pass_time(7 * SECOND)
    assert [reason for _, reason, _ in h.told()] == ["first"]
    h.put("logs", flow_log(), 1, media="application/x-protobuf")
    h.work()
    [run] = h.rows("SELECT workflow, outcome FROM run")
    assert dict(run) == {"workflow": "pay", "outcome": "failed"}
    assert len(h.told()) == 1

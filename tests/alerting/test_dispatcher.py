"""Does every message arrive, once and in order, and does it say what is true when it is sent?"""

import asyncio
import random

import pytest
from sqlalchemy import text

from alerting.dispatcher.recorder import Recorder
from alerting.dispatcher.retrying import LONGEST_WAIT, given_up, wait_after
from alerting.storage import deliveries as storage
from notifiers.message import Receipt, Verdict
from rules.instants import DAY, HOUR, MINUTE, SECOND
from rules.merging import merged
from rules.vocabulary import Reason
from support.delivering import deliver, dispatcher
from support.otlp import span, traces

HOOK = """
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/x"}
"""
GONE = Receipt(Verdict.UNREACHABLE, 503, "HTTP 503")


def test_what_fails_is_tried_again_and_logged(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    h.channels["hook"].receipts = [GONE, Receipt(Verdict.UNREACHABLE, 429, "HTTP 429", retry_after=90)]
    deliver(h)
    h.pass_time(MINUTE)
    deliver(h)
    h.pass_time(MINUTE)
    deliver(h)
    assert h.channels["hook"].messages == []
    h.pass_time(31 * SECOND)
    deliver(h)
    assert [message.reason for message in h.channels["hook"].messages] == ["first"]
    receipts = [row["receipt"] for row in h.rows("SELECT receipt FROM delivery ORDER BY id")]
    assert receipts == ["unreachable", "unreachable", "delivered"]
    assert [row["status"] for row in h.rows("SELECT status FROM notification")] == ["sent"]


def test_after_a_day_it_is_given_up_and_the_channel_is_ill(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    h.channels["hook"].receipts = [GONE, GONE]
    deliver(h)
    h.clock.sleep(DAY + HOUR)
    deliver(h)
    assert [row["status"] for row in h.rows("SELECT status FROM notification")] == ["dead"]
    assert h.rows("SELECT * FROM outbox") == []
    assert h.rows("SELECT healthy FROM channel_health")[0]["healthy"] == 0


def test_messages_that_waited_become_one_that_is_true(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    h.channels["hook"].receipts = [GONE]
    deliver(h)
    h.event(run_id="r2")
    h.pass_time(HOUR)
    deliver(h)
    [told] = h.channels["hook"].messages
    assert (told.reason, told.alerts[0].count) == ("first", 2)
    assert {row["status"] for row in h.rows("SELECT status FROM notification")} == {"sent"}


def test_a_message_says_where_to_look_next(house):
    h = house(HOOK)
    h.event(run_id="r1", step="charge", url="https://engine/r1")
    h.work()
    deliver(h)
    [told] = h.channels["hook"].messages
    [alert] = h.rows("SELECT id, error_group FROM alert")
    [run] = h.rows("SELECT id FROM run")
    assert told.links["alert"] == f"http://tocsin/alerts/{alert['id']}"
    assert told.links["run"] == f"http://tocsin/runs/{run['id']}"
    assert told.links["group"] == f"http://tocsin/groups/{alert['error_group']}"
    assert told.links["source"] == "https://engine/r1"
    assert "trace" not in told.links  # no spans came
    assert told.title == "[high] pay: Boom in step charge"


def test_the_trace_of_a_run_is_a_link_where_spans_came(house):
    h = house(HOOK)
    h.put("traces", traces([span("pay", h.clock.now(), trace=4, failed=True)]), 1, media="application/x-protobuf")
    h.work()
    h.pass_time(MINUTE)
    deliver(h)
    [told] = h.channels["hook"].messages
    assert told.links["trace"] == f"{told.links['run']}#steps"


def test_a_channel_that_is_no_longer_there_is_a_dead_letter(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    h.configure('channels: {other: {type: webhook, url: "http://127.0.0.1:9/x"}}')
    h.attend()
    h.work()
    deliver(h)
    [row] = h.rows("SELECT receipt, detail FROM delivery")
    assert (row["receipt"], "no such channel" in row["detail"]) == ("refused", True)


def test_many_conversations_at_once_are_each_told_once_and_in_order(house):
    """The consumer works while the dispatcher delivers, as it does in the service."""
    h = house(HOOK)

    async def go():
        running = dispatcher(h)
        delivering = asyncio.create_task(running.run())
        for n in range(60):
            workflow = f"w{n % 6}"
            outcome = "failed" if (n // 6) % 2 == 0 else "succeeded"
            h.event(workflow=workflow, run_id=f"r{n}", outcome=outcome)
            await asyncio.to_thread(h.work)
            running.ring()
            await asyncio.sleep(0)
        while await asyncio.to_thread(h.rows, "SELECT * FROM outbox"):
            running.ring()
            await asyncio.sleep(0)
        running.stop()
        await delivering

    asyncio.run(go())
    told = h.channels["hook"].messages
    assert len({message.id for message in told}) == len(told)
    for n in range(6):
        states = [m.reason in {"resolved", "recovered"} for m in told if m.alerts[0].workflow == f"w{n}"]
        assert states[-1] is False  # each one's last run failed: nobody is left believing that all is well
    assert {row["status"] for row in h.rows("SELECT status FROM notification")} == {"sent"}


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (["first"], "first"),
        (["first", "again"], "first"),
        (["first", "resolved"], "recovered"),
        (["late", "resolved"], "recovered"),
        (["again", "resolved"], "resolved"),
        (["again", "severity_up"], "severity_up"),
        (["resolved", "reopened"], "reopened"),
        (["first", "resolved", "reopened"], "first"),
        (["new_members", "resolved"], "recovered"),
        (["recovered", "reopened"], "first"),
        (["recovered", "reopened", "resolved"], "recovered"),
    ],
)
def test_what_waits_together_is_told_as_what_is_true(waiting, told):
    assert merged([Reason(each) for each in waiting]) is Reason(told)


def test_waits_grow_are_spread_and_respect_what_was_asked():
    chance = random.Random(7)
    waits = [wait_after(20, GONE, chance) for _ in range(200)]
    assert max(waits) <= LONGEST_WAIT
    assert len(set(waits)) > 150
    assert max(wait_after(1, GONE, chance) for _ in range(50)) <= 2 * SECOND
    assert wait_after(1, Receipt(Verdict.UNREACHABLE, 429, retry_after=60.0), chance) >= 60 * SECOND
    assert given_up(0, DAY)
    assert not given_up(0, DAY - 1)


def test_what_came_of_many_tries_is_written_together_and_one_fault_costs_no_other(house):
    h = house(HOOK)
    commits, store = [], h.store

    def change(name, fault=False):
        def write(connection):
            commits.append(name)
            if fault:
                raise ValueError(name)
            connection.execute(text("INSERT INTO meta (name, value) VALUES (:name, '1')"), {"name": name})

        return write

    async def go():
        recorder = Recorder(store)
        tries = [recorder.record(f"{n}", change(f"m{n}", n == 2)) for n in range(5)]
        return await asyncio.gather(*tries, return_exceptions=True)

    outcomes = asyncio.run(go())
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), ValueError, type(None), type(None)]
    assert sorted(row["name"] for row in h.rows("SELECT name FROM meta WHERE name LIKE 'm%'")) == [
        "m0",
        "m1",
        "m3",
        "m4",
    ]


DRILL = {"labels": {"tocsin.drill": "true"}, "severity": "critical"}


def test_a_drill_is_told_as_one_and_so_is_its_end(house):
    h = house(HOOK)
    h.event(run_id="r1", **DRILL)
    h.work()
    deliver(h)
    h.event(run_id="ok", outcome="succeeded", labels=DRILL["labels"])
    h.work()
    deliver(h)
    first, over = h.channels["hook"].messages
    assert (first.reason, first.title) == ("drill", "[critical] drill: pay: Boom")
    assert (over.reason, over.title) == ("resolved", "[critical] drill: resolved: pay: Boom")
    assert "did not really fail" in first.text
    assert "The drill of pay is over" in over.text
    assert h.rows("SELECT * FROM rollup_run WHERE n != 0") == h.rows("SELECT * FROM rollup_group WHERE n != 0") == []


def test_what_really_fails_beside_a_drill_is_no_drill(house):
    h = house(f"{HOOK}policies: {{default: {{channels: [hook], group_wait: 30s, group_by: []}}}}\n")
    h.event(run_id="r1", **DRILL)
    h.event("mail", run_id="r2", labels={"tocsin.drill": "no", "about": "tocsin.drill"}, severity="critical")
    h.work()
    h.pass_time(MINUTE)
    deliver(h)
    [told] = h.channels["hook"].messages
    assert (told.reason, "drill" in told.title) == ("first", False)
    assert {(part.workflow, part.reason, part.drill) for part in told.alerts} == {
        ("pay", "drill", True),
        ("mail", "first", False),
    }
    assert [row["workflow"] for row in h.rows("SELECT workflow FROM rollup_run WHERE n != 0")] == ["mail"]


def dead_letter(h):
    """Of a failure that is over since."""
    h.event(run_id="r1")
    h.work()
    h.channels["hook"].receipts = [Receipt(Verdict.REFUSED, 404, "HTTP 404")] * 2
    deliver(h)
    h.event(run_id="ok", outcome="succeeded")
    h.work()
    deliver(h)
    return [row["id"] for row in h.rows("SELECT id FROM notification ORDER BY number")]


def retry(h, notification):
    with h.store.write() as connection:
        row = storage.locked(connection, notification)
        storage.send_again(connection, row, h.channels["hook"].targets, h.clock.now())


def test_a_dead_letter_that_is_sent_again_says_what_is_true_now(house):
    h = house(HOOK)
    first, _ = dead_letter(h)
    assert [row["status"] for row in h.rows("SELECT status FROM notification")] == ["dead"] * 2
    retry(h, first)
    with pytest.raises(storage.NotDead, match="queued"):
        retry(h, first)
    deliver(h)
    [told] = h.channels["hook"].messages
    assert (told.id, told.reason) == (first, "recovered")
    [row] = h.rows(f"SELECT status FROM notification WHERE id = '{first}'")
    assert row["status"] == "sent"
    with pytest.raises(storage.NotDead, match="all have it"):
        retry(h, first)


def test_a_dead_letter_has_a_whole_day_again(house):
    h = house(HOOK)
    first, _ = dead_letter(h)
    h.clock.sleep(2 * DAY)
    retry(h, first)
    h.channels["hook"].receipts = [GONE]
    deliver(h)
    h.pass_time(MINUTE)
    deliver(h)
    assert [message.id for message in h.channels["hook"].messages] == [first]


def test_how_a_channel_does_is_counted(house):
    h = house(HOOK)
    dead_letter(h)
    with h.store.read() as connection:
        found = storage.activity(connection, ["hook", "other"], h.clock.now())
        later = storage.activity(connection, ["hook"], h.clock.now() + 2 * DAY)
    assert found == {"hook": storage.Activity(dead=2), "other": storage.Activity()}
    assert later["hook"].dead == 0
    h.event(run_id="r2")
    h.work()
    owed_at = h.clock.now()
    with h.store.read() as connection:
        waits = storage.activity(connection, ["hook"], owed_at)["hook"]
    assert (waits.waiting, 0 < waits.waiting_since <= owed_at) == (1, True)
    deliver(h)
    with h.store.read() as connection:
        heard = storage.activity(connection, ["hook"], owed_at)["hook"]
    assert (heard.waiting, heard.last_delivered_at) == (0, h.clock.now())

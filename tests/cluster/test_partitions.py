"""Is the work shared fairly, taken over from the dead, and never done by two?"""

import threading

import pytest

from alerting.cluster.member import Member
from alerting.cluster.membership import LeaseLost
from alerting.cluster.partitions import PARTITIONS, Owned, partition_of
from alerting.consumer.batch import _book
from alerting.consumer.shared import SharedConsumer
from alerting.database.port import SchemaMismatch
from alerting.inbox import claims
from alerting.ingest.facts import StepFact
from alerting.storage import alerts
from rules.instants import MINUTE, SECOND
from rules.state import AlertState
from support.house import House
from support.otlp import span, traces

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'


def owned(house: House) -> list[set[int]]:
    return [set(consumer._member.owned.tokens) for consumer in house.consumers]


def settle(house: House) -> None:
    """Until everyone has looked around twice: one gives, another takes."""
    for _ in range(3):
        house.clock.sleep(SECOND)
        for consumer in house.consumers:
            consumer.once()


def expire(house: House, consumer: SharedConsumer) -> None:
    house.execute(f"UPDATE worker SET leased_until = 0 WHERE id = '{consumer._member.name}'")


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_partition_has_one_owner_and_nobody_more_than_a_share(shared, workers):
    h = shared(workers=workers)
    settle(h)
    shares = owned(h)
    assert sorted(number for share in shares for number in share) == list(range(PARTITIONS))
    assert max(map(len, shares)) <= -(-PARTITIONS // workers)


def test_the_partitions_of_a_dead_worker_are_taken_over(shared):
    h = shared(HOOK)
    settle(h)
    gone = h.consumers.pop()
    expire(h, gone)
    settle(h)
    assert owned(h) == [set(range(PARTITIONS))]
    for number in range(6):
        h.event(f"w{number}", f"r{number}")
    h.work()
    assert len(h.told()) == 6


def test_a_worker_that_was_taken_for_dead_changes_nothing_and_begins_anew(shared):
    h = shared(HOOK)
    settle(h)
    zombie, other = h.consumers
    workflow = next(f"w{n}" for n in range(100) if partition_of(f"w{n}") in zombie._member.owned.tokens)
    h.event(workflow, "r1")
    other._intake.once(other._member.name, other._scrubber)
    expire(h, zombie)
    h.clock.sleep(2 * SECOND)
    other.once()
    assert [reason for _, reason, _ in h.told()] == ["first"]
    before = zombie._member.name
    with pytest.raises(LeaseLost), h.store.write() as connection:
        zombie._owns(connection)
    h.event(workflow, "r2")
    settle(h)
    assert zombie._member.name != before
    assert [reason for _, reason, _ in h.told()] == ["first"]
    assert h.rows("SELECT count FROM alert")[0]["count"] == 2


def test_a_partition_with_a_transaction_under_way_is_not_taken(shared):
    h = shared(HOOK)
    settle(h)
    slow, other = h.consumers
    with h.store.write() as connection:
        slow._owns(connection)
        expire(h, slow)
        h.clock.sleep(2 * SECOND)
        other.once()
        assert not set(slow._member.owned.tokens) & set(other._member.owned.tokens)
    h.clock.sleep(2 * SECOND)
    other.once()
    assert set(other._member.owned.tokens) == set(range(PARTITIONS))


def test_after_an_outage_of_the_database_nobody_takes_the_others_for_dead(shared):
    h = shared(HOOK)
    settle(h)
    names = {consumer._member.name for consumer in h.consumers}
    h.execute("UPDATE worker SET leased_until = 0")
    settle(h)
    assert {consumer._member.name for consumer in h.consumers} == names
    assert {row["id"] for row in h.rows("SELECT id FROM worker")} == names


def test_one_alert_over_workflows_of_several_workers_is_one(shared):
    h = shared(HOOK + "rules: [{name: cause, by: [cause]}]\n", workers=3)
    settle(h)
    for number in range(30):
        h.event(f"w{number}", f"r{number}")
    h.work()
    assert [reason for _, reason, _ in h.told()] == ["first"]
    assert [row["count"] for row in h.rows("SELECT count FROM alert")] == [30]
    h.pass_time(61 * MINUTE)
    assert h.told()[1:] == [("hook", "again", 29)]


@pytest.mark.parametrize("first", ["step", "root"])
def test_a_failed_step_that_another_worker_read_finds_its_run(shared, first):
    h = shared(HOOK)
    settle(h)
    root = traces([span("job", h.clock.now(), trace=7, failed=True, took=2 * SECOND)])
    step = traces([span("load", h.clock.now(), trace=7, number=2, parent=1, failed=True, took=SECOND)])
    bodies = [step, root] if first == "step" else [root, step]
    for consumer, body in zip(h.consumers, bodies, strict=True):
        h.put("traces", body, 1, "application/x-protobuf")
        consumer._intake.once(consumer._member.name, consumer._scrubber)
    h.work()
    for _ in range(3):
        h.pass_time(SECOND)
    assert [row["failing_step"] for row in h.rows("SELECT failing_step FROM run")] == ["load"]
    assert h.rows("SELECT * FROM loose") == []


def test_evidence_committed_while_its_run_was_being_recorded_is_found_later(shared):
    """The worker that reads the step looks for a run before it is there; the one that records the run looked for
    evidence before that was there."""
    h = shared(HOOK)
    settle(h)
    h.put("traces", traces([span("job", h.clock.now(), trace=7, failed=True)]), 1, "application/x-protobuf")
    h.work()
    step = traces([span("load", h.clock.now(), trace=7, number=2, parent=1, failed=True)])
    h.execute("UPDATE run SET trace_id = 'hidden', run_id = 'hidden'")
    h.put("traces", step, 1, "application/x-protobuf")
    h.work()
    assert len(h.rows("SELECT * FROM loose")) == 1
    h.execute(f"UPDATE run SET trace_id = '{7:032x}', run_id = '{7:032x}'")
    h.pass_time(SECOND)
    h.pass_time(SECOND)
    assert [row["failing_step"] for row in h.rows("SELECT failing_step FROM run")] == ["load"]


def test_what_a_dead_worker_was_reading_is_read_again_in_smaller_pieces_and_at_last_set_aside(shared):
    h = shared(HOOK, workers=1)
    for number in range(60):
        h.event(f"w{number % 3}", f"r{number}")
    claimed = []
    for _ in range(5):
        victim = Member(h.store)
        victim.join()
        with h.store.write() as connection:
            claimed.append(len(claims.claim(connection, victim.name, 400, 1 << 20, MINUTE)))
        h.execute(f"UPDATE worker SET leased_until = 0 WHERE id = '{victim.name}'")
        h.consumers[0]._member.attend()
    assert claimed == [60, 50, 6, 1, 1]
    h.work()
    [aside] = h.rows("SELECT * FROM quarantine")
    assert "ended a worker four times" in aside["reason"]
    assert len(h.rows("SELECT * FROM failure WHERE workflow LIKE 'w%'")) == 59


def test_a_sequence_of_configurations_is_followed_by_every_worker_before_it_decides(shared):
    h = shared(HOOK)
    settle(h)
    h.event("before", "r0")
    h.work()
    h.configure("channels: {}\n")
    for number in range(8):
        h.event(f"w{number}", f"r{number}")
    h.work()
    assert len(h.told()) == 1
    assert {row["reason"] for row in h.rows("SELECT reason FROM decision WHERE kind = 'silent'")} == {"no_policy"}


def test_a_worker_whose_consumer_hangs_loses_its_lease(shared):
    h = shared(HOOK)
    settle(h)
    hanging = h.consumers[0]._member
    assert hanging.keep()
    hanging._attended -= 2 * MINUTE
    assert not hanging.keep()


def test_a_worker_under_whose_feet_the_schema_was_changed_decides_nothing_more(shared):
    h = shared(HOOK, workers=1)
    h.event("pay", "r1")
    h.execute("UPDATE alembic_version SET version_num = '9999'")
    h.clock.sleep(2 * SECOND)
    with pytest.raises(SchemaMismatch, match="start the newer version"):
        h.work()
    assert h.told() == []


def test_rows_that_one_claims_are_left_alone_by_others_even_before_the_claim_is_committed(shared):
    h = shared(HOOK, workers=1)
    for number in range(6):
        h.event("pay", f"r{number}")
    with h.store.write() as one:
        first = claims.claim(one, "one", 4, 1 << 20, MINUTE)
        with h.store.write() as two:
            second = claims.claim(two, "two", 4, 1 << 20, MINUTE)
    with h.store.write() as three:
        assert claims.claim(three, "three", 4, 1 << 20, MINUTE) == []
    assert len(first) == 4
    assert len(second) == 2
    assert not {mark.id for mark in first} & {mark.id for mark in second}


def test_a_state_that_another_is_about_to_make_is_waited_for(shared):
    """Two workers, one alert over workflows of both, its first two failures at the same moment."""
    h = shared(HOOK, workers=1)
    made = AlertState("key", "cause", ("c",), "level")
    found: list[AlertState] = []

    def other() -> None:
        with h.store.write() as connection:
            found.extend(alerts.load_states(connection, ["key"]))

    with h.store.write() as connection:
        assert alerts.load_states(connection, ["key"]) == []
        waiting = threading.Thread(target=other)
        waiting.start()
        blocked = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not h.rows(blocked)[0]["n"]:
            assert waiting.is_alive()
        alerts.save_states(connection, [made], 0)
    waiting.join(10)
    assert found == [made]


def test_a_run_of_another_workers_partition_in_the_same_trace_is_not_touched(shared):
    h = shared(HOOK, workers=1)
    names = [f"w{n}" for n in range(1_000)]
    mine = next(n for n in names if partition_of(n) == 3)
    others = next(n for n in names if partition_of(n) == 4)
    spans = [span(name, h.clock.now(), trace=5, number=n) for n, name in enumerate((mine, others), 1)]
    for each in spans:
        h.put("traces", traces([each]), 1, "application/x-protobuf")
    h.work()
    evidence = StepFact("otel", "load", trace_id=f"{5:032x}", span_id="9", ended_at=h.clock.now(), failed=True)
    with h.store.write() as connection:
        book = _book(connection, [evidence], Owned({3: 1}))
    assert [record.workflow for record in book.all()] == [mine]


def test_no_silence_ends_an_alert_while_a_failure_waits_to_be_read(shared):
    h = shared(HOOK + "rules: [{name: any, resolve: {quiet_for: 10m}}]\n", workers=1)
    h.event("pay", "r1")
    h.work()
    h.pass_time(5 * MINUTE)
    h.event("pay", "r2")
    with h.store.write() as connection:
        claims.claim(connection, "slow", 10, 1 << 20, MINUTE)
    h.pass_time(30 * MINUTE)
    assert [reason for _, reason, _ in h.told()] == ["first"]
    with h.store.write() as connection:
        claims.release(connection, "slow")
    h.work()
    assert [reason for _, reason, _ in h.told()] == ["first", "resolved"]
    assert h.rows("SELECT count FROM alert")[0]["count"] == 2

"""The same bodies twice, in any order and split, with restarts between: the same runs, counts, groups and alerts."""

import json
import random

import pytest

from rules.instants import MINUTE, SECOND, format_instant
from support.house import START, House
from support.otlp import span, traces

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}\n'
OUTCOMES = ["succeeded", "failed", "timed_out", "crashed", "cancelled", "running"]


def bodies(seed):
    """(kind, body, media, items) of own events and of spans, some runs told of by several of them."""
    chance = random.Random(seed)
    made = []
    for number in range(40):
        at = START - chance.randrange(0, 20 * MINUTE)
        if chance.random() < 0.5:
            made.extend(own_events(chance, number, at))
        else:
            made.extend(span_bodies(chance, number, at))
    return made


def own_events(chance, number, at):
    tellings = chance.choice([1, 1, 2])
    for telling in range(tellings):
        outcome = chance.choice(OUTCOMES)
        times = {"occurred_at": format_instant(at + telling * SECOND), "started_at": format_instant(at - MINUTE)}
        event = {"workflow": f"w{number % 4}", "run_id": f"r{number}", "outcome": outcome, **times}
        if outcome not in {"succeeded", "running"}:
            event["error"] = {"type": f"E{number % 3}", "message": f"broke {number}"}
        yield "events", json.dumps(event).encode(), "application/json", 1


def span_bodies(chance, number, at):
    """A root and its failed step, in one body or in two."""
    failed = chance.random() < 0.5
    step = span("load", at, trace=number + 1, number=2, parent=1, failed=failed, took=SECOND // 2)
    root = span(f"job{number % 3}", at + 1_000, trace=number + 1, failed=failed, took=2 * SECOND)
    split = chance.random() < 0.5
    for spans in ([step], [root]) if split else ([step, root],):
        yield "traces", traces(spans), "application/x-protobuf", len(spans)


CELL = "bucket, engine, workflow, environment, version, severity"


def outcome_of(house):
    """Everything that must not depend on the order, by what a reader sees."""
    columns = (
        "engine, workflow, run_id, outcome, error_type, error_message, failing_step, started_at, ended_at, attempts"
    )
    run = f"SELECT {columns} FROM run"
    return {
        "runs": sorted(tuple(row.values()) for row in house.rows(run)),
        "rollups": sorted(
            tuple(row.values()) for row in house.rows(f"SELECT {CELL}, outcome, n FROM rollup_run WHERE n != 0")
        ),
        "durations": sorted(tuple(row.values()) for row in house.rows("SELECT * FROM rollup_duration WHERE n != 0")),
    }


def recount(house):
    """The rollups, counted anew from the runs."""
    counted = {}
    names = "engine, workflow, environment, version, severity, outcome"
    query = f"SELECT ended_at, {names} FROM run WHERE outcome != 'running'"
    for row in house.rows(query):
        ended_at, *rest = row.values()
        key = (ended_at - ended_at % (15 * MINUTE), *rest)
        counted[key] = counted.get(key, 0) + 1
    return sorted((*key, n) for key, n in counted.items())


def untold(house):
    """Runs that ended badly and whose error group no alert is about."""
    query = "SELECT run_id FROM run WHERE error_group != '' AND error_group NOT IN (SELECT error_group FROM alert)"
    return [row["run_id"] for row in house.rows(query)]


def play(house, sent, chance=None):
    for kind, body, media, items in sent:
        house.put(kind, body, items, media)
        if chance and chance.random() < 0.3:
            house.work()
        if chance and chance.random() < 0.1:
            house.restart()
    house.work()
    house.pass_time(MINUTE)
    return house


SEEDS = [
    *(("sqlite", seed) for seed in range(12)),
    *(("postgresql", seed) for seed in range(1)),
    *(("two workers", seed) for seed in range(1, 4)),
]


@pytest.mark.parametrize(("house", "seed"), SEEDS, indirect=["house"])
def test_order_repetition_and_restarts_change_nothing(house, tmp_path, seed):
    """Whatever the store, and however many workers: what comes out is what one worker makes of the plain order."""
    sent = bodies(seed)
    plain = play(House(tmp_path / "plain", HOOK), sent)
    expected = outcome_of(plain)
    assert expected["rollups"] == recount(plain)
    assert untold(plain) == []
    plain.close()
    chance = random.Random(seed)
    mixed = sent * 2
    chance.shuffle(mixed)
    again = play(house(HOOK), mixed, chance)
    found = outcome_of(again)
    assert found["runs"] == expected["runs"]
    assert found == expected
    assert found["rollups"] == recount(again)
    assert untold(again) == []
    runs_that_failed = [row["run"] for row in again.rows("SELECT run FROM failure")]
    assert len(runs_that_failed) == len(set(runs_that_failed))

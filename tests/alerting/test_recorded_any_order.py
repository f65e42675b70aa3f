"""Recordings of whole engines, cut up, repeated and shuffled, through the inbox and the store: the same runs."""

import pytest

from alerting.inbox.port import Entry
from rules.instants import SECOND
from support.corpus import bodies, needs_corpus
from support.judging import recordings, truths
from support.mixing import mixed

pytestmark = needs_corpus
COLUMNS = "engine, workflow, run_id, outcome, error_type, failing_step, attempts, error_group != '' AS grouped"
KINDS = {"/v1/traces": "traces", "/v1/logs": "logs"}
# Three programs with one random seed, and so one trace and span id.
ONE_ID = {"build-and-deploy/84000", "nightly-etl/d90fbb56-56dc-4951-ba2a-d0ace60c91f7", "gzip-job/gz-1"}
# With several workers a task's span that came before the child flow it belongs to stays with the parent flow: their
# partitions have different owners. The runs themselves are the same.
NESTED = ("import-catalog/",)


def put(h, sent):
    for index, body in enumerate(sent):
        h.inbox.append_and_wait(Entry(KINDS[body.path], body.body, body.media, body.encoding, 1))
        if index % 40 == 39:
            h.work()
    h.work()
    for _ in range(3):
        h.pass_time(7 * SECOND)
        h.attend()
    h.work()


def runs_of(h):
    found = {f"{row['workflow']}/{row['run_id']}": tuple(row.values()) for row in h.rows(f"SELECT {COLUMNS} FROM run")}
    return {key: row for key, row in found.items() if key not in ONE_ID}


@pytest.mark.parametrize(("engine", "recording"), [each for each in recordings() if each[0] != "dbos"])
def test_through_the_store_they_are_the_same_runs(house, engine, recording):
    sent = [body for body in bodies(f"engines/{engine}/{recording}") if body.path in KINDS]
    h = house()
    put(h, sent)
    plain = runs_of(h)
    wanted = {truth.key for truth in truths(engine, recording)}
    assert wanted - ONE_ID <= plain.keys()
    again = house()
    put(again, mixed(sent, seed=7))
    apart = NESTED if len(again.consumers) > 1 else ()
    told = runs_of(again)
    assert told.keys() == plain.keys()
    compared = [key for key in plain if not key.startswith(apart)]
    assert {key: told[key] for key in compared} == {key: plain[key] for key in compared}

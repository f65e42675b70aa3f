"""Is what a report reads at once the same that all rows would tell?"""

import random

from alerting.reporting.reading import counted, frames_from
from alerting.storage import packs
from reports.counting import BAD
from reports.period import Period
from rules.instants import DAY, MINUTE

ENVIRONMENTS = ("", "prod")


def played(h, runs=80, seed=11):
    """Runs of a few workflows, several in each quarter hour."""
    chance = random.Random(seed)
    for n in range(runs):
        outcome = chance.choices(["failed", "timed_out", "succeeded", "cancelled"], [3, 1, 4, 1])[0]
        name, where = chance.choice("abcdefgh"), chance.choice(ENVIRONMENTS)
        h.event(workflow=name, run_id=f"r{n}", outcome=outcome, environment=where)
        h.pass_time(chance.randrange(6) * MINUTE)
    h.work()
    now = h.clock.now()
    return Period(now - DAY, now + MINUTE, "UTC", now)


def latest(frames):
    """By all rows: the latest run of each workflow and environment, where it is a bad one."""
    last = frames.ends.drop_duplicates(["workflow", "environment"], keep="last")
    return {tuple(row) for row in last[last.outcome.isin(BAD)].itertuples(index=False)}


def test_workflows_that_fail_by_now_are_those_whose_latest_run_is_bad(house):
    h = house()
    period = played(h)
    frames = frames_from(h.store, period)
    assert {tuple(row) for row in frames.failing.itertuples(index=False)} == latest(frames)
    assert 1 < len(frames.failing) < 16


def test_they_are_found_where_counts_were_folded_into_one(house, monkeypatch):
    monkeypatch.setattr(packs, "MOST", 3)
    h = house()
    period = played(h)
    packs.pack(h.store, h.clock.now() + 4 * DAY)
    frames = frames_from(h.store, period)
    assert packs.OTHER in set(frames.runs.workflow)
    assert {tuple(row) for row in frames.failing.itertuples(index=False)} == latest(frames)


def test_what_is_read_at_once_is_a_part_of_the_whole(house):
    h = house()
    period = played(h, runs=20)
    with h.store.read() as connection:
        frames = counted(connection, period)
    whole = frames_from(h.store, period)
    assert (frames.complete, whole.complete) == (False, True)
    assert frames.ends.empty
    for name in ("runs", "durations", "groups", "tries", "group_info", "failing"):
        assert getattr(frames, name).equals(getattr(whole, name)), name

"""Are counts the same, whether they lie in rows, in packs, or in both?"""

import random

from alerting.reporting.reading import frames_from
from alerting.storage import packs
from alerting.storage.rollups import ROLLUPS, RUNS, Differences
from reports.frames import counts_frame
from reports.period import Filters, Period
from reports.trend import trend
from rules.instants import DAY, MINUTE, SECOND


def row(ended, workflow="pay", outcome="failed", **more):
    bad = outcome == "failed"
    return {
        "engine": "otel", "workflow": workflow, "environment": "prod", "version": "v1", "outcome": outcome,
        "severity": "high" if bad else "", "error_group": "g" if bad else "", "error_type": "Boom" if bad else "",
        "cause_type": "", "failing_step": "load" if bad else "", "attempts": 1, "started_at": ended - 30 * SECOND,
        "ended_at": ended, "received_at": ended + SECOND, "heard_at": ended + SECOND, "detail": "{}", "counted": 1,
        **more,
    }  # fmt: skip


def count(store, *changes):
    differences = Differences()
    for old, new in changes:
        differences.change(old, new)
    with store.write() as connection:
        differences.save(connection)


def summed(store, rollup=RUNS, until=1 << 62):
    with store.read() as connection:
        frame = counts_frame(rollup.columns, packs.read(connection, rollup, 0, until))
    found = frame.groupby(list(rollup.names), observed=True)[list(rollup.counted)].sum()
    return {cell: tuple(sums) for cell, *sums in found.itertuples() if any(sums)}


def everything(store):
    return {rollup.kind: summed(store, rollup) for rollup in ROLLUPS}


def test_packing_changes_no_number_and_leaves_two_days_as_rows(house):
    h = house()
    now = h.clock.now()
    chance = random.Random(4)
    made = [row(now - chance.randrange(6 * DAY), chance.choice("abc"), chance.choice(["failed", "succeeded"]))
            for _ in range(600)]  # fmt: skip
    count(h.store, *((None, each) for each in made))
    before = everything(h.store)
    assert packs.pack(h.store, now) >= len(ROLLUPS) * 4
    assert everything(h.store) == before
    oldest = h.rows("SELECT min(bucket) AS at FROM rollup_run")[0]["at"]
    assert oldest // DAY == (now - 2 * DAY) // DAY
    assert packs.pack(h.store, now) == 0


def test_what_is_corrected_after_packing_is_corrected(house):
    h = house()
    now = h.clock.now()
    made = [row(now - 5 * DAY - n * MINUTE) for n in range(40)]
    count(h.store, *((None, each) for each in made))
    packs.pack(h.store, now)
    mended = [(each, {**each, "outcome": "succeeded", "severity": "", "error_group": ""}) for each in made[:15]]
    moved = [(each, {**each, "error_group": "other"}) for each in made[15:20]]
    count(h.store, *mended, *moved)
    wanted = everything(h.store)
    groups = {cell[6]: sums[0] for cell, sums in wanted["groups"].items()}
    assert sum(sums[0] for sums in wanted["runs"].values()) == 40
    by_group: dict[str, int] = {}
    for cell, sums in wanted["groups"].items():
        by_group[cell[6]] = by_group.get(cell[6], 0) + sums[0]
    assert by_group == {"g": 20, "other": 5}
    assert set(groups) == {"g", "other"}
    with h.store.write() as connection:
        packs._pack_day(connection, RUNS, (now - 5 * DAY) // DAY)
    assert everything(h.store) == wanted


def test_of_too_many_texts_the_rarest_are_folded_and_totals_stay(house, monkeypatch):
    monkeypatch.setattr(packs, "MOST", 10)
    h = house()
    now = h.clock.now()
    day = now - 5 * DAY - now % DAY
    made = [row(day + n * SECOND, version=f"v{n // 2 if n < 20 else n}") for n in range(60)]
    count(h.store, *((None, each) for each in made))
    packs.pack(h.store, now)
    versions: dict[str, int] = {}
    for cell, sums in summed(h.store).items():
        versions[cell[4]] = versions.get(cell[4], 0) + sums[0]
    assert len(versions) == 10
    assert sum(versions.values()) == 60
    assert versions[packs.OTHER] == 42
    count(h.store, (made[59], {**made[59], "outcome": "succeeded", "severity": "", "error_group": ""}))
    assert sum(sums[0] for sums in summed(h.store).values()) == 60
    assert all(sums[0] >= 0 for sums in summed(h.store).values())


def test_runs_of_the_first_version_are_taken_out_of_its_cells(house):
    h = house()
    now = h.clock.now()
    old = row(now - DAY, counted=0)
    bucket = old["ended_at"] - old["ended_at"] % (15 * MINUTE)
    h.execute(
        "INSERT INTO rollup_run (bucket, engine, workflow, environment, version, severity, outcome, n) "
        f"VALUES ({bucket}, 'otel', 'pay', 'prod', '', 'high', 'failed', 1)"
    )
    h.execute(
        "INSERT INTO rollup_group (bucket, engine, workflow, environment, version, severity, error_group, n) "
        f"VALUES ({bucket}, '', 'pay', '', '', '', 'g', 1)"
    )
    count(h.store, (old, {**old, "outcome": "succeeded", "severity": "", "error_group": "", "counted": 1}))
    [(cell, sums)] = summed(h.store).items()
    assert (cell[4], cell[6], sums[0]) == ("v1", "succeeded", 1)
    assert summed(h.store, ROLLUPS[2]) == {}


def test_a_report_has_the_same_id_and_numbers_before_and_after_packing(house):
    h = house()
    for n in range(30):
        h.event(run_id=f"r{n}", outcome="failed" if n % 3 else "succeeded")
    h.work()
    period = Period(h.clock.now() - 2 * DAY, h.clock.now() + MINUTE, "UTC", h.clock.now())
    before = trend(frames_from(h.store, period), period, Filters())
    packs.pack(h.store, h.clock.now() + 4 * DAY)
    assert h.rows("SELECT * FROM rollup_run") == []
    after = trend(frames_from(h.store, period), period, Filters())
    assert after.id == before.id
    assert after.section("headline").data == before.section("headline").data
    assert after.section("headline").data["runs"] == 30


def test_a_run_that_did_not_start_is_neither_a_bad_one_nor_the_next(house):
    h = house()
    for number, outcome in enumerate(["failed", "missed", "succeeded"]):
        h.event(run_id=f"r{number}", outcome=outcome)
        h.work()
        h.pass_time(MINUTE)
    period = Period(h.clock.now() - DAY, h.clock.now() + MINUTE, "UTC", h.clock.now())
    frames = frames_from(h.store, period)
    assert list(frames.ends.outcome) == ["failed", "succeeded"]
    assert "missed" not in set(frames.sample.outcome)

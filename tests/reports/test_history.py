"""Is the history that benchmarks and tests are made with what it says it is, whichever way it gets into a store?"""

import pytest
from benchmarks.history.ingesting import Worker
from benchmarks.history.planting import world
from benchmarks.history.telemetry import bodies
from benchmarks.history.truth import truth
from sqlalchemy import text as sql

from alerting.database.sqlite import open_sqlite
from alerting.demo.history.filling import fill
from alerting.demo.history.playing import runs
from alerting.reporting.reading import frames_from
from reports.counting import BAD, counts
from reports.period import DAY, Filters, Period
from rules.vocabulary import Outcome

WORLD = world(seed=3, days=14, runs=3_000, workflows=6)
LARGER = world(seed=1, days=30, runs=60_000, workflows=8)
RUN = (
    "SELECT engine, workflow, run_id, outcome, severity, error_type, error_message, cause_type, failing_step, attempts,"
    " started_at, ended_at, environment, version, error_group, told_by_event FROM run"
)
GROUP = "SELECT id, cause, workflow, step, error_type, count, first_seen, last_seen, state FROM error_group"
BECAME = "SELECT error_group, kind FROM group_event"


def everything(store):
    """All that a report or a page is made from, in an order that is not the store's."""
    period = Period(WORLD.since, WORLD.until, "UTC", WORLD.until)
    frames = frames_from(store, period)
    with store.read() as connection:
        rows = [sorted(map(tuple, connection.execute(sql(query)))) for query in (RUN, GROUP, BECAME)]
    came = ["late", "skewed"]  # when they were heard of, which is another matter
    tables = (frames.runs.drop(columns=came), frames.durations, frames.groups, frames.tries)
    return [*rows, *(sorted(table.itertuples(index=False, name=None)) for table in tables)]


def test_the_fast_way_leaves_what_telemetry_leaves_however_many_spans_tell_it(tmp_path):
    played = list(runs(WORLD))
    quick = open_sqlite(tmp_path / "quick")
    assert fill(quick, played) == len(played) == WORLD.runs
    expected = everything(quick)
    for spans in (2, 10):
        store = open_sqlite(tmp_path / f"{spans}")
        worker = Worker(store)
        worker.take(bodies(played, spans))
        worker.finish()
        for found, wanted in zip(everything(store), expected, strict=True):
            assert found == wanted


def test_a_report_of_it_counts_what_truly_happened(tmp_path):
    played = list(runs(WORLD))
    store = open_sqlite(tmp_path)
    fill(store, played)
    period = Period(WORLD.since, WORLD.until + DAY, "UTC", WORLD.until + DAY)
    found = counts(frames_from(store, period), period, Filters())
    told = truth(WORLD, played)
    assert (found.share().runs, found.share().bad) == (told.runs, told.bad)
    by_day = found.per_bucket(found.bad).tolist()
    days = [WORLD.since + day * DAY for day in range(15)]
    assert by_day == [sum(told.days[day, w.name, each] for w in WORLD.workflows for each in BAD) for day in days]


@pytest.fixture(scope="module")
def told():
    return truth(LARGER, runs(LARGER))


def test_the_same_seed_plays_the_same(told):
    assert truth(LARGER, runs(LARGER)) == told


def test_everything_that_can_become_of_a_run_does(told):
    assert {outcome for _, outcome in told.outcomes} == set(Outcome) - {Outcome.RUNNING}
    assert told.late
    assert told.twice
    assert sum(told.healed.values())


def test_runs_of_the_guilty_attribute_fail_more_often(told):
    def rate(value):
        bad, good = (told.attributes[told.guilty.name, value, each] for each in (True, False))
        return bad / (bad + good)

    others = [rate(value) for value in LARGER.attributes[told.guilty.name] if value != told.guilty.value]
    assert rate(told.guilty.value) > 2 * max(others)


def test_versions_that_broke_something_fail_more_often_than_those_before(told):
    def rate(workflow, versions):
        bad, good = (sum(told.versions[workflow, each, kind] for each in versions) for kind in (True, False))
        return bad / (bad + good)

    assert told.regressions
    for each in told.regressions:
        before = [r.version for r in LARGER.releases if r.workflow == each.workflow and r.at < each.since]
        assert rate(each.workflow, [each.version]) > 1.5 * rate(each.workflow, before)


def test_an_outage_is_one_cause_in_several_workflows(told):
    [outage] = told.outages
    hit = {name for (name, fault), n in told.groups.items() if n and fault == outage.fault}
    assert len(hit) > 1
    assert hit <= set(outage.workflows)


def test_more_schedules_than_runs_are_refused():
    with pytest.raises(ValueError, match="the schedules alone make"):
        world(days=90, runs=100)

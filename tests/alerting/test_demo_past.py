"""Is the demo's past what its day would have left, had it been told by spans as the day is?"""

from benchmarks.history.ingesting import Worker
from benchmarks.history.telemetry import Body
from sqlalchemy import text as sql

from alerting.database.sqlite import open_sqlite
from alerting.database.statements import chunks
from alerting.demo.history.filling import fill
from alerting.demo.history.playing import runs
from alerting.demo.history.spans import steps_of
from alerting.demo.history.telemetry import traces
from alerting.demo.shop import shop
from alerting.demo.show import CONFIG
from rules.instants import DAY, SECOND

TODAY = 1_790_000_000 * SECOND
RUN = (
    "SELECT engine, workflow, run_id, outcome, severity, error_type, error_message, cause_type, failing_step, attempts,"
    " started_at, ended_at, environment, version, error_group FROM run"
)
GROUP = "SELECT id, cause, workflow, step, error_type, count, first_seen, last_seen FROM error_group"
TRIED = (
    'SELECT workflow, step, error_type, attempt, "then", sum(n), sum(waste), sum(delay) FROM rollup_try'
    " GROUP BY 1, 2, 3, 4, 5"
)


def rows(store):
    with store.read() as connection:
        return [sorted(map(tuple, connection.execute(sql(query)))) for query in (RUN, GROUP, TRIED)]


def test_what_is_filled_in_is_what_spans_leave(tmp_path):
    played = [run for run in runs(shop(TODAY)) if run.started_at >= TODAY - 4 * DAY]
    filled, told = open_sqlite(tmp_path / "filled"), open_sqlite(tmp_path / "told")
    fill(filled, played)
    worker = Worker(told, CONFIG.format(url="http://127.0.0.1:1/"))
    for over in chunks(sorted(played, key=lambda run: run.ended_at), 100):
        worker.take([Body("traces", traces(over, steps_of), "application/x-protobuf", over[-1].ended_at)])
    worker.finish()
    for found, expected in zip(rows(told), rows(filled), strict=True):
        assert found == expected


def test_every_step_that_a_run_came_to_has_its_span_and_none_overlap():
    for run in [run for run in runs(shop(TODAY)) if run.started_at >= TODAY]:
        *steps, root = steps_of(run)
        names = [step for step, _ in run.workflow.steps]
        reached = names[: names.index(run.step) + 1] if run.step else names
        assert list(dict.fromkeys(span.name for span in steps)) == reached
        edges = [edge for span in steps for edge in (span.start_time_unix_nano, span.end_time_unix_nano)]
        assert edges == sorted(edges)
        assert root.start_time_unix_nano <= edges[0]
        assert edges[-1] <= root.end_time_unix_nano

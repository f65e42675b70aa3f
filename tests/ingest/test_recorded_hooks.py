"""What Dagster's hooks and sensors and Airflow's callbacks told, where they were recorded."""

import json

import pytest

from alerting.ingest.webhooks import SENDERS
from alerting.tracking.book import RunBook
from rules.vocabulary import Outcome
from support.corpus import ROOT, bodies, expected, needs_corpus
from support.folding import NOW, fold_into
from support.judging import differences, truths

pytestmark = needs_corpus
DAGSTER = ("raw", "raw-second-session")


def hooked(engine, recording, book):
    found = (ROOT / "engines" / engine / recording).glob("*-hooks-*.json")
    for path in sorted(path for path in found if ".meta." not in path.name):
        for fact in SENDERS[engine].read(json.loads(path.read_text()), NOW):
            book.take(fact, NOW)


def test_dagsters_failed_runs_are_told_by_its_sensors_and_hooks():
    """Healthy runs had no sensor in the recordings."""
    book = RunBook()
    for recording in DAGSTER:
        hooked("dagster", recording, book)
    found = {run.run_id: run for run in book.all()}
    runs = expected("engines/dagster")["recordings"]["raw"]["runs"]
    wanted = {run["run_id"]: run for run in runs if run["status"] != "success"}
    assert found.keys() == wanted.keys()
    for run_id, truth in wanted.items():
        run = found[run_id]
        outcome = Outcome.CANCELLED if truth["status"] == "cancelled" else Outcome.FAILED
        assert (run.workflow, run.outcome) == (truth["workflow"], outcome)
        assert (run.error.type, run.failing_step) == (truth["error_type"] or "", truth["failing_step"] or "")


def test_airflows_callbacks_add_the_error_that_its_spans_lack():
    book = RunBook()
    fold_into(book, bodies("engines/airflow/raw"))
    hooked("airflow", "raw", book)
    runs = {f"{run.workflow}/{run.run_id}": run for run in book.all()}
    wanted = truths("airflow", "raw")
    assert differences(runs, wanted) == []
    told = [truth for truth in wanted if truth.facts["error_type"]]
    assert len(told) == 8
    for truth in told:
        assert runs[truth.key].error.type == truth.facts["error_type"], truth.key


@pytest.mark.parametrize("recording", ["raw"])
def test_a_dag_run_that_timed_out_is_known_by_its_callback_alone(recording):
    book = RunBook()
    hooked("airflow", recording, book)
    [run] = [run for run in book.all() if run.workflow == "dagrun_timeout"]
    assert (run.outcome, run.error.type) == (Outcome.TIMED_OUT, "DagRunTimeout")

"""Do recordings of real engines come out as the engines' own records say?"""

import json

import pytest

from alerting.ingest.otlp import JSON, PROTOBUF
from support.corpus import ROOT, Body, bodies, needs_corpus
from support.folding import fold
from support.judging import OUTCOMES, differences, recordings, truths
from support.mixing import mixed

pytestmark = needs_corpus
# Two runs that a test program gave one trace and span id: which of them a span names depends on the order.
ONE_ID = {"build-and-deploy/84000", "nightly-etl/d90fbb56-56dc-4951-ba2a-d0ace60c91f7", "gzip-job/gz-1"}


@pytest.mark.parametrize(("engine", "recording"), recordings())
def test_every_run_is_what_its_engine_says(engine, recording):
    wanted = truths(engine, recording)
    assert differences(fold(bodies(f"engines/{engine}/{recording}")), wanted) == []


def test_there_is_something_to_compare():
    assert sum(len(truths(*each)) for each in recordings()) > 150


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("engine", "recording"), recordings())
def test_cut_up_repeated_and_shuffled_they_are_the_same_runs(engine, recording, seed):
    sent = list(bodies(f"engines/{engine}/{recording}"))
    plain, again = fold(sent), fold(mixed(sent, seed))
    assert again.keys() == plain.keys()
    changed = {key: (facts(run), facts(again[key])) for key, run in plain.items() if facts(run) != facts(again[key])}
    assert {key: both for key, both in changed.items() if key not in ONE_ID} == {}


def facts(run):
    return (
        run.id, run.outcome, run.error, run.failing_step, run.attempts, run.started_at, run.ended_at, run.version,
        run.environment, run.parent_run_id,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "media"), [("json/01.json", JSON), ("proto/01.pb", PROTOBUF)])
def test_node_jobs_are_the_same_runs_in_json_and_protobuf(name, media):
    path = ROOT / "otlp/node-jobs" / name
    runs = fold([Body(name, "/v1/traces", media, "", path.read_bytes())])
    truth = json.loads((ROOT / "expected.json").read_text())[f"otlp/node-jobs/{name}"]["runs"]
    last = {f"{run['workflow']}/{run['run_id']}": run for run in truth}
    assert runs.keys() == last.keys()
    for key, told in last.items():
        run = runs[key]
        assert run.outcome is OUTCOMES[told["status"]]
        assert (run.error.type, run.error.message) == (told["error_type"] or "", told["error_message"] or "")
        assert run.failing_step == (told["failing_step"] or "")
        assert (run.attempts, run.max_attempts) == (told["attempt"] or 1, told["max_attempts"] or 0)
        assert run.ended_at == int(told["occurred_at"]) // 1_000


def test_spans_of_inngest_make_no_runs():
    paths = sorted((ROOT / "inngest/otel").rglob("*.otlp.json"))
    assert len(paths) > 10
    assert fold(Body(path.name, "/v1/traces", JSON, "", path.read_bytes()) for path in paths) == {}

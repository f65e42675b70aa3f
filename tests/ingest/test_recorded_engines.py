"""Do recordings of real engines come out as the engines' own records say?"""

import json
import random

import pytest

from alerting.ingest.otlp import JSON, PROTOBUF
from rules.vocabulary import Outcome
from support.corpus import ROOT, Body, bodies, expected, needs_corpus
from support.folding import fold

pytestmark = needs_corpus

OUTCOMES = {
    "succeeded": Outcome.SUCCEEDED,
    "success": Outcome.SUCCEEDED,
    "failed": Outcome.FAILED,
    "failure": Outcome.FAILED,
    "timeout": Outcome.TIMED_OUT,
    "error": Outcome.CRASHED,
    "cancelled": Outcome.CANCELLED,
    "cancellation": Outcome.CANCELLED,
    "skip": Outcome.SKIPPED,
}
# What the spans cannot tell, by the corpus' own list.
NEVER_SENT = {"ENQUEUED", "running_when_killed", "killed"}
# After the last try the engine's own records keep the tries' errors, the telemetry only this.
WRAPPED = "DBOS Error 7: "
RECORDINGS = [("engines/dbos", "raw-legacy"), ("engines/dbos", "raw-semconv"), ("engines/otel-plain", "raw")]


def truths(folder, recording):
    return [run for run in expected(folder)["recordings"][recording]["runs"] if run["status"] not in NEVER_SENT]


@pytest.mark.parametrize(("folder", "recording"), RECORDINGS)
def test_workflow_run_id_and_outcome_are_right(folder, recording):
    runs = fold(bodies(f"{folder}/{recording}"))
    for truth in truths(folder, recording):
        key = f"{truth['workflow']}/{truth['run_id']}"
        assert key in runs, f"{key} was not recognised"
        assert runs[key].outcome is OUTCOMES[truth["status"]], key


@pytest.mark.parametrize(("folder", "recording"), RECORDINGS)
def test_error_step_and_attempts_are_right(folder, recording):
    runs = fold(bodies(f"{folder}/{recording}"))
    checked = 0
    for truth in truths(folder, recording):
        run = runs[f"{truth['workflow']}/{truth['run_id']}"]
        if run.bad:
            told = truth.get("error_type")
            assert run.error.type == told or not told, (truth, run.error.type)
            if not run.error.message.startswith(WRAPPED):
                assert (truth.get("error_message") or "") in run.error.message
            if truth["failing_step"] not in {None, "DBOS.getResult"}:
                assert run.failing_step == truth["failing_step"]
            if folder == "engines/dbos":
                assert run.attempts == truth["attempts"]
                assert run.parent_run_id == (truth["parent_run_id"] or "")
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize(("folder", "recording"), RECORDINGS)
def test_order_and_repetition_change_nothing(folder, recording):
    sent = list(bodies(f"{folder}/{recording}"))
    plain = fold(sent)
    for seed in range(5):
        mixed = sent * 2
        random.Random(seed).shuffle(mixed)
        again = fold(mixed)
        assert {key: facts(run) for key, run in again.items()} == {key: facts(run) for key, run in plain.items()}


def facts(run):
    return (run.outcome, run.error, run.failing_step, run.attempts, run.started_at, run.ended_at, run.version)


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
        assert (run.attempts, run.max_attempts) == (told["attempt"] or 0, told["max_attempts"] or 0)
        assert run.ended_at == int(told["occurred_at"]) // 1_000


def test_spans_of_inngest_make_no_runs():
    paths = sorted((ROOT / "inngest/otel").rglob("*.otlp.json"))
    assert len(paths) > 10
    assert fold(Body(path.name, "/v1/traces", JSON, "", path.read_bytes()) for path in paths) == {}

"""Do recorded runs of real engines count as many tries as the engines' own records say?"""

import json
from functools import cache

import pytest

from alerting.ingest.otlp import JSON
from alerting.storage.tries import ENDED, FAILED, PASSED, Told, tries_of
from rules.vocabulary import BAD, Outcome
from support.corpus import ROOT, Body, bodies, expected, needs_corpus
from support.folding import fold
from support.judging import recordings, truths

pytestmark = needs_corpus
_COUNTED = (BAD | {Outcome.SUCCEEDED}) - {Outcome.MISSED}


@cache
def folded(engine, recording):
    return fold(bodies(f"engines/{engine}/{recording}"))


def counted(run):
    """(step, then) of each try that failed."""
    error = run.error.cause_type or run.error.type
    told = Told(run.engine, run.bad, error, run.failing_step, run.attempts, 0)
    return [(one.step, one.then) for one in tries_of(told, run.detail)]


@pytest.mark.parametrize(("engine", "recording"), recordings())
def test_a_run_has_as_many_failed_tries_as_its_engine_made(engine, recording):
    """Of a run that ended well all but the last try failed; of one that did not, all of the step that it failed for.
    A step that failed once and was handled counts for itself."""
    for truth in truths(engine, recording):
        run, wanted = folded(engine, recording).get(truth.key), truth.facts["attempts"]
        if run is None or run.outcome not in _COUNTED or wanted is None or "attempts" in truth.free:
            continue
        found = counted(run)
        if run.bad:
            step = run.failing_step if any(name == run.failing_step for name, _ in found) else ""
            of_step = [then for name, then in found if name == step]
            assert (len(of_step), of_step[-1]) == (max(wanted, 1), ENDED), truth.key
        elif wanted > 1:
            assert (len(found), found[-1][1]) == (wanted - 1, PASSED), truth.key
        else:
            assert all(then == ENDED for _, then in found), truth.key


def test_every_activity_of_temporal_failed_as_often_as_its_worker_said():
    [recording] = [name for engine, name in recordings() if engine == "temporal"]
    seen = 0
    for told in expected("engines/temporal")["recordings"][recording]["runs"]:
        run = folded("temporal", recording).get(f"{told['workflow']}/{told['run_id']}")
        if run is None or run.outcome not in _COUNTED:
            continue
        for activity in told["activities"]:
            seen += len(activity["failures"])
            assert [step for step, _ in counted(run)].count(activity["type"]) == len(activity["failures"])
    assert seen > 10


@pytest.mark.parametrize(
    ("engine", "at_least"),
    [("airflow", 2), ("celery", 2), ("dbos", 8), ("otel-plain", 2), ("prefect", 8), ("temporal", 2)],
)
def test_there_are_tries_again_to_compare(engine, at_least):
    runs = [run for each, recording in recordings() if each == engine for run in folded(each, recording).values()]
    assert sum(len(counted(run)) > 1 for run in runs if run.outcome in _COUNTED) >= at_least


def test_inngest_s_event_and_the_spans_of_its_sdk_count_the_tries_that_were_made():
    """The only recorded run of which both the end and the spans of its steps are there."""
    name = "inngest/events/function.failed/traced-otel-step-fails.json"
    truth = json.loads((ROOT / "expected.json").read_text())[name]
    spans = sorted((ROOT / "inngest/otel/userland-createProvider-or-extend").glob("*.otlp.json"))
    sent = [Body(path.name, "/v1/traces", JSON, "", path.read_bytes()) for path in spans]
    event = Body(name, "/ingest/inngest", JSON, "", (ROOT / name).read_bytes())
    for told in ([event, *sent], [*sent, event]):
        run = fold(told)[f"{truth['workflow']}/{truth['run_id']}"]
        assert counted(run) == [("charge", FAILED)] * (truth["attempt"] - 1) + [("charge", ENDED)]

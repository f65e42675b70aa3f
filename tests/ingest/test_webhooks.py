"""Are the webhooks of other systems understood, whatever they say, and in whatever order they come?"""

import hmac
import itertools
import json
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.ingest.webhooks import SENDERS
from alerting.ingest.webhooks.sender import WrongSignature
from alerting.tracking.book import RunBook
from rules.instants import MINUTE, SECOND
from rules.vocabulary import Outcome
from support.corpus import ROOT, needs_corpus
from support.fuzzing import examples

NOW = 1_795_500_000_000_000
FOLDERS = {"github": "github", "gitlab": "gitlab", "buildkite": "buildkite", "circleci": "circleci",
           "dbt-cloud": "dbt", "alertmanager": "alertmanager", "sentry": "sentry"}  # fmt: skip
OUTCOMES = {
    **dict.fromkeys(("success", "passed", "resolved"), Outcome.SUCCEEDED),
    **dict.fromkeys(("failure", "failed", "errored", "firing", "triggered"), Outcome.FAILED),
}
# A running build has finished jobs; a job's project has a name for people, the pipeline's goes by its path.
ELSE = {"buildkite/eventbridge.job-finished.json": "outcome", "gitlab/job.json": "workflow"}
NO_RUN = ("check_run", "check_suite", "deployment", "rest-build", "failing", "blocked")


def runs_of(sender, *bodies):
    book = RunBook()
    for body in bodies:
        for fact in SENDERS[sender].read(body, NOW):
            book.take(fact, NOW)
    return list(book.all())


def samples():
    if not ROOT.exists():
        return []
    told = json.loads((ROOT / "webhooks/expected.json").read_text())
    chosen = [(name, truth) for name, truth in told.items() if name.split("/")[0] in FOLDERS and truth["run_id"]]
    return [(name, truth) for name, truth in chosen if not any(word in name for word in NO_RUN)]


@needs_corpus
@pytest.mark.parametrize(("name", "truth"), samples(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_published_sample_is_the_run_that_it_tells_of(name, truth):
    body = json.loads((ROOT / "webhooks" / name).read_text())
    run = next(run for run in runs_of(FOLDERS[name.split("/")[0]], body) if run.run_id == truth["run_id"])
    but = ELSE.get(name)
    assert run.workflow == truth["workflow"] or but == "workflow"
    assert run.outcome is OUTCOMES.get(truth["status"], Outcome.RUNNING)
    assert run.failing_step == (truth["failing_step"] or "")
    assert not run.bad or run.error.type == (truth["error_type"] or "")
    assert run.attempts == truth["attempt"] or truth["attempt"] is None


@needs_corpus
@pytest.mark.parametrize(
    "name", ["github/deployment_status.success.0.json", "github/check_run.completed.failure.1.json"]
)
def test_what_is_no_run_is_none(name):
    assert runs_of("github", json.loads((ROOT / "webhooks" / name).read_text())) == []


def signed_samples():
    if not ROOT.exists():
        return []
    told = json.loads((ROOT / "webhooks/SOURCES.json").read_text())
    found = [(name, entry["headers"]) for name, entry in told.items() if "_secret" in entry.get("headers", {})]
    return [(name, headers) for name, headers in found if name.split("/")[0] in FOLDERS]


@needs_corpus
@pytest.mark.parametrize(("name", "told"), signed_samples(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_signed_sample_is_let_in_and_a_changed_one_is_not(name, told):
    sender = SENDERS[FOLDERS[name.split("/")[0]]]
    headers = {key.lower(): value for key, value in told.items() if not key.startswith("_")}
    body = (ROOT / "webhooks" / told.get("_signed_body", name)).read_bytes()
    sender.check(told["_secret"], headers, body, NOW)
    for secret, changed in ((told["_secret"], body + b" "), ("another", body)):
        if sender.name != "gitlab" or secret != told["_secret"]:
            with pytest.raises(WrongSignature):
                sender.check(secret, headers, changed, NOW)


def test_buildkites_signature_is_good_for_five_minutes():
    stamp = str(NOW // SECOND)
    signature = hmac.new(b"secret", stamp.encode() + b".{}", sha256).hexdigest()
    headers = {"x-buildkite-signature": f"timestamp={stamp},signature={signature}"}
    SENDERS["buildkite"].check("secret", headers, b"{}", NOW + 4 * MINUTE)
    for now, body in ((NOW + 6 * MINUTE, b"{}"), (NOW, b"{ }")):
        with pytest.raises(WrongSignature):
            SENDERS["buildkite"].check("secret", headers, body, now)


@pytest.mark.parametrize("sender", sorted(SENDERS))
def test_without_a_signature_nothing_is_let_in_and_the_secret_is_not_told(sender):
    with pytest.raises(WrongSignature) as refused:
        SENDERS[sender].check("hush-hush", {}, b"{}", NOW)
    assert "hush" not in str(refused.value)


def workflow_run(conclusion, attempt=1, minute=9):
    status = "completed" if conclusion else "in_progress"
    run = {"id": 7, "name": "deploy", "status": status, "conclusion": conclusion, "run_attempt": attempt,
           "run_started_at": "2026-11-20T10:00:00Z", "updated_at": f"2026-11-20T10:0{minute}:00Z"}  # fmt: skip
    return {"action": "completed", "workflow_run": run, "repository": {"full_name": "octo/shop"}}


def workflow_job(conclusion, name, minute, steps=()):
    job = {"run_id": 7, "workflow_name": "deploy", "name": name, "status": "completed", "conclusion": conclusion,
           "run_attempt": 1, "completed_at": f"2026-11-20T10:0{minute}:00Z",
           "steps": [{"name": step, "conclusion": told} for step, told in steps]}  # fmt: skip
    return {"action": "completed", "workflow_job": job, "repository": {"full_name": "octo/shop"}}


RUN = (
    workflow_job("success", "lint", 1, [("ruff", "success")]),
    workflow_job("failure", "test", 2, [("setup", "success"), ("pytest", "failure")]),
    workflow_job("success", "docs", 3),
    workflow_run("failure"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(RUN)), ids=lambda _: "")
def test_a_run_and_its_jobs_are_one_run_in_any_order(order):
    [run] = runs_of("github", *order, *order)
    assert (run.workflow, run.run_id, run.outcome, run.failing_step) == ("deploy", "7", Outcome.FAILED, "pytest")


def test_a_job_that_succeeded_after_another_failed_does_not_make_the_run_well():
    [run] = runs_of("github", *RUN[:3])
    assert (run.outcome, run.failing_step) == (Outcome.FAILED, "pytest")


def test_a_run_that_was_tried_again_ends_as_its_last_attempt():
    [run] = runs_of("github", *RUN, workflow_run("success", attempt=2, minute=9))
    assert (run.outcome, run.attempts) == (Outcome.SUCCEEDED, 2)


def test_gitlabs_failure_reason_counts_only_where_a_job_failed():
    jobs = [
        {"name": "lint", "status": "success", "failure_reason": "unknown_failure"},
        {"name": "flaky", "status": "failed", "failure_reason": "script_failure", "allow_failure": True},
        {"name": "test", "status": "failed", "failure_reason": "runner_failure"},
    ]  # fmt: skip
    told = {"id": 31, "status": "failed", "finished_at": "2026-11-20 10:05:10 UTC"}
    body = {
        "object_kind": "pipeline",
        "object_attributes": told,
        "project": {"path_with_namespace": "a/b"},
        "builds": jobs,
    }
    [run] = runs_of("gitlab", body)
    assert (run.outcome, run.failing_step, run.error.type) == (Outcome.FAILED, "test", "runner_failure")


def test_an_alert_that_is_resolved_is_the_same_run_and_well():
    alert = {"labels": {"alertname": "Late", "job": "nightly"}, "fingerprint": "f", "startsAt": "2026-11-20T10:00:00Z"}
    firing = {"version": "4", "alerts": [{**alert, "status": "firing", "endsAt": "0001-01-01T00:00:00Z"}]}
    over = {"version": "4", "alerts": [{**alert, "status": "resolved", "endsAt": "2026-11-20T10:09:00Z"}]}
    [bad] = runs_of("alertmanager", firing)
    [well] = runs_of("alertmanager", over, firing)
    assert (bad.workflow, bad.outcome, bad.error.type) == ("nightly", Outcome.FAILED, "Late")
    assert (well.run_id, well.outcome) == (bad.run_id, Outcome.SUCCEEDED)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = (
    "workflow_run", "workflow_job", "object_kind", "object_attributes", "build", "pipeline", "job", "detail", "type",
    "workflow", "data", "eventType", "alerts", "labels", "status", "specversion", "action", "event", "error", "id",
    "run_id", "job_name", "dag_id", "step_failures", "name", "steps", "builds", "tags", "exception", "values",
)  # fmt: skip
bodies = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
    max_leaves=20,
)


@pytest.mark.parametrize("sender", sorted(SENDERS))
@settings(max_examples=examples(150), deadline=None)
@given(body=bodies)
def test_any_json_is_taken_or_refused_by_a_value_error(sender, body):
    with suppress(ValueError):
        runs_of(sender, body)

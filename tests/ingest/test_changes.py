"""Is a change read as it was meant, is a wrong one told how to mend it, and do deployments of others become changes?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.ingest import changes
from alerting.ingest.changes import KINDS, MOST, Change, check, packed, unpacked
from alerting.ingest.encoding import BadBody
from alerting.ingest.recognise import recognise
from alerting.ingest.webhooks import SENDERS
from rules.instants import DAY, HOUR, MINUTE, SECOND, format_instant, parse_instant
from support.corpus import ROOT, needs_corpus

NOW = 1_795_500_000 * SECOND
SHA = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"


def checked(*told):
    return check(json.dumps(list(told)).encode(), NOW)


def test_all_that_can_be_said_of_a_change_is_read():
    told = {"title": "pool\n of 50", "kind": "Configuration", "at": NOW // 1_000 - 1, "workflow": ["pay*", "nightly"],
            "environment": "live", "version": 2.4, "url": "https://ci/7", "source": "tf", "id": "c-7"}  # fmt: skip
    [change] = checked(told).accepted
    assert change == Change(
        "c-7", NOW - 1_000, "pool of 50", "configuration", ("pay*", "nightly"), "live", "2.4", "https://ci/7",
        "tf",
    )  # fmt: skip


def test_one_alone_with_a_title_is_a_deployment_of_all_made_now():
    [change] = check(b'{"title": "deployed"}', NOW).accepted
    assert (change.kind, change.at, change.workflows, change.environment) == ("deployment", NOW, (), "")


def test_without_an_id_the_same_words_of_the_same_moment_are_the_same_change():
    one = {"title": "deployed", "at": format_instant(NOW - HOUR)}
    same, again, other, later = checked(one, one, {**one, "version": "2"}, {"title": "deployed"}).accepted
    assert same == again
    assert len({same.id, other.id, later.id}) == 3


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (7, "JSON object"),
        ({}, "title is missing"),
        ({"title": " \n"}, "title is missing"),
        ({"title": ["x"]}, "title must be text, not an array"),
        ({"title": "x", "workflows": ["a"]}, "workflows is not known; did you mean workflow?"),
        ({"title": "x", "colour": "red"}, "colour is not known; a change has title"),
        ({"title": "x", "kind": "deploy"}, "did you mean deployment?"),
        ({"title": "x", "kind": "party"}, "use one of deployment, configuration"),
        ({"title": "x", "at": "yesterday"}, "at: 'yesterday' is not RFC 3339"),
        ({"title": "x", "at": "2026-11-23T08:00:00"}, "no time zone"),
        ({"title": "x", "at": NOW // SECOND}, "must be Unix milliseconds"),
        ({"title": "x", "at": format_instant(NOW + HOUR)}, "lies in the future"),
        ({"title": "x", "at": format_instant(NOW - 401 * DAY)}, "longer ago than the 400 days"),
        ({"title": "x", "workflow": [7]}, "workflow must be a list of globs"),
        ({"title": "x", "workflow": {"a": 1}}, "workflow must be a list of globs"),
        ({"title": "x", "workflow": "pay["}, "workflow: the glob 'pay[' has a bad [...]"),
        ({"title": "x", "workflow": ["w"] * 101}, "workflow has 101 globs"),
        ({"title": "x", "url": "javascript:alert(1)"}, "http:// or https://"),
        ({"title": "x", "url": "https://"}, "http:// or https://"),
        ({"title": "x", "id": "x" * 201}, "id has more than 200 characters"),
        ({"title": "x", "environment": True}, "environment must be text, not true or false"),
    ],
)
def test_a_wrong_one_is_named_and_costs_its_neighbours_nothing(told, said):
    found = checked({"title": "a"}, told, {"title": "b"})
    assert [each.title for each in found.accepted] == ["a", "b"]
    [rejected] = found.rejected
    assert rejected["index"] == 1
    assert said in rejected["error"]


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"{", "not JSON"), (b"7", "neither a change"), (json.dumps([{}] * (MOST + 1)).encode(), "in pieces")],
)
def test_a_body_that_holds_no_changes_is_refused(body, said):
    with pytest.raises(BadBody, match=said):
        check(body, NOW)


def test_a_clock_that_is_a_little_ahead_is_believed():
    assert checked({"title": "x", "at": format_instant(NOW + MINUTE)}).rejected == []


WORDS = st.text(max_size=30)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.sampled_from(KINDS)
)
TOLD = st.dictionaries(st.sampled_from(changes._KNOWN), LEAVES | st.lists(LEAVES, max_size=3), max_size=9)


@given(st.lists(TOLD, max_size=4))
def test_what_the_door_takes_is_what_the_worker_finds_and_all_else_is_named(told):
    found = check(json.dumps(told).encode(), NOW)
    assert len(found.accepted) + len(found.rejected) == len(told)
    read = recognise("changes", packed(found.accepted), "application/json", NOW + DAY)
    assert (read.changes, read.items, read.facts) == (found.accepted, len(found.accepted), [])


def test_what_is_no_list_of_changes_is_no_body_of_the_inbox():
    for body in (b"[7]", b"{}", b'[{"id": "x"}]', b"\xff"):
        with pytest.raises(BadBody):
            unpacked(body)


def of_github(state="success", **more):
    status = {"id": 3, "state": state, "environment": "production", "created_at": "2026-11-20T10:00:05Z",
              "log_url": "https://github.example/octo/shop/actions/runs/7", "target_url": ""}  # fmt: skip
    deployment = {"id": 41, "sha": SHA, "ref": "v2.4.1", "task": "deploy", "description": "the big one", **more}
    return {"action": "created", "deployment_status": status, "deployment": deployment,
            "repository": {"full_name": "octo/shop"}, "workflow_run": {"id": 7, "name": "deploy"}}  # fmt: skip


def of_gitlab(status="success"):
    return {"object_kind": "deployment", "status": status, "status_changed_at": "2026-11-20 11:00:05 +0100",
            "deployment_id": 15, "deployable_url": "https://gitlab.example/octo/shop/-/jobs/796",
            "environment": "staging", "project": {"path_with_namespace": "octo/shop"}, "short_sha": SHA[:8],
            "commit_url": f"https://gitlab.example/octo/shop/-/commit/{SHA}", "commit_title": "Add new file",
            "ref": "main"}  # fmt: skip


@pytest.mark.parametrize(
    ("sender", "body", "title", "environment", "url"),
    [
        ("github", of_github(), "deployed octo/shop v2.4.1 to production: the big one", "production", "runs/7"),
        ("gitlab", of_gitlab(), "deployed octo/shop main to staging: Add new file", "staging", "jobs/796"),
    ],
)
def test_a_deployment_that_succeeded_is_a_change(sender, body, title, environment, url):
    found = recognise(f"webhook:{sender}", json.dumps(body).encode(), "application/json", NOW)
    [change] = found.changes
    assert found.facts == []
    assert (change.title, change.kind, change.environment) == (title, "deployment", environment)
    assert (change.version, change.at) == (SHA, parse_instant("2026-11-20T10:00:05Z"))
    assert change.url.endswith(url)


@pytest.mark.parametrize("state", ["in_progress", "queued", "failure", "error", "inactive", "pending", ""])
def test_a_deployment_that_is_under_way_or_failed_changed_nothing(state):
    assert SENDERS["github"].changes(of_github(state), NOW) == []
    assert SENDERS["gitlab"].changes(of_gitlab("running" if state == "in_progress" else state), NOW) == []


def test_a_deployment_that_was_only_asked_for_changed_nothing():
    asked = {"action": "created", "deployment": {"id": 41, "sha": SHA}, "repository": {"full_name": "octo/shop"}}
    assert SENDERS["github"].read(asked, NOW) == SENDERS["github"].changes(asked, NOW) == []


def test_what_a_deployment_says_twice_is_one_change():
    first, second = (SENDERS["github"].changes(of_github(), NOW + n)[0] for n in range(2))
    assert first == second


def test_a_deployment_of_a_commit_is_called_by_the_beginning_of_it():
    [change] = SENDERS["github"].changes(of_github(ref=SHA, description=None), NOW)
    assert change.title == f"deployed octo/shop {SHA[:7]} to production"


@pytest.mark.parametrize(
    ("sender", "body"), [("github", of_github(id=None)), ("gitlab", {**of_gitlab(), "deployment_id": None})]
)
def test_a_deployment_without_its_id_is_refused(sender, body):
    with pytest.raises(ValueError, match="is missing"):
        SENDERS[sender].changes(body, NOW)


@given(st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from([
    "deployment_status", "deployment", "state", "id", "success", "object_kind", "status", "project", "commit_url",
    "short_sha", "deployment_id", "status_changed_at", "repository",
]), inner | st.just("success") | st.just("deployment"), max_size=6), max_leaves=20))  # fmt: skip
def test_any_body_is_a_change_or_none_or_refused(body):
    for sender in ("github", "gitlab"):
        try:
            found = SENDERS[sender].changes(body, NOW)
        except ValueError:
            continue
        assert all(each.id and each.title and each.at <= NOW for each in found)


@needs_corpus
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("github/deployment_status.success.0.json", "deployed Codertocat/Hello-World master to production"),
        ("github/deployment_status.in_progress.1.json", None),
        ("gitlab/deployment.json", "deployed root/test-deployment-webhooks 1.0.0 to staging: Add new file"),
    ],
)
def test_a_published_sample_is_the_change_that_it_tells_of(name, title):
    body = json.loads((ROOT / "webhooks" / name).read_text())
    found = SENDERS[name.split("/")[0]].changes(body, NOW)
    assert [each.title for each in found] == ([title] if title else [])
    assert all(len(each.version) == 40 for each in found)

"""Do the file and what is made through the API make one configuration, and come apart again?"""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerting.configuration import Clash, Invalid, check, load
from alerting.configuration.overlay import MARKER, NOTHING, Overlay, join, split, without_expired
from rules.instants import parse_instant
from rules.matchers import FIELDS
from rules.state import AlertState, Example
from rules.suppression import alert_fields
from rules.vocabulary import Severity

FILE = """\
rules:
  - {name: pay, match: {workflow: "pay*"}}
channels:
  ops: {type: webhook, url: "http://127.0.0.1:9/x"}
silences: [{match: {workflow: old}, until: 2026-12-01T00:00:00Z, comment: being rewritten}]
"""
RULE = {"name": "slow", "match": {"workflow": "report-*"}}
HOOK = {"type": "webhook", "url": "http://127.0.0.1:9/y"}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def made(section="rules", name="slow", body=None):
    return NOTHING.put(section, name, RULE if body is None else body)


def test_what_is_made_follows_what_the_file_says():
    configuration = load(join(FILE, made().put("channels", "hook", HOOK)))
    assert [rule.name for rule in configuration.rules] == ["pay", "slow"]
    assert list(configuration.channels) == ["ops", "hook"]
    assert configuration.policies["default"].channels == ("ops", "hook")
    assert configuration.made.get("rules", "slow") == RULE
    assert configuration.made.get("rules", "pay") is None


def test_the_whole_is_a_stream_of_yaml():
    file, beside = yaml.safe_load_all(join(FILE, made()))
    assert file["rules"][0]["name"] == "pay"
    assert beside == {"rules": [RULE]}


@given(file=texts.filter(lambda text: MARKER not in text), name=texts, text=texts)
def test_to_split_is_to_undo_joining(file, name, text):
    overlay = made(name=name, body={"name": name, "x": [text]}).put("silences", text, {"id": text})
    assert split(join(file, overlay)) == (file, overlay)
    assert split(join(file, NOTHING)) == (file, NOTHING)


def test_to_remove_the_last_one_leaves_the_file_s_own_text():
    assert join(FILE, made().remove("rules", "slow")) == FILE


def test_to_put_again_keeps_the_place():
    overlay = made().put("rules", "other", {"name": "other"}).put("rules", "slow", {"name": "slow"})
    assert list(overlay.section("rules").items()) == [("slow", {"name": "slow"}), ("other", {"name": "other"})]


def test_nothing_that_is_made_takes_the_rule_of_any_failure_away():
    assert [rule.name for rule in load(join("", made())).rules] == ["any-failure", "slow"]
    own = {"name": "any-failure", "match": {"workflow": "x"}}
    [rule] = load(join("", made(name="any-failure", body=own))).rules
    assert rule.match == {"workflow": "x"}


@pytest.mark.parametrize(("section", "name", "body"), [("rules", "pay", {"name": "pay"}), ("channels", "ops", HOOK)])
def test_a_name_of_the_file_is_the_file_s(section, name, body):
    with pytest.raises(Clash, match="is provided by tocsin"):
        check(FILE, "tocsin.yaml", {}, made(section, name, body))


@pytest.mark.parametrize(
    ("section", "body", "path", "said"),
    [
        ("rules", {"name": "slow", "mach": {}}, "rules.slow.mach", "did you mean match"),
        ("rules", {"name": "slow", "match": {"workflw": "x"}}, "rules.slow.match.workflw", "did you mean workflow"),
        ("rules", {"name": "slow", "policy": "nope"}, "rules.slow.policy", "there is no policy"),
        ("rules", {"name": "slow", "condition": {"count": 0, "within": "1m"}}, "rules.slow.condition.count", "1 or"),
        ("channels", {"type": "webhok"}, "channels.slow.type", "did you mean webhook"),
        ("channels", {"type": "webhook"}, "channels.slow.url", "is missing"),
        ("channels", {**HOOK, "fallback": "nope"}, "channels.slow.fallback", "there is no other channel"),
        ("silences", {"id": "slow", "comment": "x", "until": "soon"}, "silences.slow.until", "is not RFC 3339"),
        ("silences", {"id": "slow", "comment": "x"}, "silences.slow", "say either until"),
        ("maintenance", {"id": "slow", "match": {"x": "y"}, "starts": "2026-01-01T00:00:00Z",
                         "until": "2026-01-02T00:00:00Z"}, "maintenance.slow.match.x", "is not a field"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_of_the_object_by_its_name(section, body, path, said):
    [problem] = check(FILE, "tocsin.yaml", {}, made(section, "slow", body))
    assert (problem.file, problem.path) == ("made through the API", path)
    assert said in problem.message
    assert str(problem).startswith(f"made through the API: {path}: ")


def test_what_is_wrong_with_the_file_keeps_its_line_beside_an_overlay():
    text = FILE + "policies: {default: {channels: [gone]}}\n"
    [problem] = check(text, "tocsin.yaml", {}, made())
    assert (problem.file, problem.line, problem.path) == ("tocsin.yaml", 6, "policies.default.channels[0]")


def test_a_section_of_the_file_that_is_wrong_is_said_beside_an_overlay():
    for wrong in ("rules: 5", "rules:", "channels: [x]", "silences: {a: 1}"):
        assert check(wrong, "f", {}, made().put("channels", "c", HOOK).put("silences", "s", {"id": "s"}))


def test_the_file_may_name_a_channel_that_was_made():
    text = FILE + "policies: {default: {channels: [hook]}}\n"
    assert check(text, "tocsin.yaml", {}, made("channels", "hook", HOOK)) == []


def test_the_marker_in_a_file_is_refused_with_its_line():
    [problem] = check(join(FILE, made()), "tocsin.yaml", {})
    assert (problem.line, "leave it out" in problem.message) == (7, True)


@pytest.mark.parametrize("document", ["[1]", "{", '{"rules": [{}]}', '{"rules": 5}', '{"channels": []}'])
def test_what_cannot_be_read_beside_a_file_is_invalid(document):
    with pytest.raises(Invalid, match="cannot be read"):
        load(f"{FILE}{MARKER}{document}\n")


def test_too_much_is_refused():
    with pytest.raises(Invalid, match="put some of it into the file"):
        join(FILE, made(body={"name": "slow", "match": {"workflow": "x" * 1_000_000}}))


def test_silences_that_are_over_are_dropped():
    times = {"a": "2026-01-01T00:00:00Z", "b": "2026-01-03T00:00:00Z"}
    overlay = Overlay({"silences": {name: {"id": name, "until": until} for name, until in times.items()}})
    overlay = overlay.put("silences", "c", {"id": "c", "until_resolved": True})
    overlay = overlay.put("maintenance", "d", {"id": "d", "until": times["a"]})
    kept = without_expired(overlay, parse_instant("2026-01-02T00:00:00Z"))
    assert (list(kept.section("silences")), list(kept.section("maintenance"))) == (["b", "c"], [])


def test_a_silence_of_the_file_is_named_by_what_it_says():
    [first], [again], [other] = (
        load(text).quiet.silences for text in (FILE, f"# moved\n{FILE}", FILE.replace("being", "is being"))
    )
    assert first.id == again.id != other.id
    assert len(first.id) == 32


def test_an_alert_is_matched_by_its_latest_failure():
    latest = Example(workflow="pay", error_type="Boom", error_message="it broke", step="charge")
    state = AlertState("k", "rule-1", (), "l", severity=Severity.HIGH, examples=(latest, Example(workflow="old")))
    fields = alert_fields(state)
    assert fields["workflow"] == "pay"
    assert (fields["error.type"], fields["severity"], fields["rule"]) == ("Boom", "high", "rule-1")
    assert set(fields) <= set(FIELDS)
    assert alert_fields(AlertState("k", "r", (), "l"))["workflow"] == ""


def test_it_is_written_as_one_line_of_ascii():
    text = join("", made(body={"name": "slow", "x": f"ä{MARKER}\u2028😀"}))
    assert len(text.splitlines()) == 3
    assert text.isascii()
    assert json.loads(text.splitlines()[2])["rules"][0]["x"].endswith("😀")

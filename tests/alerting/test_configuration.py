"""Is everything that is wrong with a tocsin.yaml said, with its line and a remedy, and no secret with it?"""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.configuration import Invalid, check, load, with_notify
from alerting.configuration.model import File
from rules.condition_config import KINDS
from rules.condition_models import Missed
from rules.config import Policy, Rule
from rules.engine import armed
from rules.instants import HOUR, MINUTE
from rules.vocabulary import Severity

WHOLE = """\
severity:
  - {match: {workflow: ["*contact*", "*payment*"]}, severity: critical}
  - {match: {error.message: "~ (?i)timeout"}, severity: medium}
x-shared: &window 30m
channels:
  ops:  {type: slack, url: "${SLACK_WEBHOOK_URL}", fallback: mail}
  mail: {type: email, smtp: "smtp://127.0.0.1:2525", from: "tocsin@example.com", to: ["ops@example.com"]}
  hook: {type: webhook, url: "https://example.com/hook", secret: "${HOOK_SECRET}"}
rules:
  - name: payments-failing
    match: {workflow: "pay*", environment: production}
    condition: {count: 3, within: 10m}
    by: [workflow, error_group]
    resolve: {on_success: 1}
    severity: critical
    policy: default
  - name: everything-else
policies:
  default:
    channels: [ops, mail]
    timing: {critical: now, low: never}
    dedup_window: *window
retention: {raw: 24h}
scrub: {keys: [iban], patterns: ["~ \\\\bDE\\\\d{20}\\\\b"]}
"""
ENVIRONMENT = {"SLACK_WEBHOOK_URL": "https://hooks.example.com/T0/B0/s3cret", "HOOK_SECRET": "s3cret"}


def test_a_whole_file_is_read():
    assert check(WHOLE, "tocsin.yaml", ENVIRONMENT) == []
    configuration = load(WHOLE)
    assert [rule.name for rule in configuration.rules] == ["payments-failing", "everything-else"]
    assert configuration.policies["default"].dedup_window == 30 * MINUTE
    assert configuration.retention.raw == 24 * HOUR
    assert [rule.severity for rule in configuration.severities] == [Severity.CRITICAL, Severity.MEDIUM]


def test_no_file_means_any_failure_told_to_every_channel():
    nothing = load("")
    assert [rule.name for rule in nothing.rules] == ["any-failure"]
    assert nothing.policies["default"].channels == ()
    told = with_notify(nothing, ["json://example.com"])
    assert told.policies["default"].channels == ("notify",)
    assert told.channels["notify"]["type"] == "apprise"


def test_channels_without_policies_are_all_told_and_notify_stays_aside():
    configuration = with_notify(load('channels: {a: {type: webhook, url: "http://x"}}'), ["json://x"])
    assert configuration.policies["default"].channels == ("a",)


def test_all_problems_are_said_at_once_by_line():
    lines = [problem.line for problem in check("rulez: 1\nreports: 1\nretention: {raw: x}", "f", {})]
    assert lines == [1, 2, 3]


def test_no_problem_tells_a_secret():
    text = 'channels:\n  a: {type: webhook, url: "${URL}"}\n  b: {type: apprise, url: "${URL}"}'
    said = "\n".join(map(str, check(text, "f", {"URL": "nonsense-s3cret"})))
    assert said
    assert "s3cret" not in said
    [problem] = check('self: {ping_url: "${URL}"}', "f", {"URL": "nonsense-s3cret"})
    assert "its value must be a URL" in str(problem)
    assert "s3cret" not in str(problem)


def test_a_file_that_unfolds_without_end_is_refused():
    letters = "abcdefgh"
    lines = [f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]" for a, b in itertools.pairwise(letters)]
    first = "a: &a [x,x,x,x,x,x,x,x,x,x]"
    bomb = "\n".join([first, *lines])
    with pytest.raises(Invalid, match="too large"):
        load(bomb)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    problems = check(text, "f", {})
    assert all(problem.line >= 1 and problem.message for problem in problems)
    if problems:
        with pytest.raises(Invalid):
            load(text)
    else:
        assert load(text).rules


_WORDS = st.sampled_from([*File.model_fields, *Rule.model_fields, *Policy.model_fields, *KINDS, "match", "workflow"])
_SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.sampled_from(["1h", "pay*", "each", "~ ("])
_ANYTHING = st.recursive(
    _SCALARS | _WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_WORDS, _ANYTHING, max_size=5) | st.fixed_dictionaries({"rules": st.lists(
    st.dictionaries(st.sampled_from([*Rule.model_fields, "for"]), _ANYTHING), max_size=3)}))  # fmt: skip
def test_whatever_a_file_is_made_of_it_is_read_or_refused(value):
    problems = check(json.dumps(value), "f", {})
    assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems)


def test_a_ping_with_a_schedule_is_looked_for():
    text = """\
pings:
  - {key: a, workflow: nightly, cron: "0 2 * * *", timezone: Europe/Vienna, grace: 30m}
  - {key: b, workflow: nightly, environment: staging, cron: "0 3 * * *"}
  - {key: c, workflow: other}
"""
    rules = load(text).rules
    assert [rule.name for rule in rules] == ["any-failure", "missed:nightly", "missed:nightly:staging"]
    assert rules[1].condition.missed == Missed(cron="0 2 * * *", timezone="Europe/Vienna", grace="30m")
    assert rules[2].match == {"workflow": "nightly", "environment": "staging"}
    assert [armed.values for armed in armed(load(text).ruleset())] == [("nightly",), ("nightly", "staging")]


def test_words_that_yaml_takes_for_something_else_stay_words():
    text = "rules: [{name: a, on: attempt, match: {labels.country: no, version: 10:30}}]\n"
    text += "policies: {default: {digest: {at: 10:30}}}"
    assert check(text, "f", {}) == []
    configuration = load(text)
    assert configuration.rules[0].on == "attempt"
    assert configuration.rules[0].match == {"labels.country": "no", "version": "10:30"}
    assert configuration.policies["default"].digest.at == "10:30"

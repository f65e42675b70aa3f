"""Is everything that is wrong with a tocsin.yaml said, with its line and a remedy, and no secret with it?"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.configuration import Invalid, check, load, with_notify
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


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("rules: [", 1, "is not YAML"),
        ("rules:\n\t- x", 2, "is not YAML"),
        ("- a", 1, "must be a mapping"),
        ("rulez: []", 1, "did you mean rules?"),
        ("rules:\n  - name: a\n    mach: {}", 3, "did you mean match?"),
        ("rules:\n  - match: {}", 2, "is missing"),
        ("rules:\n  - {name: a}\n  - {name: a}", 3, "names two rules"),
        ("rules:\n  - name: a\n    match: {workflw: x}", 3, "did you mean workflow?"),
        ("rules:\n  - name: a\n    match: {workflow: '~ ('}", 3, "does not compile"),
        ("rules:\n  - name: a\n    condition: {count: 0, within: 1m}", 3, "greater than or equal to 1"),
        ("rules:\n  - name: a\n    condition: {count: 2, within: 10}", 3, "is not a duration"),
        ("rules:\n  - name: a\n    condition: each!", 3, "each"),
        ("rules:\n  - name: a\n    condition: {rate: 0.2}", 3, "rate is not available in this version"),
        ("rules:\n  - name: a\n    when: x == 1", 3, "when is not available in this version"),
        ("rules:\n  - {name: a, policy: nope}", 2, "there is no policy 'nope'"),
        ("rules:\n  - {name: a, by: [colour]}", 2, "is not one of"),
        ("rules:\n  - {name: a, resolve: {}}", 2, "say on_success"),
        ("severity:\n  - {match: {severity: high}, severity: low}", 2, "may not match on severity"),
        ("severity:\n  - {match: {}, severity: huge}", 2, "critical"),
        ("policies:\n  default: {channels: [hok]}", 2, "there is no channel 'hok'"),
        ("policies:\n  default:\n    timing: {high: hourly}", 3, "hourly is not available in this version"),
        ("policies:\n  default:\n    storm: {}", 3, "storm is not available in this version"),
        ("owners: []", 1, "owners is not available in this version"),
        ("channels:\n  a: {type: webhok, url: x}", 2, "did you mean webhook?"),
        ("channels:\n  a: {type: webhook}", 2, "is missing"),
        ("channels:\n  a: {type: webhook, url: 'http://x', colour: red}", 2, "is not a key of webhook channels"),
        ("channels:\n  a: {type: webhook, url: '${NOT_THERE}'}", 2, "NOT_THERE is not set"),
        ("channels:\n  a: {type: webhook, url: 'http://x', fallback: b}", 2, "there is no other channel 'b'"),
        ("channels:\n  a: {type: slack, url: 'http://x'}\n  a: {type: slack, url: 'http://y'}", 3, "stands here twice"),
        ("scrub: {patterns: ['(']}", 1, "does not compile"),
        ("retention: {raw: soon}", 1, "is not a duration"),
        ("rules:\n  - !!python/object:os.system {}", 2, ""),
    ],
)  # fmt: skip
def test_a_problem_is_said_with_its_line_and_remedy(text, line, said):
    problems = check(text, "tocsin.yaml", {})
    assert problems
    assert any(problem.line == line and said in problem.message for problem in problems), list(map(str, problems))
    assert str(problems[0]).startswith("tocsin.yaml:")


def test_all_problems_are_said_at_once_by_line():
    lines = [problem.line for problem in check("rulez: 1\nowners: 1\nretention: {raw: x}", "f", {})]
    assert lines == [1, 2, 3]


def test_no_problem_tells_a_secret():
    text = 'channels:\n  a: {type: webhook, url: "${URL}"}\n  b: {type: apprise, url: "${URL}"}'
    said = "\n".join(map(str, check(text, "f", {"URL": "nonsense-s3cret"})))
    assert said
    assert "s3cret" not in said


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
